#include "stats/steadiness.h"

#include "base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace assay {
namespace {

TEST(Steadiness, is_the_variation_of_thirty_windows_and_the_drift_of_a_line) {
  // 60 values, 30 windows of two: 10, 30, 10, 30, … has mean 20, each 10 away: √(30 · 100 / 29) / 20.
  std::vector<double> values;
  for (int i = 0; i < 60; i++) values.push_back(i / 2 % 2 == 0 ? 5 : 15);
  const std::optional<Steadiness> waves = steadiness(values);
  ASSERT_TRUE(waves);
  EXPECT_EQ(waves->windows, 30u);
  EXPECT_DOUBLE_EQ(waves->mean, 20);
  EXPECT_NEAR(waves->variation, std::sqrt(3000.0 / 29) / 20, 1e-12);
  // A line from 100 to 129 has mean 114.5 and rises by 29.
  values.clear();
  for (int i = 0; i < 30; i++) values.push_back(100 + i);
  EXPECT_NEAR(steadiness(values)->drift, 29 / 114.5, 1e-12);
}

TEST(Steadiness, is_not_stated_of_too_few_values_or_of_nothing) {
  EXPECT_FALSE(steadiness(std::vector<double>(kLeastSteady - 1, 5)));
  EXPECT_FALSE(steadiness(std::vector<double>(20, 0)));
}

TEST(Steadiness, the_uncertainty_of_independent_values_is_students) {
  // The mean of n values with standard deviation s is known to t(0.975, n - 1) · s / √n; t(0.975, 99) = 1.984.
  Random random(7);
  std::vector<double> values;
  for (int i = 0; i < 100; i++) values.push_back(100 + 20 * (random.unit() - 0.5));
  double mean = 0, squares = 0;
  for (const double v : values) mean += v / 100;
  for (const double v : values) squares += (v - mean) * (v - mean);
  const double expected = 1.984 * std::sqrt(squares / 99) / 10 / mean;
  EXPECT_NEAR(steadiness(values)->uncertainty, expected, 0.35 * expected);  // the effective size is an estimate
}

TEST(Steadiness, values_that_stay_near_the_last_one_are_worth_less) {
  // An autoregression with coefficient 0.9 is worth n (1 - 0.9) / (1 + 0.9) values.
  Random random(3);
  std::vector<double> slow, shuffled;
  double x = 0;
  for (int i = 0; i < 300; i++) slow.push_back(100 + (x = 0.9 * x + random.unit() - 0.5));
  for (int i = 0; i < 300; i++) shuffled.push_back(slow[static_cast<std::size_t>(i * 101 % 300)]);
  EXPECT_GT(steadiness(slow)->uncertainty, 2 * steadiness(shuffled)->uncertainty);
}

TEST(Steadiness, constant_values_are_known_exactly) {
  const std::optional<Steadiness> s = steadiness(std::vector<double>(30, 4));
  EXPECT_EQ(s->uncertainty, 0);
  EXPECT_EQ(s->drift, 0);
  EXPECT_EQ(s->variation, 0);
}

}  // namespace
}  // namespace assay
