#include "plan/plan.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace assay::plan {
namespace {

using Json = nlohmann::ordered_json;

const char* const kDuration = "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h|d))+)$";
const char* const kCount = "^[0-9]+(\\.[0-9]+)?[kMG]?$";
const char* const kBytes = "^[0-9]+(\\.[0-9]+)?([kKMGT]i?)?B?$";
const char* const kRate = "^[0-9]+(\\.[0-9]+)?[kMG]?(/[smh])?$";
const char* const kVariable = "\\$\\{";

Json ref(const RecordSpec& record) { return {{"$ref", fmt::format("#/$defs/{}", record.name)}}; }

Json pattern(const char* text) { return {{"type", "string"}, {"pattern", text}}; }

void limit(Json& json, const OptionSpec& spec) {
  if (std::isfinite(spec.min)) json["minimum"] = spec.min;
  if (std::isfinite(spec.max)) json["maximum"] = spec.max;
}

/// A scalar: as YAML's own type where it has one, or as text that assay reads.
Json scalar(const FieldSpec& field) {
  const OptionSpec& spec = field.value;
  Json any = Json::array();
  switch (spec.type) {
    case OptionType::text:
      if (field.form == &kDurationOrNanoseconds) {
        any = {{{"type", "integer"}, {"minimum", 0}}, pattern(kDuration), pattern("^[0-9]+$")};
        break;
      }
      return {{"type", {"string", "number", "boolean"}}};
    case OptionType::flag:
      any = {{{"type", "boolean"}}, {{"enum", {0, 1, "0", "1", "true", "false", "yes", "no", "on", "off"}}}};
      break;
    case OptionType::count:
    case OptionType::whole: {
      Json number = {{"type", "integer"}};
      limit(number, spec);
      if (spec.type == OptionType::whole) number["minimum"] = 0;
      any = {number, pattern(kCount)};
      break;
    }
    case OptionType::number: {
      Json number = {{"type", "number"}};
      limit(number, spec);
      any = {number, pattern("^[-+]?[0-9.]+([eE][-+]?[0-9]+)?$")};
      break;
    }
    case OptionType::rate:
      any = {{{"type", "number"}, {"exclusiveMinimum", 0}}, pattern(kRate)};
      break;
    case OptionType::bytes:
      any = {{{"type", "integer"}, {"minimum", 0}}, pattern(kBytes)};
      break;
    case OptionType::duration:
      any = {{{"const", 0}}, pattern(kDuration)};
      break;
    case OptionType::choice: {
      Json names = Json::array();
      for (const std::string_view choice : spec.choices) {
        names.push_back(choice);
        if (field.any_case) {
          std::string upper(choice);
          for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
          names.push_back(upper);
        }
      }
      any = {{{"enum", names}}};
      break;
    }
  }
  any.push_back(pattern(kVariable));
  return {{"anyOf", any}};
}

Json secret_schema() {
  const Json text = {{"type", "string"}, {"minLength", 1}};
  return {{"type", "object"},
          {"properties", {{"env", text}, {"file", text}}},
          {"additionalProperties", false},
          {"minProperties", 1},
          {"maxProperties", 1}};
}

Json field_schema(const FieldSpec& field) {
  switch (field.shape) {
    case Shape::value:
      return scalar(field);
    case Shape::list: {
      const Json one = scalar(field);
      return {{"anyOf", {one, {{"type", "array"}, {"items", one}}}}};
    }
    case Shape::secret:
      if (field.inline_secret) return {{"anyOf", {{{"type", {"string", "number"}}}, secret_schema()}}};
      return secret_schema();
    case Shape::reference:
      return {{"anyOf", {{{"type", "string"}}, ref(*field.record)}}};
    case Shape::records: {
      Json item = ref(*field.record);
      if (field.record->name == "Reference") item = {{"anyOf", {{{"type", "string"}}, item}}};
      return {{"type", {"array", "null"}}, {"items", item}};
    }
    case Shape::named:
      return {{"type", {"object", "null"}}, {"additionalProperties", ref(*field.record)}};
    case Shape::any:
      return {{"type", {"object", "null"}}};
    case Shape::tree:
      return true;
    case Shape::record:
      if (field.record == nullptr) return {{"type", {"object", "null"}}};  // by its variants
      return ref(*field.record);
  }
  return true;
}

/// "if kind is static, then spec is StaticSettings".
Json variant_schema(const FieldSpec& field) {
  Json all = Json::array();
  for (const FieldSpec::Variant& variant : field.variants) {
    if (field.chosen_by) continue;  // is in the URL: only assay knows
    Json names = {variant.when};
    std::string upper(variant.when);
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (field.selector == "kind") names.push_back(upper);
    all.push_back(
        {{"if", {{"properties", {{std::string(field.selector), {{"enum", names}}}}}, {"required", {field.selector}}}},
         {"then", {{"properties", {{std::string(field.value.name), ref(*variant.record)}}}}}});
  }
  return all;
}

Json record_schema(const RecordSpec& record) {
  Json properties = Json::object(), required = Json::array(), all = Json::array();
  for (const FieldSpec& field : record.fields) {
    Json schema = field_schema(field);
    std::string help(field.value.help);
    if (!help.empty()) schema["description"] = help;
    if (!field.value.default_value.empty()) schema["default"] = field.value.default_value;
    properties[std::string(field.value.name)] = schema;
    if (field.required) required.push_back(field.value.name);
    for (Json& variant : variant_schema(field)) all.push_back(std::move(variant));
  }
  Json out = {{"description", record.help},
              {"type", required.empty() ? Json{"object", "null"} : Json("object")},
              {"properties", properties},
              {"additionalProperties", false}};
  if (!required.empty()) out["required"] = required;
  if (!all.empty()) out["allOf"] = all;
  return out;
}

}  // namespace

std::string json_schema(const Schema& schema) {
  Json out = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "A plan of assay"}};
  Json root = record_schema(schema.plan());
  root["type"] = "object";
  root["patternProperties"] = {{"^x-", true}};
  root["anyOf"] = {{{"required", {"systems"}}},
                   {{"required", {"runners"}}},
                   {{"required", {"benchmarks"}}},
                   {{"required", {"include"}}}};
  out.update(root);
  Json definitions = Json::object();
  for (const RecordSpec& record : schema.records())
    if (&record != &schema.plan()) definitions[std::string(record.name)] = record_schema(record);
  out["$defs"] = definitions;
  return out.dump(2) + "\n";
}

}  // namespace assay::plan
