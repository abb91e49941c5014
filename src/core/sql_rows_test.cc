#include "core/sql_rows.h"

#include <gtest/gtest.h>

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
