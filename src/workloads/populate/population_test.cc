#include "workloads/populate/population.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::populate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

dataset::Schema schema_of(std::string_view text) { return *dataset::read_schema_text(text, "schema", {}).schema; }

constexpr std::string_view kTwo = R"(
tables:
- {name: a, rows: 10, columns: [{name: id, type: int, primary_key: true}]}
- {name: b, rows: 7, columns: [{name: id, type: int, primary_key: true}, {name: a, type: int, references: {table: a}}]}
)";

std::string refusal(const std::vector<std::string>& names, const RowsTraits& traits) {
  try {
    const Population population(schema_of(kTwo), names, traits);
  } catch (const Error& error) {
    return error.what();
  }
  return "taken";
}

TEST(Population, shares_of_all_shards_are_the_whole_and_differ_by_one_at_most) {
  for (const std::uint64_t rows : {0ull, 1ull, 7ull, 1000ull, 1ull << 53})
    for (const std::uint32_t count : {1u, 2u, 3u, 16u, 1000u}) {
      std::uint64_t at = 0;
      for (std::uint32_t i = 0; i < count; i++) {
        const RowRange share = share_of(rows, i, count);
        EXPECT_EQ(share.first, at);
        EXPECT_GE(share.size(), rows / count);
        EXPECT_LE(share.size(), rows / count + 1);
        at = share.end;
      }
      EXPECT_EQ(at, rows);
    }
}

TEST(Population, what_is_left_is_cut_at_the_same_places_whatever_is_there) {
  EXPECT_THAT(left_of({0, 25}, {}, 10), ElementsAre(RowRange{0, 10}, RowRange{10, 20}, RowRange{20, 25}));
  EXPECT_THAT(left_of({5, 25}, {{10, 20}}, 10), ElementsAre(RowRange{5, 10}, RowRange{20, 25}));
  EXPECT_THAT(left_of({5, 25}, {{20, 40}, {0, 7}}, 10), ElementsAre(RowRange{7, 10}, RowRange{10, 20}));
  EXPECT_THAT(left_of({5, 25}, {{0, 100}}, 10), ElementsAre());
  EXPECT_THAT(left_of({5, 5}, {}, 10), ElementsAre());
  EXPECT_THAT(left_of({0, 30}, {{0, 10}, {5, 12}, {11, 13}}, 100), ElementsAre(RowRange{13, 30}));
}

TEST(Population, has_the_tables_that_are_wanted_and_their_foreign_keys) {
  const Population all(schema_of(kTwo), {}, {});
  EXPECT_THAT(all.names(), ElementsAre("a", "b"));
  EXPECT_EQ(all.all_rows(), 17u);
  EXPECT_EQ(all.table(1).foreign_keys.size(), 1u);
  EXPECT_EQ(all.describe(), "2 tables, 17 rows, seed 42");
  const Population one(schema_of(kTwo), {"b"}, {});
  EXPECT_THAT(one.names(), ElementsAre("b"));
  EXPECT_EQ(one.table(1).foreign_keys.size(), 0u);
}

TEST(Population, names_tables_that_there_are_not_and_those_that_are_too_wide) {
  EXPECT_THAT(refusal({"c", "a"}, {}), HasSubstr("--tables names 'c'; the schema has a, b"));
  RowsTraits narrow;
  narrow.columns = 1;
  EXPECT_THAT(refusal({}, narrow), HasSubstr("table b has 2 columns; the target takes at most 1"));
  EXPECT_EQ(refusal({"a"}, narrow), "taken");
}

}  // namespace
}  // namespace assay::populate
