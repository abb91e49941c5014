#include "coordinator/distribution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <vector>

namespace assay::coordinator {
namespace {

using testing::ElementsAre;

// 2, 4, 4, 4, 5, 5, 7, 9: sum 40, mean 5, squared deviations 9+1+1+1+0+0+4+16 = 32, so the sample's variance is 32/7.
TEST(Distribution, is_that_of_a_hand_computation) {
  const std::vector<double> values{9, 2, 4, 5, 4, 7, 5, 4};
  const Distribution d = distribution_of(values);
  EXPECT_DOUBLE_EQ(d.sum, 40);
  EXPECT_DOUBLE_EQ(d.min, 2);
  EXPECT_DOUBLE_EQ(d.max, 9);
  EXPECT_DOUBLE_EQ(d.avg, 5);
  EXPECT_DOUBLE_EQ(d.median, 4.5);
  EXPECT_NEAR(d.stddev, 2.138089935, 1e-9);
}

// From 2 to 9 in ten equal buckets of 0.7: 4 in [3.4, 4.1), 5 in [4.8, 5.5), 7 in [6.9, 7.6).
TEST(Distribution, every_value_is_counted_in_the_histogram_the_greatest_too) {
  const std::vector<double> values{9, 2, 4, 5, 4, 7, 5, 4};
  const Distribution d = distribution_of(values);
  EXPECT_THAT(d.counts, ElementsAre(0, 1, 0, 3, 0, 2, 0, 0, 1, 0, 0, 1));
  EXPECT_NEAR(d.buckets[0], 1.3, 1e-12);
  EXPECT_DOUBLE_EQ(d.buckets[1], 2);
  EXPECT_NEAR(d.buckets[2], 2.7, 1e-12);
  EXPECT_DOUBLE_EQ(d.buckets[11], 9);
}

TEST(Distribution, the_median_of_an_odd_number_is_the_one_in_the_middle) {
  const std::vector<double> values{3, 100, 1};
  EXPECT_DOUBLE_EQ(distribution_of(values).median, 3);
}

TEST(Distribution, a_single_value_is_counted_and_does_not_vary) {
  const std::vector<double> values{7};
  const Distribution d = distribution_of(values);
  EXPECT_DOUBLE_EQ(d.median, 7);
  EXPECT_DOUBLE_EQ(d.stddev, 0);
  EXPECT_THAT(d.counts, ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
}

TEST(Distribution, of_nothing_is_zero) {
  const Distribution d = distribution_of({});
  EXPECT_DOUBLE_EQ(d.sum, 0);
  EXPECT_THAT(d.counts, testing::Each(0));
}

TEST(Distribution, small_values_are_not_lost_beside_large_ones) {
  const std::vector<double> values{1e16, 1, -1e16, 1};
  EXPECT_DOUBLE_EQ(distribution_of(values).sum, 2);
}

TEST(Distribution, is_written_with_the_names_of_pgdistbench_and_without_its_mean) {
  const std::vector<double> values{1, 2};
  const nlohmann::json json = to_json(distribution_of(values));
  EXPECT_EQ(json["median"], 1.5);
  EXPECT_EQ(json["histogram"]["counts"].size(), 12U);
  EXPECT_EQ(json["histogram"]["buckets"].size(), 12U);
  EXPECT_FALSE(json.contains("mean"));
}

}  // namespace
}  // namespace assay::coordinator
