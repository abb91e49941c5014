// The KCL package and the tables of docs/plans.md: the same schema, in other words.
#include "plan/plan.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

namespace assay::plan {
namespace {

std::string title(std::string_view name) {
  std::string out;
  bool upper = true;
  for (const char c : name) {
    if (c == '_')
      upper = true;
    else
      out += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    if (c != '_') upper = false;
  }
  return out;
}

/// "static" | "cnpg", in upper case too where that is the same.
std::string literals(const FieldSpec& field) {
  std::vector<std::string> words;
  for (const std::string_view choice : field.value.choices) {
    words.push_back(fmt::format("\"{}\"", choice));
    if (!field.any_case) continue;
    std::string upper(choice);
    std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
    words.push_back(fmt::format("\"{}\"", upper));
  }
  return fmt::format("{}", fmt::join(words, " | "));
}

/// Where the type of one field tells another: benchmark is "tpcc" when config is a TPCCConfig.
std::string told_by_type(const RecordSpec& record, const FieldSpec& field) {
  if (field.value.name != "benchmark") return "";
  const FieldSpec* config = record.find("config");
  if (config == nullptr) return "";
  std::string out = " = ";
  for (const FieldSpec::Variant& variant : config->variants)
    out += fmt::format("\"{}\" if typeof(config) == \"{}\" else ", variant.when, title(variant.record->name));
  return out + "Undefined";
}

/// The type of a scalar. Values that assay reads from text (10k, 5m, ${NAME}) may be text.
std::string scalar_type(const FieldSpec& field) {
  switch (field.value.type) {
    case OptionType::flag:
      return "bool | str";
    case OptionType::count:
    case OptionType::whole:
    case OptionType::bytes:
      return "int | str";
    case OptionType::number:
    case OptionType::rate:
      return "float | int | str";
    case OptionType::duration:
      return "str";
    case OptionType::text:
      return field.form == &kSchedule || field.form == &kDurationOrNanoseconds ? "str | int" : "str";
    case OptionType::choice:
      return literals(field);
  }
  return "any";
}

std::string kcl_type(const FieldSpec& field) {
  switch (field.shape) {
    case Shape::value:
      return scalar_type(field);
    case Shape::list:
      return fmt::format("[str] | str");
    case Shape::secret:
      return field.inline_secret ? "Secret | str" : "Secret";
    case Shape::reference:
      return fmt::format("{} | str", title(field.record->name));
    case Shape::record: {
      if (field.record != nullptr) return title(field.record->name);
      if (field.variants.empty()) return "any";
      std::vector<std::string> types;
      for (const FieldSpec::Variant& variant : field.variants) types.push_back(title(variant.record->name));
      types.emplace_back("any");
      return fmt::format("{}", fmt::join(types, " | "));
    }
    case Shape::records:
      return field.record->name == "Reference" ? "[Reference | str]" : fmt::format("[{}]", title(field.record->name));
    case Shape::named:
      return fmt::format("{{str:{}}}", title(field.record->name));
    case Shape::any:
    case Shape::tree:
      return "any";
  }
  return "any";
}

/// A name with a dash, or one that is a word of the language, stands in quotes.
std::string kcl_name(std::string_view name) {
  constexpr std::string_view kWords[] = {"import", "as",     "rule", "schema", "mixin",  "protocol", "check", "for",
                                         "assert", "if",     "elif", "else",   "or",     "and",      "not",   "in",
                                         "is",     "lambda", "all",  "any",    "filter", "map",      "type"};
  const bool word = std::find(std::begin(kWords), std::end(kWords), name) != std::end(kWords);
  return word || name.find('-') != std::string_view::npos ? fmt::format("\"{}\"", name) : std::string(name);
}

void append_schema(const RecordSpec& record, std::string& out) {
  out += fmt::format("schema {}:\n    \"\"\"{}\"\"\"\n", title(record.name), record.help);
  if (record.name == "Plan") out += "    [...str]: any\n";
  for (const FieldSpec& field : record.fields) {
    out += fmt::format("    # {}\n", field.value.help);
    out += fmt::format("    {}{}: {}\n", kcl_name(field.value.name), field.required ? "" : "?",
                       kcl_type(field) + told_by_type(record, field));
  }
  out += "\n";
}

}  // namespace

std::string kcl_schema(const Schema& schema) {
  std::string out =
      "# Made by `assay plan schema --format kcl`: what a plan of assay may have.\n\n"
      "schema Secret:\n    \"\"\"Where a secret is found.\"\"\"\n"
      "    env?: str\n    file?: str\n\n    check:\n        env or file, \"a secret has env or file\"\n        not "
      "(env and file), \"a secret has one of env and file\"\n\n";
  for (const RecordSpec& record : schema.records()) append_schema(record, out);
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

std::string schema_tables(const Schema& schema) {
  std::string out;
  const auto& records = schema.records();
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    const bool table = std::any_of(record->fields.begin(), record->fields.end(),
                                   [](const FieldSpec& f) { return !f.options || f.shape != Shape::value; });
    if (!table || record->fields.empty()) continue;  // tables of options are in --help
    out += fmt::format("### {}\n\n{}\n\n| name | value | default | meaning |\n|---|---|---|---|\n", record->name,
                       record->help);
    for (const FieldSpec& field : record->fields) {
      std::string value = placeholder(field);
      for (std::size_t at = 0; (at = value.find('|', at)) != std::string::npos; at += 2) value.insert(at, "\\");
      out += fmt::format("| `{}` | {} | {} | {}{} |\n", field.value.name, value,
                         field.required                      ? "required"
                         : field.value.default_value.empty() ? ""
                                                             : fmt::format("`{}`", field.value.default_value),
                         field.value.help, "");
    }
    out += "\n";
  }
  return out;
}

}  // namespace assay::plan
