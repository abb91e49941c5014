#include "drivers/neo4j/values.h"

#include <gtest/gtest.h>

#include <limits>

namespace assay::neo4j {
namespace {

/// What the server would answer for what was packed; PackStream of a property is the same in both directions.
Value there_and_back(const Value& value, const Column& column, RowBatch& batch) {
  std::string bytes;
  Packer packer(bytes);
  EXPECT_TRUE(pack_cell(value, column, packer));
  std::vector<Item> items;
  EXPECT_TRUE(unpack(bytes, items));
  return unpack_cell(items[0], column, batch);
}

TEST(Neo4jValues, InstantsAreSecondsAndNanosecondsThatAreNeverNegative) {
  // Bolt 5, DateTime: seconds since the epoch in UTC, nanoseconds of the second, offset.
  const struct {
    std::int64_t microseconds, seconds, nanoseconds;
  } kCases[] = {{0, 0, 0}, {1, 0, 1000}, {-1, -1, 999'999'000}, {-1'000'000, -1, 0}, {1'500'000, 1, 500'000'000}};
  for (const auto& c : kCases) {
    std::string bytes;
    Packer packer(bytes);
    pack_value(Timestamp{c.microseconds}, packer);
    std::vector<Item> items;
    ASSERT_TRUE(unpack(bytes, items));
    EXPECT_EQ(items[0].tag, 0x49);
    EXPECT_EQ(items[1].integer, c.seconds) << c.microseconds;
    EXPECT_EQ(items[2].integer, c.nanoseconds) << c.microseconds;
    EXPECT_EQ(items[3].integer, 0);
    RowBatch batch(1);
    EXPECT_EQ(unpack_cell(items[0], {.name = "", .type = ColumnType::timestamp}, batch),
              Value(Timestamp{c.microseconds}));
  }
}

TEST(Neo4jValues, AnInstantThatNoTimestampHoldsIsAText) {
  std::string bytes;
  Packer packer(bytes);
  packer.structure(0x49, 3);
  packer.integer(std::numeric_limits<std::int64_t>::max());
  packer.integer(0);
  packer.integer(0);
  std::vector<Item> items;
  ASSERT_TRUE(unpack(bytes, items));
  RowBatch batch(1);
  EXPECT_TRUE(std::holds_alternative<std::string_view>(
      unpack_cell(items[0], {.name = "", .type = ColumnType::timestamp}, batch)));
}

TEST(Neo4jValues, ListsOfOneTypeAreListsAndOthersJson) {
  const Column column{.name = "", .type = ColumnType::array};
  RowBatch batch(1);
  const Value whole[] = {std::int64_t(1), std::int64_t(2)};
  const Value read = there_and_back(Array{whole, 2}, column, batch);
  ASSERT_TRUE(std::holds_alternative<Array>(read));
  EXPECT_EQ(to_text(read), "[1, 2]");
  const Value nested[] = {Array{whole, 2}};
  const Value bytes[] = {Bytes{"\xff"}};
  const Value with_null[] = {std::int64_t(1), kNull};
  const Value mixed[] = {true, std::int64_t(1), 1.5, std::string_view("a\"\n"), Date{1}, Decimal{150, 2}};
  const std::pair<Array, const char*> kCases[] = {
      {{nested, 1}, "[[1, 2]]"},
      {{bytes, 1}, "[\"0xff\"]"},
      {{with_null, 2}, "[1, null]"},
      {{mixed, 6}, "[true, 1, 1.5, \"a\\\"\\u000a\", \"1970-01-02\", 1.50]"}};
  for (const auto& [array, text] : kCases) EXPECT_EQ(there_and_back(array, column, batch), Value(Json{text})) << text;
}

TEST(Neo4jValues, WhatIsNoValueOfTheColumnStaysWhatItIs) {
  RowBatch batch(1);
  EXPECT_EQ(there_and_back(std::string_view("12.5x"), {.name = "", .type = ColumnType::decimal}, batch),
            Value(std::string_view("12.5x")));
  EXPECT_EQ(there_and_back(std::string_view("no uuid"), {.name = "", .type = ColumnType::uuid}, batch),
            Value(std::string_view("no uuid")));
  EXPECT_EQ(there_and_back(std::int64_t(5), {.name = "", .type = ColumnType::real}, batch), Value(5.0));
}

TEST(Neo4jValues, TextIsUtf8) {
  for (const char* good : {"", "a", "ä", "東京", "🚀", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF", "\x7f"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad : {"\x80", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                          "\xF0\x80\x80\x80", "a\xFF", "\xE6\x9D", "\xC3(", "\xE6\x9D("})
    EXPECT_FALSE(is_utf8(bad)) << bad;
  std::string out;
  Packer packer(out);
  EXPECT_FALSE(pack_value(std::string_view("\xff"), packer));
  const Value element[] = {std::string_view("\xff")};
  EXPECT_FALSE(pack_value(Array{element, 1}, packer));
}

}  // namespace
}  // namespace assay::neo4j
