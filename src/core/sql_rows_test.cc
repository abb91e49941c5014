#include "core/sql_rows.h"

#include <gtest/gtest.h>

#include <set>

namespace assay {
namespace {

Value of_column(const Value& value, ColumnType type, const Dialect& dialect, RowBatch& store) {
  const Column column{.name = "c", .type = type, .length = 5, .precision = 10, .scale = 2};
  return value_of_column(value, column, dialect, store);
}

TEST(SqlRows, identifiers_are_quoted_as_the_dialect_does) {
  EXPECT_EQ(quoted_name(Dialect{}, "a\"b"), "\"a\"\"b\"");
  Dialect other;
  other.quote = '`';
  EXPECT_EQ(quoted_name(other, "a`\"b"), "`a``\"b`");
}

TEST(SqlRows, a_derived_name_is_of_one_index_or_constraint_and_fits_everywhere) {
  const auto name = [](std::string_view table, std::vector<std::string> columns, std::string_view kind) {
    return derived_name(table, columns, kind);
  };
  EXPECT_EQ(name("users", {"email"}, "key"), "users_email_key");
  EXPECT_EQ(name("order_line", {}, "fk0"), "order_line_fk0");  // no other table's, and no key's
  EXPECT_TRUE(name("a_b", {"c"}, "key").starts_with("a_b_c_key_"));
  const std::string table(60, 't'), column(60, 'c');
  const std::string all[] = {
      name("a_b", {"c"}, "key"),    name("a", {"b_c"}, "key"),          name("a", {"b", "c"}, "key"),
      name(table, {column}, "key"), name(table, {column + "x"}, "key"), name(table, {}, "fk0"),
      name(table, {}, "fk1"),       name(table + "x", {}, "fk0")};
  EXPECT_EQ(std::set<std::string>(std::begin(all), std::end(all)).size(), std::size(all));
  for (const std::string& one : all) EXPECT_LE(one.size(), 63u) << one;
  // 40 characters of two bytes: 54 bytes in front of the hash are 27 of them, and 53 behind one of one byte 26.
  std::string wide;
  for (int i = 0; i < 40; i++) wide += "\u00fc";
  EXPECT_EQ(name(wide, {}, "fk0").substr(0, 55), wide.substr(0, 54) + "_");
  EXPECT_EQ(name("x" + wide, {}, "fk0").substr(0, 54), "x" + wide.substr(0, 52) + "_");
}

TEST(SqlRows, cells_become_values_of_their_columns_type) {
  Dialect exact, inexact, padded;
  inexact.exact_decimals = false;
  padded.pads_characters = true;
  RowBatch store(1);
  EXPECT_EQ(of_column(std::int64_t{1}, ColumnType::boolean, exact, store), Value(true));
  EXPECT_EQ(of_column(true, ColumnType::integer, exact, store), Value(std::int64_t{1}));
  EXPECT_EQ(of_column(std::int64_t{7}, ColumnType::real, exact, store), Value(7.0));
  EXPECT_EQ(of_column(std::int64_t{7}, ColumnType::decimal, exact, store), Value(Decimal{700, 2}));
  EXPECT_EQ(of_column(std::int64_t{712}, ColumnType::decimal, inexact, store), Value(Decimal{712, 2}));
  EXPECT_EQ(of_column(Decimal{15, 1}, ColumnType::decimal, exact, store), Value(Decimal{150, 2}));
  EXPECT_EQ(of_column(Decimal{1234, 3}, ColumnType::decimal, exact, store),
            Value(Decimal{1234, 3}));  // no digit is lost
  EXPECT_EQ(of_column(Decimal{12, 0}, ColumnType::bigint, exact, store), Value(std::int64_t{12}));
  EXPECT_EQ(of_column(std::string_view("ab   "), ColumnType::character, padded, store), Value(std::string_view("ab")));
  EXPECT_EQ(of_column(std::string_view("ab   "), ColumnType::character, exact, store),
            Value(std::string_view("ab   ")));
  EXPECT_EQ(of_column(std::string_view("[1]"), ColumnType::json, exact, store), Value(Json{"[1]"}));
  EXPECT_EQ(of_column(std::string_view("xy"), ColumnType::bytes, exact, store), Value(Bytes{"xy"}));
  EXPECT_EQ(of_column(std::string_view("00000000-0000-0000-0000-0000000001fF"), ColumnType::uuid, exact, store),
            Value(Uuid{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 255}}));
  EXPECT_EQ(of_column(std::string_view("no uuid"), ColumnType::uuid, exact, store), Value(std::string_view("no uuid")));
  EXPECT_EQ(of_column(kNull, ColumnType::decimal, inexact, store), Value(kNull));
}

}  // namespace
}  // namespace assay
