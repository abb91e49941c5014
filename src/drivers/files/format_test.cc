// Both formats, byte by byte: what RFC 4180 and RFC 8259 say of a row, and what is read of a text that somebody
// changed.
#include "drivers/files/format.h"

#include "drivers/files/cell.h"
#include "drivers/files/files_fixture.h"

#include <limits>

namespace assay::files {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

Column column_of(ColumnType type, int scale = 0) {
  return {.name = "v", .type = type, .precision = 18, .scale = scale, .nullable = true};
}
Table table_of(std::vector<Column> columns) {
  Table table;
  table.name = "t";
  table.columns = std::move(columns);
  return table;
}

/// The record without its line end, or the failure.
std::string record_of(const Format& format, const Table& table, std::vector<Value> row) {
  std::string out;
  const Result<> done = format.append_row(table, row.data(), out);
  if (!done) return outcome(done);
  EXPECT_TRUE(out.ends_with('\n'));
  out.pop_back();
  return out;
}
std::string csv_of(const Column& column, const Value& value) {
  return record_of(csv_format(), table_of({column}), {value});
}
std::string jsonl_of(const Column& column, const Value& value) {
  return record_of(jsonl_format(), table_of({column}), {value});
}

/// The cells that are read, each with its kind, or the failure.
std::string read_of(const Format& format, const Table& table, std::string_view record) {
  RowBatch batch(table.columns.size());
  const Result<> done = format.read_row(table, record, batch);
  if (!done) return outcome(done);
  std::string out;
  for (std::size_t c = 0; c < batch.columns(); c++)
    out += fmt::format("{}{} {}", c > 0 ? "; " : "", batch.row(0)[c].index(), to_text(batch.row(0)[c]));
  return out;
}

struct Case {
  Column column;
  Value value;
  std::string csv, json;  // of the value alone
};

std::vector<Case> cases() {
  using C = ColumnType;
  using V = std::string_view;
  const auto bytes = [](V data) { return Bytes{data}; };
  return {
      {column_of(C::boolean), true, "true", "true"},
      {column_of(C::boolean), false, "false", "false"},
      {column_of(C::integer), std::int64_t(-42), "-42", "-42"},
      {column_of(C::bigint), std::numeric_limits<std::int64_t>::min(), "-9223372036854775808", "-9223372036854775808"},
      {column_of(C::real), 0.1, "0.1", "0.1"},
      {column_of(C::real), 100.0, "100", "100"},
      {column_of(C::real), 1e300, "1e+300", "1e+300"},
      {column_of(C::real), std::numeric_limits<double>::infinity(), "Infinity", R"("Infinity")"},
      {column_of(C::real), -std::numeric_limits<double>::infinity(), "-Infinity", R"("-Infinity")"},
      {column_of(C::decimal, 2), Decimal{1250, 2}, "12.50", R"("12.50")"},
      {column_of(C::decimal, 2), Decimal{-5, 2}, "-0.05", R"("-0.05")"},
      {column_of(C::decimal, 2), Decimal{0, 2}, "0.00", R"("0.00")"},
      {column_of(C::decimal, 0), Decimal{7, 0}, "7", R"("7")"},
      {column_of(C::text), V("plain text"), "plain text", R"("plain text")"},
      {column_of(C::text), V(""), R"("")", R"("")"},
      {column_of(C::text), V(" "), " ", R"(" ")"},
      {column_of(C::text), V("a,b"), R"("a,b")", R"("a,b")"},
      {column_of(C::text), V("say \"hi\""), R"("say ""hi""")", R"("say \"hi\"")"},
      {column_of(C::text), V("\""), R"("""")", R"("\"")"},
      {column_of(C::text), V("two\nlines"), "\"two\nlines\"", R"("two\nlines")"},
      {column_of(C::text), V("ends\r"), "\"ends\r\"", R"("ends\u000d")"},
      {column_of(C::text), V("\\."), R"("\.")", R"("\\.")"},
      {column_of(C::text), V("back\\slash"), "back\\slash", R"("back\\slash")"},
      {column_of(C::text), V("tab\t\x01"), "tab\t\x01", R"("tab\u0009\u0001")"},
      {column_of(C::text), V("東京"), "東京", R"("東京")"},
      // RFC 4648, section 10
      {column_of(C::bytes), bytes(""), R"("")", R"("")"},
      {column_of(C::bytes), bytes("f"), "Zg==", R"("Zg==")"},
      {column_of(C::bytes), bytes("foobar"), "Zm9vYmFy", R"("Zm9vYmFy")"},
      {column_of(C::uuid),
       Uuid{{0x55, 0x0e, 0x84, 0x00, 0xe2, 0x9b, 0x41, 0xd4, 0xa7, 0x16, 0x44, 0x66, 0x55, 0x44, 0, 0}},
       "550e8400-e29b-41d4-a716-446655440000", R"("550e8400-e29b-41d4-a716-446655440000")"},
      {column_of(C::date), Date{0}, "1970-01-01", R"("1970-01-01")"},
      {column_of(C::date), Date{19'782}, "2024-02-29", R"("2024-02-29")"},  // 54 years with 13 leap days, and 59 days
      {column_of(C::date), Date{-1}, "1969-12-31", R"("1969-12-31")"},
      {column_of(C::time), TimeOfDay{0}, "00:00:00", R"("00:00:00")"},
      {column_of(C::time), TimeOfDay{45'296'000'000}, "12:34:56", R"("12:34:56")"},
      {column_of(C::time), TimeOfDay{45'296'789'000}, "12:34:56.789", R"("12:34:56.789")"},
      {column_of(C::time), TimeOfDay{86'399'999'999}, "23:59:59.999999", R"("23:59:59.999999")"},
      {column_of(C::timestamp), Timestamp{0}, "1970-01-01T00:00:00Z", R"("1970-01-01T00:00:00Z")"},
      {column_of(C::timestamp), Timestamp{-1}, "1969-12-31T23:59:59.999999Z", R"("1969-12-31T23:59:59.999999Z")"},
      {column_of(C::timestamp), Timestamp{86'400'001'000}, "1970-01-02T00:00:00.001Z", R"("1970-01-02T00:00:00.001Z")"},
      {column_of(C::json), Json{R"({"a": [1, 2.50]})"}, R"("{""a"": [1, 2.50]}")", R"({"a": [1, 2.50]})"},
      {column_of(C::json), Json{"7"}, "7", "7"},
      {column_of(C::array), Json{R"(["x", null])"}, R"("[""x"", null]")", R"(["x", null])"},
      {column_of(C::text), kNull, "", "null"},
      {column_of(C::bytes), kNull, "", "null"},
      {column_of(C::integer), kNull, "", "null"},
  };
}

TEST(FilesFormat, values_stand_as_they_are_documented) {
  for (const Case& c : cases()) {
    EXPECT_EQ(csv_of(c.column, c.value), c.csv) << to_text(c.value);
    EXPECT_EQ(jsonl_of(c.column, c.value), R"({"v":)" + c.json + "}") << to_text(c.value);
  }
}

TEST(FilesFormat, what_stands_is_read_as_the_value_it_was) {
  for (const Case& c : cases()) {
    const std::string expected = fmt::format("{} {}", c.value.index(), to_text(c.value));
    EXPECT_EQ(read_of(csv_format(), table_of({c.column}), c.csv), expected) << c.csv;
    EXPECT_EQ(read_of(jsonl_format(), table_of({c.column}), R"({"v":)" + c.json + "}"), expected) << c.json;
  }
}

TEST(FilesFormat, null_in_json_is_not_null) {
  const Table table = table_of({{.name = "id"}, {.name = "j", .type = ColumnType::json, .nullable = true}});
  const std::vector<Value> json_null = {std::int64_t(1), Json{"null"}}, null = {std::int64_t(1), kNull};
  EXPECT_EQ(record_of(csv_format(), table, json_null), "1,null");
  EXPECT_EQ(record_of(csv_format(), table, null), "1,");
  EXPECT_EQ(record_of(jsonl_format(), table, json_null), R"({"id":1,"j":null})");
  EXPECT_EQ(record_of(jsonl_format(), table, null), R"({"id":1})");
  for (const Format* format : {&csv_format(), &jsonl_format()}) {
    EXPECT_EQ(read_of(*format, table, record_of(*format, table, json_null)), "2 1; 7 null");
    EXPECT_EQ(read_of(*format, table, record_of(*format, table, null)), "2 1; 0 NULL");
  }
  EXPECT_EQ(jsonl_of(column_of(ColumnType::json), kNull), "{}");
  EXPECT_EQ(read_of(jsonl_format(), table_of({column_of(ColumnType::json)}), "{}"), "0 NULL");
}

TEST(FilesFormat, json_is_written_on_one_line) {
  EXPECT_EQ(jsonl_of(column_of(ColumnType::json), Json{"{\n\t\"a\":\r\n 1\n}"}), R"({"v":{  "a":   1 }})");
  EXPECT_EQ(csv_of(column_of(ColumnType::json), Json{"[\n1]"}), "[ 1]");
}

TEST(FilesFormat, a_row_is_its_columns_in_their_order) {
  const Table table = table_of({{.name = "id"},
                                {.name = "a,b", .type = ColumnType::text, .nullable = true},
                                {.name = "say \"x\"", .type = ColumnType::text, .nullable = true}});
  const std::vector<Value> row = {std::int64_t(1), kNull, std::string_view("x")};
  EXPECT_EQ(csv_format().header(table), "id,\"a,b\",\"say \"\"x\"\"\"\n");
  EXPECT_EQ(jsonl_format().header(table), "");
  EXPECT_EQ(record_of(csv_format(), table, row), "1,,x");
  EXPECT_EQ(record_of(jsonl_format(), table, row), R"({"id":1,"a,b":null,"say \"x\"":"x"})");
  EXPECT_EQ(read_of(jsonl_format(), table, R"( { "say \"x\"" : "x" , "a,b" : null, "id": 1 } )"), "2 1; 0 NULL; 5 'x'");
}

TEST(FilesFormat, what_a_column_does_not_hold_is_rejected_and_named) {
  Column key = column_of(ColumnType::bigint);
  key.nullable = false;
  for (const Format* format : {&csv_format(), &jsonl_format()}) {
    const auto written = [&](const Column& column, const Value& value) {
      return record_of(*format, table_of({column}), {value});
    };
    EXPECT_EQ(written(key, kNull), "rejected: the column v may not be null, and is");
    EXPECT_EQ(written(key, std::string_view("x")),
              "rejected: the column v is bigint; found 'x', expected a whole number");
    EXPECT_THAT(written(column_of(ColumnType::decimal, 2), Decimal{12'345, 3}), HasSubstr("at most 2 decimals"));
    EXPECT_THAT(written(column_of(ColumnType::decimal, 18), std::int64_t(10)),
                HasSubstr("found 10, expected a decimal"));
    EXPECT_THAT(written(column_of(ColumnType::text), std::int64_t(1)), HasSubstr("is text; found 1, expected a text"));
    EXPECT_THAT(written(column_of(ColumnType::date), Date{2'932'897}), HasSubstr("years 1 to 9999"));
    EXPECT_THAT(written(column_of(ColumnType::time), TimeOfDay{86'400'000'000}), HasSubstr("a time of day"));
    EXPECT_THAT(written(column_of(ColumnType::uuid), std::string_view("x")), HasSubstr("a UUID"));
  }
  EXPECT_THAT(jsonl_of(column_of(ColumnType::json), Json{"{\"a\":"}), HasSubstr("found {\"a\":, which is none"));
}

TEST(FilesFormat, a_cell_that_is_none_of_its_type_is_read_as_it_stands) {
  const auto csv = [](ColumnType type, std::string_view text) {
    return read_of(csv_format(), table_of({column_of(type, 2)}), text);
  };
  for (const auto& [type, text] : {std::pair{ColumnType::integer, "12x"},
                                   {ColumnType::integer, " 1"},
                                   {ColumnType::integer, "99999999999999999999"},
                                   {ColumnType::boolean, "TRUE"},
                                   {ColumnType::real, "inf"},
                                   {ColumnType::real, "1e999"},
                                   {ColumnType::decimal, "1.5"},
                                   {ColumnType::decimal, "+1.50"},
                                   {ColumnType::decimal, ".50"},
                                   {ColumnType::uuid, "550e"},
                                   {ColumnType::date, "2023-02-29"},
                                   {ColumnType::date, "2023-2-9"},
                                   {ColumnType::time, "24:00:00"},
                                   {ColumnType::time, "12:00:00."},
                                   {ColumnType::timestamp, "2024-01-01 00:00:00"},
                                   {ColumnType::timestamp, "2024-01-01T00:00:00+01:00"},
                                   {ColumnType::bytes, "Zg"}})
    EXPECT_EQ(csv(type, text), fmt::format("5 '{}'", text));
  EXPECT_EQ(csv(ColumnType::integer, R"("")"), "5 ''") << "an empty text is no NULL";
  const auto jsonl = [](ColumnType type, std::string_view text) {
    return read_of(jsonl_format(), table_of({column_of(type, 2)}), fmt::format(R"({{"v":{}}})", text));
  };
  for (const auto& [type, text] : {std::pair{ColumnType::integer, R"("12")"},
                                   {ColumnType::integer, "1.5"},
                                   {ColumnType::boolean, R"("true")"},
                                   {ColumnType::text, "12"},
                                   {ColumnType::text, "{}"},
                                   {ColumnType::decimal, "1.50"},
                                   {ColumnType::real, R"("1.5")"},
                                   {ColumnType::date, R"("yesterday")"}})
    EXPECT_EQ(jsonl(type, text), fmt::format("7 {}", text));
}

TEST(FilesFormat, a_record_that_is_no_row_is_a_wrong_answer_that_says_why) {
  const Table table = table_of({{.name = "id"}, {.name = "t", .type = ColumnType::text, .nullable = true}});
  const auto csv = [&](std::string_view record) { return read_of(csv_format(), table, record); };
  EXPECT_EQ(csv("1"), "wrong_answer: 1 fields; expected 2, as the first line has");
  EXPECT_EQ(csv("1,a,b"), "wrong_answer: 3 fields; expected 2, as the first line has");
  EXPECT_EQ(csv("1,"), "2 1; 0 NULL");
  EXPECT_THAT(csv("1,\"a"), HasSubstr("without its second quote"));
  EXPECT_THAT(csv("1,\"a\"b"), HasSubstr("'b' behind a quoted field"));
  EXPECT_THAT(csv("1,a\"b"), HasSubstr("a quote inside the field a\"b"));
  const auto jsonl = [&](std::string_view record) { return read_of(jsonl_format(), table, record); };
  for (const char* text : {"", "x", "{", R"({"id":1)", R"({"id":1,})", R"({"id":01,"t":"a"})", R"({"id":1,"t":"a"} 2)"})
    EXPECT_THAT(jsonl(text), HasSubstr("wrong_answer: no JSON")) << text;
  EXPECT_THAT(jsonl("[1]"), HasSubstr("no object"));
  EXPECT_EQ(jsonl(R"({"id":1,"t":null})"), "2 1; 0 NULL");
  EXPECT_THAT(jsonl(R"({"id":1})"), HasSubstr("wrong_answer: no member for the column t; expected one"));
  EXPECT_THAT(jsonl("{}"), HasSubstr("no member for the column id"));
  EXPECT_THAT(jsonl(R"({"id":1,"t":"a","u":2})"), AllOf(HasSubstr("a member \"u\""), HasSubstr("no column of t")));
  EXPECT_THAT(jsonl(R"({"id":1,"id":1,"t":"a"})"), HasSubstr("two members \"id\""));
}

TEST(FilesFormat, records_end_at_line_ends_that_are_in_no_quotes) {
  const std::string csv = "a,b\n1,\"x\ny\"\n2,\"\"\"\n\"\"\"\n3,\n";
  for (std::size_t piece = 1; piece <= csv.size(); piece++) {  // however it is cut
    std::vector<std::size_t> ends;
    RecordScanner scanner(csv_format());
    for (std::size_t at = 0; at < csv.size(); at += piece)
      scanner.scan(std::string_view(csv).substr(at, piece), [&](std::size_t end) { ends.push_back(at + end); });
    EXPECT_THAT(ends, ElementsAre(4, 12, 22, 25)) << "pieces of " << piece;
  }
  std::vector<std::size_t> ends;
  RecordScanner(jsonl_format()).scan("{\"a\n\"\n", [&](std::size_t end) { ends.push_back(end); });
  EXPECT_THAT(ends, ElementsAre(4, 6)) << "a string of JSON holds no line end";
}

}  // namespace
}  // namespace assay::files
