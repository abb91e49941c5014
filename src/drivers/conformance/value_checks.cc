// The query facet: parameters and cells of every kind.
#include "drivers/conformance/conformance.h"

#include <cmath>
#include <limits>

namespace assay::conformance {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min(), kMax = std::numeric_limits<std::int64_t>::max();

const Table& values_table() {
  const auto column = [](const char* name, ColumnType type, int length = 0) {
    return Column{.name = name, .type = type, .length = length, .precision = 12, .scale = 2, .nullable = true};
  };
  static const Table table{.name = "conf_values",
                           .columns = {{.name = "id", .type = ColumnType::bigint},
                                       column("a_boolean", ColumnType::boolean),
                                       column("an_integer", ColumnType::integer),
                                       column("a_bigint", ColumnType::bigint),
                                       column("a_real", ColumnType::real),
                                       column("a_decimal", ColumnType::decimal),
                                       column("a_character", ColumnType::character, 4),
                                       column("a_varchar", ColumnType::varchar, 40),
                                       column("a_text", ColumnType::text),
                                       column("some_bytes", ColumnType::bytes),
                                       column("a_uuid", ColumnType::uuid),
                                       column("a_date", ColumnType::date),
                                       column("a_time", ColumnType::time),
                                       column("a_timestamp", ColumnType::timestamp),
                                       column("some_json", ColumnType::json)},
                           .primary_key = {"id"},
                           .foreign_keys = {},
                           .indexes = {},
                           .partitioning = {}};
  return table;
}

class Values : public Conformance {
 protected:
  Values() { create(values_table()); }

  /// Writes the value into the column as a parameter, and answers what is then read, as text with its kind.
  std::string round_trip(const std::string& column, const Value& value) {
    must(query().run("delete from conf_values"));
    const Value arguments[] = {std::int64_t(1), value};
    must(query().run(fmt::format("insert into conf_values (id, {}) values ($1, $2)", column), arguments));
    const ResultSet& answer = *must(query().run(fmt::format("select {} from conf_values", column)));
    if (answer.size() != 1 || answer.columns() != 1) return "not one cell";
    return described(answer.at(0, 0));
  }
  /// Long texts compare as such: the tests do it where they need to.
  static std::string described(const Value& v) { return fmt::format("kind {}: {}", v.index(), to_text(v)); }
  void expect_same(const std::string& column, const Value& value) {
    EXPECT_EQ(round_trip(column, value), described(value)) << column;
  }
};

TEST_F(Values, whole_numbers_come_back_up_to_their_extremes) {
  for (const std::int64_t v : {std::int64_t(0), std::int64_t(-1), kMin, kMax, kMin + 1, std::int64_t(1) << 53})
    expect_same("a_bigint", v);
  for (const std::int64_t v : {std::int64_t(2'147'483'647), std::int64_t(-2'147'483'648)}) expect_same("an_integer", v);
}

TEST_F(Values, truth_values_come_back) {
  expect_same("a_boolean", true);
  expect_same("a_boolean", false);
}

TEST_F(Values, reals_come_back_bit_by_bit) {
  for (const double v :
       {0.0, 1.0, -1.5, 0.1, 1e300, -2.2250738585072014e-308, 3.141592653589793, std::numeric_limits<double>::max()})
    expect_same("a_real", v);
  const Value infinity[] = {std::numeric_limits<double>::infinity()};
  if (dialect().infinite_reals)
    expect_same("a_real", infinity[0]);
  else
    EXPECT_EQ(outcome(query().run("insert into conf_values (id, a_real) values (2, $1)", infinity)), "rejected");
}

TEST_F(Values, decimals_come_back_exactly) {
  for (const std::int64_t cents : {std::int64_t(0), std::int64_t(1), std::int64_t(-1), std::int64_t(1230),
                                   std::int64_t(999'999'999'999), std::int64_t(-999'999'999'999)}) {
    const Value read = dialect().exact_decimals ? Value(Decimal{cents, 2}) : Value(cents);
    EXPECT_EQ(round_trip("a_decimal", Decimal{cents, 2}), described(read));
  }
}

TEST_F(Values, decimals_add_up_and_compare_exactly) {
  // 0.10 + 0.20 is not 0.30 in binary floating point, nor is a sum of a thousand cents 10.00.
  const Value first[] = {Decimal{10, 2}};
  must(query().run("insert into conf_values (id, a_decimal) values (1, $1)", first));
  const Value more[] = {Decimal{20, 2}};
  must(query().run("update conf_values set a_decimal = a_decimal + $1", more));
  const Value expected[] = {Decimal{30, 2}};
  EXPECT_EQ(integer("select count(*) from conf_values where a_decimal = $1", expected), 1);

  must(query().run("delete from conf_values"));
  RowBatch batch(values_table().columns.size());
  for (std::int64_t id = 0; id < 1'000; id++) {
    batch.add(id);
    for (std::size_t c = 1; c < values_table().columns.size(); c++)
      batch.add(values_table().columns[c].type == ColumnType::decimal ? Value(Decimal{1, 2}) : Value(kNull));
  }
  must(rows().write(values_table(), batch));
  const ResultSet& sum = *must(query().run("select sum(a_decimal) from conf_values"));
  const auto answer = sum.decimal(0, 0);
  ASSERT_TRUE(answer);
  EXPECT_EQ(rescaled(*answer, 2).unscaled, dialect().exact_decimals ? 1'000 : 100'000) << "10.00, or 1000 cents";
}

TEST_F(Values, texts_come_back_byte_by_byte) {
  for (const std::string_view v : {"", " ", "plain", "it's \"quoted\"", "tab\tnewline\nreturn\rbackslash\\n\\N\\.",
                                   "Grüße, 東京, 🚀, \u0301", "NULL", "$1 ?1 %s :name", "trailing blanks  "}) {
    expect_same("a_text", v);
    expect_same("a_varchar", v);
  }
  expect_same("a_character", std::string_view("abcd"));
}

TEST_F(Values, a_text_of_a_megabyte_comes_back) {
  std::string text(1 << 20, ' ');
  for (std::size_t i = 0; i < text.size(); i++) text[i] = static_cast<char>(' ' + (i * 7919) % 90);
  const Value arguments[] = {std::int64_t(1), std::string_view(text)};
  must(query().run("insert into conf_values (id, a_text) values ($1, $2)", arguments));
  EXPECT_TRUE(must(query().run("select a_text from conf_values"))->text(0, 0) == text);
}

TEST_F(Values, bytes_come_back_with_zeros_and_all_values) {
  std::string all;
  for (int i = 0; i < 256; i++) all += static_cast<char>(i);
  expect_same("some_bytes", Bytes{all});
  expect_same("some_bytes", Bytes{std::string_view("\0\0", 2)});
  expect_same("some_bytes", Bytes{std::string_view("")});
}

TEST_F(Values, uuids_dates_and_times_come_back) {
  Uuid uuid;
  for (std::size_t i = 0; i < uuid.octets.size(); i++) uuid.octets[i] = static_cast<std::uint8_t>(i * 17);
  expect_same("a_uuid", uuid);
  for (const std::int32_t days : {0, 20'000, -1, -25'567, 11'016})
    expect_same("a_date", Date{days});  // 11016: leap day
  for (const std::int64_t micros : {std::int64_t(0), std::int64_t(1), std::int64_t(86'399'999'999)})
    expect_same("a_time", TimeOfDay{micros});
  for (const std::int64_t micros : {std::int64_t(0), std::int64_t(1), std::int64_t(-1),
                                    std::int64_t(1'795'217'253'123'456), std::int64_t(-2'208'988'800'000'000)})
    expect_same("a_timestamp", Timestamp{micros});
}

TEST_F(Values, json_comes_back_with_its_meaning) {
  for (const char* text : {R"({"a":[1,2,{"b":null}]})", "123", R"("text")", "true"}) {
    std::string read = round_trip("some_json", Json{text});
    std::erase(read, ' ');  // a target may lay it out anew
    std::string expected = described(Json{text});
    std::erase(expected, ' ');
    EXPECT_EQ(read, expected);
  }
}

TEST_F(Values, null_comes_back_from_every_column) {
  for (const Column& column : values_table().columns)
    if (column.nullable) expect_same(column.name, kNull);
}

TEST_F(Values, null_is_not_the_empty_text) {
  const Value arguments[] = {std::string_view("")};
  must(query().run("insert into conf_values (id, a_text) values (1, $1)", arguments));
  EXPECT_EQ(integer("select count(*) from conf_values where a_text is null"), 0);
  EXPECT_EQ(integer("select count(*) from conf_values where a_text = ''"), 1);
}

TEST_F(Values, one_statement_takes_a_value_and_null_by_turns) {
  const StatementTable statements = {{.name = "put", .text = "insert into conf_values (id, a_bigint) values ($1, $2)"}};
  query().declare(statements);
  for (std::int64_t id = 0; id < 6; id++) {
    const Value arguments[] = {id, id % 2 == 0 ? Value(id) : Value(kNull)};
    must(query().execute(StatementId{0}, arguments));
  }
  EXPECT_EQ(integer("select count(*) from conf_values where a_bigint is null"), 3);
  EXPECT_EQ(integer("select sum(a_bigint) from conf_values where id > 0 and id < 5 and a_bigint >= 4"), 4);
}

}  // namespace
}  // namespace assay::conformance
