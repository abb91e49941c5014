// Every type of column of a target without a query language: what was written is what is read.
#include "drivers/conformance/store_fixture.h"

#include <limits>

namespace assay::conformance {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min(), kMax = std::numeric_limits<std::int64_t>::max();

class StoreValues : public Store {
 protected:
  /// conf_values(id, value) with the values of a column of this type, and NULL behind them, is read as it was written.
  void expect_same(Column column, std::span<const Value> values) {
    column.name = "value";
    column.nullable = true;
    const Table table{.name = "conf_values",
                      .columns = {{.name = "id"}, column},
                      .primary_key = {"id"},
                      .foreign_keys = {},
                      .indexes = {},
                      .partitioning = {}};
    create_all(table);
    RowBatch batch(2);
    std::int64_t id = 0;
    for (const Value& value : values) {
      batch.add(id++);
      batch.add(value);
    }
    batch.add(id);
    batch.add(kNull);
    must(rows().write_noted(table, batch, note("values"), false));
    expect_rows(table, batch, 2);
    expect_rows(table, batch, 1'000);
    meta().remove();
  }
  void expect_same(ColumnType type, std::initializer_list<Value> values) {
    expect_same({.name = "", .type = type}, {values.begin(), values.size()});
  }
  static Column of_length(ColumnType type, int length) { return {.name = "", .type = type, .length = length}; }
  static Column decimal(int precision, int scale) {
    return {.name = "", .type = ColumnType::decimal, .precision = precision, .scale = scale};
  }
};

TEST_F(StoreValues, whole_numbers_come_back_up_to_their_extremes) {
  expect_same(ColumnType::bigint, {std::int64_t(0), std::int64_t(-1), kMin, kMax, kMin + 1, std::int64_t(1) << 53,
                                   (std::int64_t(1) << 53) + 1});
  expect_same(ColumnType::integer,
              {std::int64_t(0), std::int64_t(2'147'483'647), std::int64_t(-2'147'483'648), std::int64_t(7)});
}

TEST_F(StoreValues, truth_values_come_back) { expect_same(ColumnType::boolean, {true, false}); }

TEST_F(StoreValues, reals_come_back_bit_by_bit) {
  expect_same(ColumnType::real, {0.0, 1.0, -1.5, 0.1, 1e300, -2.2250738585072014e-308, 3.141592653589793, 100.0, 1e15,
                                 std::numeric_limits<double>::max(), std::numeric_limits<double>::denorm_min()});
}

TEST_F(StoreValues, decimals_come_back_exactly_and_with_the_scale_of_their_column) {
  const Value cents[] = {Decimal{0, 2},     Decimal{1, 2},
                         Decimal{-1, 2},    Decimal{5, 2},
                         Decimal{-1230, 2}, Decimal{999'999'999'999, 2},
                         Decimal{10, 2},    Decimal{-999'999'999'999, 2}};
  expect_same(decimal(12, 2), cents);
  const Value exact[] = {Decimal{123'456'789'012'345'678, 6}, Decimal{-999'999'999'999'999'999, 6}, Decimal{1, 6}};
  expect_same(decimal(18, 6), exact);
  const Value whole[] = {Decimal{0, 0}, Decimal{-7, 0}, Decimal{999'999'999'999'999'999, 0}};
  expect_same(decimal(18, 0), whole);
}

TEST_F(StoreValues, texts_come_back_byte_by_byte) {
  const Value texts[] = {std::string_view(""),
                         std::string_view(" "),
                         std::string_view("plain"),
                         std::string_view("NULL"),
                         std::string_view("null"),
                         std::string_view("\\N"),
                         std::string_view("\\."),
                         std::string_view("123"),
                         std::string_view("true"),
                         std::string_view("2024-01-31"),
                         std::string_view("a,b;c|d"),
                         std::string_view("\""),
                         std::string_view("\"\""),
                         std::string_view("it's \"quoted\""),
                         std::string_view(" blanks around  "),
                         std::string_view("\n"),
                         std::string_view("\r\n"),
                         std::string_view("ends with a return\r"),
                         std::string_view("tab\tnewline\nreturn\rbackslash\\n\\u0041"),
                         std::string_view("\x01\x1f\x7f"),
                         std::string_view("Grüße, 東京, 🚀, \u0301, \u2028\u2029\ufeff"),
                         std::string_view("$1 ?1 %s :name {x} [y] --"),
                         std::string_view("{\"a\": 1}")};
  expect_same({.name = "", .type = ColumnType::text}, texts);
  expect_same(of_length(ColumnType::varchar, 40), texts);
  const Value codes[] = {std::string_view("abcd"), std::string_view("äöüß"), std::string_view("東京都庁")};
  expect_same(of_length(ColumnType::character, 4), codes);
}

TEST_F(StoreValues, long_texts_and_bytes_come_back) {
  std::string text, bytes;
  for (int i = 0; i < 200'000; i++) text += static_cast<char>(' ' + (i * 7919) % 90);
  for (int i = 0; i < 100'000; i++) bytes += static_cast<char>((i * 7919) % 256);
  expect_same(ColumnType::text, {std::string_view(text), std::string_view("short")});
  expect_same(ColumnType::bytes, {Bytes{bytes}, Bytes{"short"}});
}

TEST_F(StoreValues, bytes_come_back_with_zeros_and_all_values) {
  std::string all;
  for (int i = 0; i < 256; i++) all += static_cast<char>(i);
  expect_same(ColumnType::bytes, {Bytes{all}, Bytes{std::string_view("\0\0", 2)}, Bytes{std::string_view("")},
                                  Bytes{std::string_view("\0", 1)}, Bytes{"a"}, Bytes{"abc"}});
}

TEST_F(StoreValues, uuids_come_back) {
  Uuid uuid;
  for (std::size_t i = 0; i < uuid.octets.size(); i++) uuid.octets[i] = static_cast<std::uint8_t>(i * 17);
  Uuid ones;
  ones.octets.fill(0xff);
  expect_same(ColumnType::uuid, {uuid, Uuid{}, ones});
}

TEST_F(StoreValues, dates_and_times_come_back) {
  expect_same(ColumnType::date, {Date{0}, Date{20'000}, Date{-1}, Date{-25'567}, Date{11'016}});  // 11016: leap day
  expect_same(ColumnType::time, {TimeOfDay{0}, TimeOfDay{1'000}, TimeOfDay{86'399'999'000}, TimeOfDay{43'200'000'000}});
  expect_same(ColumnType::timestamp, {Timestamp{0}, Timestamp{-1'000'000}, Timestamp{1'795'217'253'123'000},
                                      Timestamp{1'795'217'253'000'000}, Timestamp{-2'208'988'800'000'000}});
}

TEST_F(StoreValues, timestamps_are_cut_to_the_resolution_of_the_target) {
  expect_same(ColumnType::timestamp, {Timestamp{1}, Timestamp{999'999}, Timestamp{1'795'217'253'123'456}});
}

TEST_F(StoreValues, json_comes_back_with_its_meaning) {
  expect_same(ColumnType::json, {Json{R"({"a":[1,2,{"b":null}],"bb":"text","ccc":true})"}, Json{"{}"}, Json{"[]"},
                                 Json{R"({"a": -1.5})"}, Json{R"({"type": "Point", "coordinates": [7.25, -3.5]})"},
                                 Json{R"({"q": "it's \"quoted\"\\ \n, 東京"})"},
                                 Json{R"({"deep": {"er": {"still": [[["x"]]]}}})"}, Json{R"(["a", "b, c", "d\"e"])"}});
}

TEST_F(StoreValues, arrays_come_back_with_their_elements) {
  if (!rows().traits().arrays) return;  // they are then written as JSON
  const Value numbers[] = {std::int64_t(1), std::int64_t(-2), kMax};
  const Value texts[] = {std::string_view("a"), std::string_view(""), std::string_view("it's \"q\", b\\c {d}"),
                         std::string_view("東京")};
  const Value reals[] = {1.5, -0.25};
  for (const auto& array :
       {Array{numbers, std::size(numbers)}, Array{texts, std::size(texts)}, Array{reals, std::size(reals)}})
    expect_same(ColumnType::array, {array});
  expect_same(ColumnType::array, {Array{numbers, 0}, Array{numbers, 1}});
}

TEST_F(StoreValues, values_of_all_types_stand_in_one_row) {
  const auto of_type = [](const char* name, ColumnType type) {
    return Column{.name = name, .type = type, .length = 20, .precision = 12, .scale = 4, .nullable = true};
  };
  const Table all{.name = "conf_all",
                  .columns = {of_type("c1", ColumnType::boolean),
                              of_type("c2", ColumnType::integer),
                              {.name = "id"},
                              of_type("c3", ColumnType::real),
                              of_type("c4", ColumnType::decimal),
                              of_type("c5", ColumnType::varchar),
                              of_type("c6", ColumnType::text),
                              of_type("c7", ColumnType::bytes),
                              of_type("c8", ColumnType::uuid),
                              of_type("c9", ColumnType::date),
                              of_type("c10", ColumnType::time),
                              of_type("c11", ColumnType::timestamp),
                              of_type("order", ColumnType::json)},
                  .primary_key = {"id"},
                  .foreign_keys = {},
                  .indexes = {},
                  .partitioning = {}};
  create_all(all);
  RowBatch batch(all.columns.size());
  for (std::int64_t id = 1; id <= 5; id++) {
    const Value row[] = {id % 2 == 0,
                         -42 * id,
                         id,
                         0.1 * static_cast<double>(id),
                         Decimal{-12'345 * id, 4},
                         batch.keep(fmt::format("a\tb\\c\nd'e\"f\rg{}", id)),
                         std::string_view(""),
                         Bytes{std::string_view("\0\\x\t\n\xff", 6)},
                         Uuid{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, static_cast<std::uint8_t>(id)}},
                         Date{static_cast<std::int32_t>(20'000 + id)},
                         TimeOfDay{1'000 * id},
                         Timestamp{1'795'217'253'001'000 + 1'000 * id},
                         Json{"[1]"}};
    for (std::size_t c = 0; c < all.columns.size(); c++)
      batch.add(id == 5 && all.columns[c].nullable ? Value(kNull) : row[c]);
  }
  must(rows().write_noted(all, batch, note("a"), false));
  expect_rows(all, batch);
  expect_rows(all, batch, 1);
}

}  // namespace
}  // namespace assay::conformance
