#include "workloads/populate/cells.h"

#include <gtest/gtest.h>

namespace assay::populate {
namespace {

/// Cells that are the same have the same hash.
bool same(const Value& a, const Value& b, ColumnType type = ColumnType::text, const RowsTraits& traits = {}) {
  const bool answer = same_cell(a, b, type, traits);
  if (answer) {
    EXPECT_EQ(hash_of_cell(a, type, traits), hash_of_cell(b, type, traits)) << to_text(a) << " " << to_text(b);
  } else {
    EXPECT_NE(hash_of_cell(a, type, traits), hash_of_cell(b, type, traits)) << to_text(a) << " " << to_text(b);
  }
  return answer;
}

TEST(Cells, are_compared_by_what_they_say) {
  EXPECT_TRUE(same(std::string_view("a"), std::string_view("a")));
  EXPECT_FALSE(same(std::string_view("a"), std::string_view("a ")));
  EXPECT_TRUE(same(std::string_view("a"), std::string_view("a  "), ColumnType::character));
  EXPECT_FALSE(same(std::string_view("a"), std::string_view("A")));
  EXPECT_FALSE(same(std::string_view(""), kNull));
  EXPECT_FALSE(same(std::string_view("1"), std::int64_t{1}));
  EXPECT_TRUE(same(Decimal{150, 2}, Decimal{15, 1}, ColumnType::decimal));
  EXPECT_TRUE(same(Decimal{700, 2}, std::int64_t{7}, ColumnType::decimal));
  EXPECT_FALSE(same(Decimal{15, 1}, Decimal{15, 2}, ColumnType::decimal));
  // Of columns of other kinds.
  EXPECT_TRUE(same(std::int64_t{7}, 7.0, ColumnType::bigint));
  EXPECT_FALSE(same(std::int64_t{7}, 7.5, ColumnType::bigint));
  EXPECT_FALSE(same(std::int64_t{9007199254740993}, 9007199254740992.0, ColumnType::bigint)) << "a double lost a digit";
  EXPECT_TRUE(same(0.1, Decimal{1, 1}, ColumnType::real));
  EXPECT_TRUE(same(3.0, std::int64_t{3}, ColumnType::real));
  EXPECT_FALSE(same(0.25, Decimal{2, 1}, ColumnType::real)) << "a decimal cut a digit";
  EXPECT_TRUE(same(Decimal{150, 2}, 1.5, ColumnType::decimal));
  EXPECT_FALSE(same(0.1, 0.1 + 1e-17 * 10, ColumnType::real));
  EXPECT_TRUE(same(Json{R"({"b": 2, "a": 1})"}, Json{R"({"a":1,"b":2.0})"}, ColumnType::json));
  EXPECT_FALSE(same(Json{"[1, 2]"}, Json{"[2, 1]"}, ColumnType::json));
  EXPECT_FALSE(same(Bytes{std::string_view("\0", 1)}, Bytes{std::string_view("\0\0", 2)}, ColumnType::bytes));
  EXPECT_FALSE(same(true, false, ColumnType::boolean));
}

TEST(Cells, of_instants_are_cut_as_the_target_cuts_them) {
  RowsTraits traits;
  traits.timestamp_resolution = Nanos(1'000'000);
  EXPECT_TRUE(same_cell(Timestamp{1'999}, Timestamp{1'000}, ColumnType::timestamp, traits));
  EXPECT_TRUE(same_cell(Timestamp{-1}, Timestamp{-1'000}, ColumnType::timestamp, traits));
  EXPECT_FALSE(same_cell(Timestamp{2'000}, Timestamp{1'000}, ColumnType::timestamp, traits));
  EXPECT_FALSE(same_cell(Timestamp{1'999}, Timestamp{1'000}, ColumnType::timestamp, RowsTraits{}));
}

TEST(Cells, of_arrays_are_compared_element_by_element) {
  const Value one[] = {std::int64_t{1}, std::string_view("x")}, two[] = {std::int64_t{1}, std::string_view("y")};
  EXPECT_TRUE(same(Array{one, 2}, Array{one, 2}, ColumnType::array));
  const Value copy[] = {std::int64_t{1}, std::string_view("x")};
  EXPECT_TRUE(same(Array{one, 2}, Array{copy, 2}, ColumnType::array));
  EXPECT_FALSE(same(Array{one, 2}, Array{two, 2}, ColumnType::array));
  EXPECT_FALSE(same(Array{one, 2}, Array{one, 1}, ColumnType::array));
}

}  // namespace
}  // namespace assay::populate
