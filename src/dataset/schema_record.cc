#include "dataset/schema_record.h"

#include "base/error.h"
#include "input/fields.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <deque>

namespace assay::dataset {

using input::FieldSpec;
using input::Form;
using input::RecordSpec;
using input::Shape;

std::int64_t parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() ||
      (text.starts_with('+') && digits.starts_with('-')))
    throw Error(fmt::format("'{}' is no whole number of 64 bits", text));
  return value;
}

double parse_real(std::string_view text) {
  double value = 0;
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || !std::isfinite(value))
    throw Error(fmt::format("'{}' is not a number", text));
  return value;
}

std::int64_t parse_instant(std::string_view text) {
  std::string whole(text);
  if (whole.size() == 10) whole += "T00:00:00";
  if (whole.ends_with('Z')) whole.pop_back();
  if (whole.ends_with("+00:00")) whole.resize(whole.size() - 6);
  try {
    return parse_timestamp(whole).microseconds;
  } catch (const Error&) {
    throw Error(fmt::format("'{}' is no time; expected YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS[.ffffff][Z], in UTC", text));
  }
}

namespace {

using input::also;
using input::choice;
using input::count;
using input::flag;
using input::formed;
using input::number;
using input::required;
using input::shaped;
using input::text;

const Form kWhole{.placeholder = "N", .check = [](const FieldSpec&, const std::string& text) { parse_integer(text); }};
const Form kInstant{.placeholder = "TIME",
                    .check = [](const FieldSpec&, const std::string& text) { parse_instant(text); }};
const Form kLimit{.placeholder = "NUMBER"};  // as the type of the column has it: looked at with that

constexpr double kMostLength = 1e6;

/// Records name one another, and live as long as the program.
class Records {
 public:
  const RecordSpec* root() { return root_; }

  Records() {
    distribution_ =
        tagged("distribution", "how often which value: uniform, zipf or normal",
               {{"uniform", with_type("Uniform", {})},
                {"zipf", with_type("Zipf", {number("exponent", "0.99", 0.01, 10,
                                                   "the value of rank r has a frequency of 1/r^exponent")})},
                {"normal", with_type("Normal", {text("mean", "without it the middle"),
                                                text("stddev", "without it a sixth of the range")})}});
    type_ = also(required(tagged("type", "what the column holds", types())), "data_type");
    generator_ = tagged("generator", "what makes the values; without it by the type", generators());
    const RecordSpec* id =
        add({.name = "Id", .help = "The column id, which is the key.", .fields = {type_, generator_}});
    const RecordSpec* column = columns();
    const RecordSpec* key =
        add({.name = "ForeignKey",
             .help = "Columns whose values are those of rows of another table.",
             .fields = {required(shaped("columns", Shape::list, "of this table")),
                        required(text("table", "that it points at")),
                        shaped("references", Shape::list, "columns of that table; without it its key"),
                        number("null_rate", "0", 0, 1, "share of rows that point at nothing"), distribution_}});
    FieldSpec ids = shaped("id", Shape::record, "a column `id` that is the key");
    ids.record = id;
    FieldSpec list = also(shaped("columns", Shape::records, "of the table"), "fields");
    list.record = column;
    FieldSpec keys = shaped("foreign_keys", Shape::records, "of several columns; those of one have `references`");
    keys.record = key;
    const RecordSpec* table =
        add({.name = "Table",
             .help = "A table, collection, topic or file.",
             .fields = {required(text("name", "its name")),
                        also(count("rows", "", 0, static_cast<double>(kMostRows),
                                   "how many; without it the schema's, times the weight"),
                             "row_count"),
                        number("weight", "1", 1e-9, 1e9, "rows beside those of other tables"), ids,
                        shaped("primary_key", Shape::list, "columns; they may say so themselves"), list, keys}});
    FieldSpec tables = required(shaped("tables", Shape::records, "of the schema"));
    tables.record = table;
    root_ = add(
        {.name = "Schema",
         .help = "Tables of generated data.",
         .fields =
             {count("version", "1", 1, 1, "of this form"),
              {.value = {.name = "seed", .type = OptionType::whole, .default_value = "42", .help = "of all values"}},
              also(count("rows", "1000", 0, static_cast<double>(kMostRows), "of a table that does not say"),
                   "row_count"),
              tables},
         .extensions = "x-"});
  }

 private:
  const RecordSpec* add(RecordSpec record) { return &records_.emplace_back(std::move(record)); }
  const RecordSpec* with_type(std::string_view name, std::vector<FieldSpec> fields) {
    fields.insert(fields.begin(), text("type", "which one"));
    return add({.name = name, .help = "", .fields = std::move(fields)});
  }
  static FieldSpec tagged(std::string_view name, std::string_view help, std::vector<FieldSpec::Variant> variants) {
    FieldSpec field = shaped(name, Shape::record, help);
    field.tag = "type";
    field.variants = std::move(variants);
    return field;
  }

  std::vector<FieldSpec::Variant> types() {
    const RecordSpec* simple = with_type("SimpleType", {});
    const RecordSpec* tiny = with_type("TinyInt", {count("width", "1", 1, 255, "of its display")});
    const RecordSpec* decimal =
        with_type("Decimal", {count("precision", "10", 1, 38, "digits in all; values have at most 18"),
                              count("scale", "2", 0, 18, "digits behind the point")});
    const RecordSpec* characters =
        with_type("Characters", {required(count("length", "", 1, kMostLength, "characters"))});
    const RecordSpec* words = with_type("Values", {required(shaped("values", Shape::list, "all that there are"))});
    const RecordSpec* geometry =
        with_type("Geometry", {choice("geometry_type",
                                      {"point", "line_string", "polygon", "multi_point", "multi_line_string",
                                       "multi_polygon", "geometry_collection"},
                                      "point", "its shape")});
    std::vector<FieldSpec::Variant> out;
    for (const TypeName& type : type_names()) {
      switch (type.kind) {
        case Kind::tiny_int:
          out.push_back({type.name, tiny});
          break;
        case Kind::decimal:
          out.push_back({type.name, decimal});
          break;
        case Kind::character:
        case Kind::varchar:
          out.push_back({type.name, characters});
          break;
        case Kind::enumeration:
        case Kind::set:
          out.push_back({type.name, words});
          break;
        case Kind::geometry:
          out.push_back({type.name, geometry});
          break;
        case Kind::array:
          break;
        default:
          out.push_back({type.name, simple});
      }
    }
    // An array of arrays no store has: the elements are of the types above.
    const RecordSpec* array = with_type("Array", {required(tagged("element_type", "of each", out))});
    out.push_back({"array", array});
    return out;
  }

  std::vector<FieldSpec::Variant> generators() {
    const RecordSpec* simple = with_type("SimpleGenerator", {});
    const auto range = [&](std::string_view name) {
      return with_type(name, {required(formed("min", kLimit, "", "the least value")),
                              required(formed("max", kLimit, "", "the greatest")), distribution_});
    };
    const FieldSpec start = formed("start", kInstant, "2024-01-01", "of row 0");
    const FieldSpec step = {.value = {.name = "step",
                                      .type = OptionType::duration,
                                      .default_value = "500ms",
                                      .help = "from row to row",
                                      .min = 1e-3,
                                      .max = 1e9}};
    FieldSpec resolution = {.value = {.name = "resolution",
                                      .type = OptionType::duration,
                                      .default_value = "1ms",
                                      .help = "values are multiples of it",
                                      .min = 1e-6,
                                      .max = 1e9}};
    const FieldSpec ascii = flag("ascii", "only names in the letters of ASCII");
    fields_ = &records_.emplace_back();  // columns(): a field of an object is a column in small
    FieldSpec parts = shaped("fields", Shape::records, "of the document; without it id, tag, score and active");
    parts.record = fields_;
    std::vector<FieldSpec::Variant> out = {
        {"uuid_v4", simple},
        {"sequential", with_type("Sequential", {formed("start", kLimit, "0", "of row 0"),
                                                formed("step", kLimit, "1", "from row to row")})},
        {"pattern", with_type("Pattern", {required(text("pattern", "text with {index}, {uuid} and {rand:N}"))})},
        {"int_range", range("IntRange")},
        {"float_range", range("FloatRange")},
        {"decimal_range", range("DecimalRange")},
        {"timestamp_range",
         with_type("TimestampRange", {required(formed("start", kInstant, "", "the earliest")),
                                      required(formed("end", kInstant, "", "the latest")), resolution, distribution_})},
        {"timestamp_now", with_type("TimestampNow", {start, step})},
        {"weighted_bool", with_type("WeightedBool", {number("true_weight", "0.5", 0, 1, "share of true")})},
        {"one_of",
         with_type("OneOf", {required(shaped("values", Shape::tree, "of the column's type")),
                             shaped("weights", Shape::list, "how often each, beside the others"), distribution_})},
        {"sample_array", with_type("SampleArray", {required(shaped("pool", Shape::tree, "elements")),
                                                   count("min_length", "0", 0, 10'000, "elements at least"),
                                                   required(count("max_length", "", 0, 10'000, "elements at most"))})},
        {"static", with_type("Static", {required(shaped("value", Shape::tree, "of every row"))})},
        {"null", simple},
        {"duration_range",
         with_type("DurationRange", {required(formed("min_secs", kWhole, "", "the shortest, in seconds")),
                                     required(formed("max_secs", kWhole, "", "the longest")), distribution_})},
        {"ulid", with_type("Ulid", {start, step})},
        {"string", with_type("String", {count("min_length", "8", 0, kMostLength, "characters at least"),
                                        count("max_length", "16", 0, kMostLength, "characters at most"),
                                        choice("alphabet", {"alphanumeric", "lower", "hex", "digits", "unicode"},
                                               "alphanumeric", "which characters")})},
        {"bytes", with_type("Bytes", {count("min_length", "8", 0, kMostLength, "at least"),
                                      count("max_length", "32", 0, kMostLength, "at most")})},
        {"object", with_type("Object", {parts})},
        {"geometry", simple},
        {"thing", with_type("Thing", {required(text("table", "whose rows it names")), distribution_})},
    };
    const RecordSpec* sentence = with_type("Words", {count("min_words", "3", 1, 10'000, "at least"),
                                                     count("max_words", "12", 1, 10'000, "at most"), ascii});
    const RecordSpec* named = with_type("Names", {ascii});
    for (const TypeName& type : type_names())
      if (type.wording) out.push_back({type.name, named});
    out.push_back({"word", named});
    out.push_back({"words", sentence});
    return out;
  }

  const RecordSpec* columns() {
    const RecordSpec* reference = add({.name = "Reference",
                                       .help = "A column of another table, or of this one.",
                                       .fields = {required(text("table", "that it points at")),
                                                  text("column", "of that table; without it its key"), distribution_},
                                       .alone = "table"});
    FieldSpec references = shaped("references", Shape::record, "the column has the values of another one");
    references.record = reference;
    const FieldSpec name = required(text("name", "its name"));
    const FieldSpec nullable = flag("nullable", "whether it may be null; with null_rate it is");
    const FieldSpec rate = number("null_rate", "0", 0, 1, "share of nulls");
    *fields_ = {
        .name = "Field", .help = "A member of a document.", .fields = {name, type_, generator_, nullable, rate}};
    return add({.name = "Column",
                .help = "A column or field.",
                .fields = {name, type_, generator_, nullable, rate, flag("primary_key", "whether it is of the key"),
                           flag("unique", "whether no two rows have the same value"), references}});
  }

  std::deque<RecordSpec> records_;
  RecordSpec* fields_ = nullptr;
  FieldSpec distribution_, type_, generator_;
  const RecordSpec* root_ = nullptr;
};

}  // namespace

std::span<const TypeName> type_names() {
  static constexpr TypeName kNames[] = {
      {"bool", Kind::boolean},
      {"boolean", Kind::boolean},
      {"tiny_int", Kind::tiny_int},
      {"tinyint", Kind::tiny_int},
      {"small_int", Kind::small_int},
      {"smallint", Kind::small_int},
      {"int", Kind::integer},
      {"integer", Kind::integer},
      {"big_int", Kind::big_int},
      {"bigint", Kind::big_int},
      {"float", Kind::single},
      {"double", Kind::real},
      {"decimal", Kind::decimal},
      {"char", Kind::character},
      {"var_char", Kind::varchar},
      {"varchar", Kind::varchar},
      {"text", Kind::text},
      {"string", Kind::text},
      {"blob", Kind::blob},
      {"bytes", Kind::bytes},
      {"date", Kind::date},
      {"time", Kind::time},
      {"time_tz", Kind::time_tz},
      {"timetz", Kind::time_tz},
      {"date_time", Kind::date_time},
      {"datetime", Kind::date_time},
      {"timestamp", Kind::date_time},
      {"date_time_nano", Kind::date_time_nano},
      {"datetime_nano", Kind::date_time_nano},
      {"timestamp_tz", Kind::timestamp_tz},
      {"timestamptz", Kind::timestamp_tz},
      {"uuid", Kind::uuid},
      {"ulid", Kind::ulid},
      {"json", Kind::json},
      {"jsonb", Kind::jsonb},
      {"object", Kind::object},
      {"duration", Kind::duration},
      {"thing", Kind::thing},
      {"array", Kind::array},
      {"set", Kind::set},
      {"enum", Kind::enumeration},
      {"geometry", Kind::geometry},
      {"name", Kind::text, Wording::name},
      {"first_name", Kind::text, Wording::first_name},
      {"last_name", Kind::text, Wording::last_name},
      {"username", Kind::text, Wording::username},
      {"email", Kind::text, Wording::email},
      {"phone", Kind::text, Wording::phone},
      {"street_address", Kind::text, Wording::street_address},
      {"city", Kind::text, Wording::city},
      {"country", Kind::text, Wording::country},
      {"postcode", Kind::text, Wording::postcode},
      {"address", Kind::text, Wording::address},
      {"company", Kind::text, Wording::company},
      {"url", Kind::text, Wording::url},
  };
  return kNames;
}

const RecordSpec& schema_record() {
  static Records records;
  return *records.root();
}

}  // namespace assay::dataset
