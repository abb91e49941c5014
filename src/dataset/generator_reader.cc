#include "dataset/generator_reader.h"

#include "base/error.h"
#include "base/units.h"
#include "dataset/constant.h"
#include "dataset/pattern.h"
#include "dataset/schema_record.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace assay::dataset {
namespace {

bool is_number(Kind kind) {
  return integer_limits(kind) || kind == Kind::decimal || kind == Kind::single || kind == Kind::real;
}

std::optional<Wording> wording_named(std::string_view generator) {
  for (const TypeName& type : type_names())
    if (type.wording && type.name == generator) return type.wording;
  return generator == "word"    ? std::optional(Wording::word)
         : generator == "words" ? std::optional(Wording::words)
                                : std::nullopt;
}

bool fits(std::string_view generator, Kind kind) {
  if (generator == "one_of" || generator == "static" || generator == "null") return true;
  if (generator == "sequential" || generator == "int_range") return is_number(kind);
  if (generator == "float_range" || generator == "decimal_range") return is_number(kind) && !integer_limits(kind);
  if (generator == "timestamp_range" || generator == "timestamp_now") return is_time(kind);
  if (generator == "weighted_bool") return kind == Kind::boolean || integer_limits(kind);
  if (generator == "sample_array") return kind == Kind::array || kind == Kind::set;
  if (generator == "uuid_v4") return kind == Kind::uuid || is_text(kind);
  if (generator == "ulid") return kind == Kind::ulid || is_text(kind);
  if (generator == "bytes") return kind == Kind::blob || kind == Kind::bytes;
  if (generator == "object") return is_document(kind);
  if (generator == "geometry") return kind == Kind::geometry;
  if (generator == "thing") return kind == Kind::thing || is_text(kind);
  if (generator == "duration_range") return kind == Kind::duration;
  return is_text(kind);  // pattern, string, words and names
}

/// What a column of the type may have, for messages.
std::string fitting(const input::FieldSpec& field, Kind kind) {
  std::vector<std::string_view> names;
  for (const input::FieldSpec::Variant& variant : field.variants)
    if (fits(variant.when, kind)) names.push_back(variant.when);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Type type_of(const input::Value& value) {
  Type type;
  for (const TypeName& known : type_names())
    if (known.name == value.text) type.kind = known.kind;
  if (type.kind == Kind::tiny_int) type.width = static_cast<int>(parse_count(value.text_or_default("width")));
  if (type.kind == Kind::character || type.kind == Kind::varchar)
    type.length = static_cast<int>(value.find("length") == nullptr ? 1 : parse_count(value.text_or_default("length")));
  if (type.kind == Kind::decimal) {
    type.precision = static_cast<int>(parse_count(value.text_or_default("precision")));
    type.scale = static_cast<int>(parse_count(value.text_or_default("scale")));
  }
  if (const input::Value* values = value.find("values"))
    for (const auto& [name, item] : values->members) type.values.push_back(item.text);
  if (type.kind == Kind::geometry)
    for (int i = 0; i <= static_cast<int>(Geometry::geometry_collection); i++)
      if (name_of(static_cast<Geometry>(i)) == value.text_or_default("geometry_type"))
        type.geometry = static_cast<Geometry>(i);
  if (type.kind == Kind::array) {
    const input::Value* element = value.find("element_type");
    type.element = std::make_shared<const Type>(element == nullptr ? Type{} : type_of(*element));
  }
  return type;
}

std::optional<Wording> wording_of(const input::Value& type) {
  for (const TypeName& known : type_names())
    if (known.name == type.text) return known.wording;
  return std::nullopt;
}

std::optional<std::size_t> GeneratorReader::table(const input::Value& name) {
  if (const auto found = tables_.find(name.text); found != tables_.end()) return found->second;
  std::vector<std::string_view> known;
  for (const auto& [table, index] : tables_) known.push_back(table);
  const std::string_view nearest = nearest_name(known, name.text);
  refuse(name, fmt::format("there is no table '{}'; {}", name.text,
                           nearest.empty() ? fmt::format("expected one of {}", fmt::join(known, ", "))
                                           : fmt::format("did you mean '{}'?", nearest)));
  return std::nullopt;
}

std::vector<Value> GeneratorReader::constants(const input::Value& list, const Type& type) {
  std::vector<Value> out;
  if (list.node->kind != input::Node::Kind::list) {
    refuse(list,
           fmt::format("{} is {}; expected a list of values", list.spec->value.name, input::describe(*list.node)));
    return out;
  }
  for (const input::NodePtr& item : list.node->items) {
    if (item->kind == input::Node::Kind::null && !is_document(type.kind)) {
      mistakes_.add(item->mark, list.path,
                    "null is no value; expected values, and null_rate of the column where some rows shall have none");
      continue;
    }
    try {
      out.push_back(constant_of(*item, type, store_));
    } catch (const Error& error) {
      mistakes_.add(item->mark, list.path, error.what());
    }
  }
  if (list.node->items.empty())
    refuse(list, fmt::format("{} is empty; expected one value or more", list.spec->value.name));
  return out;
}

OneOf GeneratorReader::one_of(const input::Value& value, const Type& type) {
  OneOf out;
  if (const input::Value* values = value.find("values")) out.values = constants(*values, type);
  out.distribution = distribution(value.find("distribution"), type, false);
  if (const input::Value* weights = value.find("weights")) {
    double sum = 0;
    for (const auto& [name, item] : weights->members) {
      try {
        out.weights.push_back(parse_real(item.text));
        sum += out.weights.back();
        if (out.weights.back() < 0) throw Error(fmt::format("'{}' is below 0; expected a weight", item.text));
      } catch (const Error& error) {
        refuse(item, error.what());
      }
    }
    const input::Value* values = value.find("values");
    const std::size_t count = values == nullptr ? 0 : values->node->items.size();
    if (weights->members.size() != count)
      refuse(*weights, fmt::format("{} weights for {} values; expected one each", weights->members.size(), count));
    else if (!(sum > 0))
      refuse(*weights, "all weights are 0; expected one above it");
    if (value.find("distribution") != nullptr)
      refuse(*value.find("distribution"),
             "weights say how often which value; expected one of weights and distribution");
  }
  return out;
}

Object GeneratorReader::object(const input::Value& value) {
  Object out;
  const input::Value* fields = value.find("fields");
  if (fields == nullptr) return out;
  for (const auto& [none, field] : fields->members) {
    std::optional<Column> part = column(field, false);
    if (!part) continue;
    for (const Column& other : out.fields)
      if (other.name == part->name) refuse(field, fmt::format("a field '{}' stands here twice", part->name));
    out.fields.push_back(*std::move(part));
  }
  if (fields->members.empty()) refuse(*fields, "a document without fields; expected one or more");
  return out;
}

std::optional<Generator> GeneratorReader::made(const input::Value& value, const Type& type) {
  const std::string& name = value.text;
  if (name == "sequential") {
    const auto units = [&](std::string_view field) {
      const auto text = input::scalar_node(value.text_or_default(field), false);
      if (type.kind == Kind::decimal) return std::get<Decimal>(constant_of(*text, type, store_)).unscaled;
      return parse_integer(text->text);
    };
    return Sequence{.start = units("start"), .step = units("step")};
  }
  if (name == "int_range" || name == "float_range" || name == "decimal_range") return range(value, type);
  if (name == "timestamp_range") return instants(value, type);
  if (name == "timestamp_now" || name == "ulid") {
    const Instants when{.start = parse_instant(value.text_or_default("start")),
                        .step = (parse_duration(value.text_or_default("step")) / std::chrono::microseconds(1))};
    if (name == "ulid" && when.start < 0) throw Error("it starts before 1970, which an ULID cannot");
    if (name == "ulid") return SortedUlid{when};
    return when;
  }
  if (name == "duration_range") return seconds(value, type);
  if (name == "pattern") {
    parse_pattern(value.text_of("pattern"));
    return Pattern{value.text_of("pattern")};
  }
  if (name == "weighted_bool") return Chance{parse_real(value.text_or_default("true_weight"))};
  if (name == "one_of") return one_of(value, type);
  if (name == "static") {
    const input::Value* given = value.find("value");
    return Static{given == nullptr ? Value{} : constant_of(*given->node, type, store_)};
  }
  if (name == "null") return Null{};
  if (name == "uuid_v4") return RandomUuid{};
  if (name == "geometry") return Shapes{};
  if (name == "object") return object(value);
  if (name == "thing") {
    const input::Value* of = value.find("table");
    const std::optional<std::size_t> index = of == nullptr ? std::nullopt : table(*of);
    return Link{.table = index.value_or(0), .distribution = distribution(value.find("distribution"), type, false)};
  }
  return of_length(value, type);
}

/// Samples, strings, words and names.
Generator GeneratorReader::of_length(const input::Value& value, const Type& type) {
  const std::string& name = value.text;
  const bool of_words = name == "words", of_pool = name == "sample_array";
  std::int64_t least = 0, most = 0;
  if (of_words || of_pool || name == "string" || name == "bytes") {
    least = parse_count(value.text_or_default(of_words ? "min_words" : "min_length"));
    most = value.find("max_length") == nullptr && of_pool
               ? least
               : parse_count(value.text_or_default(of_words ? "max_words" : "max_length"));
    if (least > most) throw Error(fmt::format("the least, {}, is above the most, {}", least, most));
  }
  if (of_pool) {
    Sample out{.least = least, .most = most};
    Type element = type.kind == Kind::array ? *type.element : Type{};
    if (type.kind == Kind::set) element = {.kind = Kind::enumeration, .values = type.values};
    if (const input::Value* pool = value.find("pool"))
      out.pool = constants(*pool, element);
    else
      for (const std::string& one : type.values) out.pool.emplace_back(store_.keep(one));
    if (type.kind == Kind::set && most > static_cast<std::int64_t>(out.pool.size()))
      throw Error(
          fmt::format("max_length is {}, and a set of {} values has no more than each once", most, out.pool.size()));
    return out;
  }
  if (name == "bytes") return Octets{least, most};
  if (name == "string") {
    constexpr std::string_view kAlphabets[] = {"alphanumeric", "lower", "hex", "digits", "unicode"};
    const auto* at = std::find(std::begin(kAlphabets), std::end(kAlphabets), value.text_or_default("alphabet"));
    return Characters{least, most, static_cast<Alphabet>(at - std::begin(kAlphabets))};
  }
  return Words{.what = wording_named(name).value(),
               .ascii = parse_bool(value.text_or_default("ascii")),
               .least = least,
               .most = most};
}

std::optional<Generator> GeneratorReader::read(const input::Value& value, const Type& type) {
  if (!fits(value.text, type.kind)) {
    refuse(value, fmt::format("the generator {} makes no {}; expected one of {}", value.text, name_of(type.kind),
                              fitting(*value.spec, type.kind)));
    return std::nullopt;
  }
  try {
    return made(value, type);
  } catch (const Error& error) {
    refuse(value, fmt::format("{}: {}", value.text, error.what()));
    return std::nullopt;
  }
}

Generator GeneratorReader::by_default(const Type& type, std::optional<Wording> wording, bool key) {
  if (wording) return Words{.what = *wording};
  switch (type.kind) {
    case Kind::boolean:
      return Chance{};
    case Kind::tiny_int:
    case Kind::small_int:
    case Kind::integer:
    case Kind::big_int:
      if (key) return Sequence{.start = 1};
      return Range{
          .count = static_cast<std::uint64_t>(std::min<std::int64_t>(integer_limits(type.kind)->high, 1'000'000)) + 1};
    case Kind::single:
      return decimal_grid(0, 1000, 6);
    case Kind::real:
      return decimal_grid(0, 1000, 15);
    case Kind::decimal: {
      const auto most = static_cast<std::uint64_t>(std::pow(10.0, std::min(value_digits(type), type.scale + 4)));
      return Range{.count = most};
    }
    case Kind::character:
    case Kind::varchar: {
      const std::int64_t most = std::min(type.length, 32);
      return Characters{.least = type.kind == Kind::character ? most : std::min<std::int64_t>(most, 8), .most = most};
    }
    case Kind::text:
      if (key) return Pattern{"{index}"};
      return Words{};
    case Kind::blob:
    case Kind::bytes:
      return Octets{};
    case Kind::date:
      return Range{.low = 18'262, .count = 3653};  // ten years from 2020-01-01
    case Kind::time:
    case Kind::time_tz:
      return Range{.step = 1000, .count = 86'400'000};
    case Kind::date_time:
    case Kind::date_time_nano:
    case Kind::timestamp_tz:
      return Instants{};
    case Kind::uuid:
      return RandomUuid{};
    case Kind::ulid:
      return SortedUlid{};
    case Kind::json:
    case Kind::jsonb:
    case Kind::object:
      return Object{};
    case Kind::duration:
      return Range{.count = 86'400};
    case Kind::geometry:
      return Shapes{};
    case Kind::enumeration:
    case Kind::set:
    case Kind::array:
    case Kind::thing:
      break;
  }
  std::vector<Value> values;
  for (const std::string& value : type.values) values.emplace_back(store_.keep(value));
  if (type.kind == Kind::enumeration) return OneOf{.values = std::move(values)};
  const auto most = static_cast<std::int64_t>(values.size());
  return Sample{.pool = std::move(values), .least = 0, .most = most};
}

std::optional<Column> GeneratorReader::column(const input::Value& value, bool key) {
  Column out;
  out.mark = value.mark;
  out.name = value.text_of("name");
  const input::Value* type = value.find("type");
  if (value.find("null_rate") != nullptr) out.null_rate = parse_real(value.text_or_default("null_rate"));
  out.nullable = out.null_rate > 0;
  if (const input::Value* nullable = value.find("nullable")) {
    out.nullable = parse_bool(nullable->text);
    if (!out.nullable && out.null_rate > 0)
      refuse(*nullable, fmt::format("nullable is false, and null_rate {}; expected null_rate 0", out.null_rate));
  }
  if (type == nullptr) return std::nullopt;  // is told already
  out.type = type_of(*type);
  if (out.type.scale > out.type.precision)
    refuse(*type, fmt::format("scale {} is above precision {}", out.type.scale, out.type.precision));
  if ((out.type.kind == Kind::enumeration || out.type.kind == Kind::set) && type->find("values") != nullptr) {
    std::vector<std::string> sorted = out.type.values;
    std::sort(sorted.begin(), sorted.end());
    if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
      refuse(*type, fmt::format("the value '{}' stands here twice", *twice));
    if (sorted.empty()) refuse(*type, "values is empty; expected one or more");
  }
  if (const input::Value* generator = value.find("generator")) {
    std::optional<Generator> made = read(*generator, out.type);
    if (!made) return std::nullopt;
    out.generator = *std::move(made);
    if (std::holds_alternative<Null>(out.generator) && !out.nullable)
      refuse(*generator, "the generator null makes nulls, and the column is not nullable; expected nullable: true");
    return out;
  }
  if (value.node->find("generator") != nullptr) return std::nullopt;  // is told already
  if (value.find("references") != nullptr) return out;                // that is where its values are from
  if (out.type.kind == Kind::array || out.type.kind == Kind::thing) {
    refuse(value, fmt::format("a column of type {} needs a generator; expected one of {}", name_of(out.type.kind),
                              fitting(*value.record->find("generator"), out.type.kind)));
    return std::nullopt;
  }
  out.generator = by_default(out.type, wording_of(*type), key);
  return out;
}

}  // namespace assay::dataset
