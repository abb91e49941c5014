#include "drivers/kafka/rows.h"

#include <gtest/gtest.h>

namespace assay::kafka {
namespace {

std::string all(std::vector<Extent> extents, std::uint64_t offsets) {
  std::string out;
  for (const Stretch& stretch : stretches(extents, offsets)) out += to_text(stretch) + " ";
  return out;
}

TEST(KafkaStretch, PartitionsAreCutWithoutGapsAndOverlaps) {
  EXPECT_EQ(all({{0, 10}, {5, 5}, {3, 7}}, 4), "0:0:4 0:4:8 0:8:10 2:3:7 ");
  EXPECT_EQ(all({{0, 3}}, 0), "0:0:1 0:1:2 0:2:3 ");
  EXPECT_EQ(all({{0, 9'000'000'000'000'000'000}}, ~std::uint64_t{0}),
            "0:0:4611686018427387904 0:4611686018427387904:9000000000000000000 ");
  EXPECT_EQ(all({}, 5), "");
}

TEST(KafkaStretch, OnlyWhatIsAStretchIsReadAsOne) {
  const auto stretch = parse_stretch("12:34:56");
  ASSERT_TRUE(stretch);
  EXPECT_EQ(stretch->partition, 12);
  EXPECT_EQ(stretch->extent.first, 34);
  EXPECT_EQ(stretch->extent.end, 56);
  for (const char* text :
       {"", "1", "1:2", "1:2:", "1:2:3:", "1:2:3x", "-1:2:3", "1:3:2", "a:b:c", "1:2:99999999999999999999"})
    EXPECT_FALSE(parse_stretch(text)) << text;
}

}  // namespace
}  // namespace assay::kafka
