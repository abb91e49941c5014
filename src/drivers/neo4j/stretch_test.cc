#include "drivers/neo4j/stretch.h"

#include <gtest/gtest.h>

namespace assay::neo4j {
namespace {

const std::vector<Column> kKey = {{.name = "a"}, {.name = "b", .type = ColumnType::text}};

std::string bound(std::int64_t a, std::string_view b) {
  std::string row;
  Packer packer(row);
  packer.list(2);
  packer.integer(a);
  packer.text(b);
  std::vector<Item> items;
  EXPECT_TRUE(unpack(row, items));
  return pack_bound(items[0], kKey);
}

TEST(Neo4jStretch, IsATextAndBack) {
  const std::string low = bound(7, "it's - \xff"), high = bound(-70'000, "");
  for (const Stretch& stretch : {Stretch{low, high}, Stretch{std::nullopt, high}, Stretch{low, std::nullopt},
                                 Stretch{std::nullopt, std::nullopt}}) {
    const auto parsed = parse_stretch(stretch_text(stretch), 2);
    ASSERT_TRUE(parsed) << stretch_text(stretch);
    EXPECT_EQ(parsed->low, stretch.low);
    EXPECT_EQ(parsed->high, stretch.high);
  }
}

TEST(Neo4jStretch, OfAnotherKeyOrNoneIsRefused) {
  const std::string text = stretch_text({bound(1, "x"), std::nullopt});
  EXPECT_TRUE(parse_stretch(text, 2));
  for (const std::size_t columns : {0u, 1u, 3u}) EXPECT_FALSE(parse_stretch(text, columns)) << columns;
  for (const char* none : {"", "all", "0", "0-", "zz-", "01"}) EXPECT_FALSE(parse_stretch(none, 2)) << none;
}

TEST(Neo4jStretch, NeedsAKeyThatCypherOrders) {
  EXPECT_TRUE(can_be_cut(kKey));
  EXPECT_FALSE(can_be_cut({}));
  for (const ColumnType type : {ColumnType::bytes, ColumnType::array, ColumnType::real}) {
    const Column column[] = {{.name = "a", .type = type}};
    EXPECT_FALSE(can_be_cut(column));
  }
}

}  // namespace
}  // namespace assay::neo4j
