#include "stats/change_points.h"

#include "base/error.h"
#include "base/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>
#include <span>

namespace assay {
namespace {

using testing::HasSubstr;

/// Normal values whose mean is levels[k] in the k-th stretch of `length` values.
std::vector<double> series_of(std::initializer_list<double> levels, std::size_t length, double deviation,
                              std::uint64_t seed) {
  Random random(seed);
  std::vector<double> series;
  for (const double level : levels)
    for (std::size_t i = 0; i < length; i++)
      series.push_back(level +
                       deviation * std::sqrt(-2 * std::log(1 - random.unit())) * std::cos(2 * M_PI * random.unit()));
  return series;
}

std::vector<std::size_t> indexes(const std::vector<ChangePoint>& points) {
  std::vector<std::size_t> found;
  for (const ChangePoint& point : points) found.push_back(point.index);
  return found;
}

TEST(ChangePoints, the_statistic_is_the_paper_s) {
  // By hand for (0, 0, 1, 1), τ = 2: between = 4, left = right = 0: 2/4 · 4 = 2.
  const std::vector<double> step = {0, 0, 1, 1};
  EXPECT_DOUBLE_EQ(best_cut(step, 2).q, 2);
  EXPECT_EQ(best_cut(step, 2).index, 2u);
  // (0, 2, 5, 9), τ = 2: between = 5+9+3+7 = 24, left = 2, right = 4: 2/4·24 - 2·2/(4·1)·2 - 2·2/(4·1)·4 = 6.
  const std::vector<double> uneven = {0, 2, 5, 9};
  EXPECT_DOUBLE_EQ(best_cut(uneven, 2).q, 6);
}

TEST(ChangePoints, the_best_cut_is_the_best_by_the_formula_written_out) {
  const auto mean_distance = [](std::span<const double> a, std::span<const double> b) {
    double sum = 0;
    for (const double x : a)
      for (const double y : b) sum += std::abs(x - y);
    return sum;
  };
  for (std::uint64_t seed = 0; seed < 20; seed++) {
    std::vector<double> series = series_of({1e9, 1e9 + 300}, 12, 200, seed);
    series[5] = series[6];  // equal values too
    const std::span<const double> all(series);
    Cut expected{0, 0, -1e300};
    for (std::size_t end = 6; end <= all.size(); end++)
      for (std::size_t tau = 3; tau + 3 <= end; tau++) {
        const auto x = all.first(tau), y = all.subspan(tau, end - tau);
        const auto n = static_cast<double>(end), a = static_cast<double>(tau), b = n - a;
        const double q = 2 / n * mean_distance(x, y) - b / (n * (a - 1)) * mean_distance(x, x) -
                         a / (n * (b - 1)) * mean_distance(y, y);  // each pair within x or y is in its sum twice
        if (q > expected.q) expected = {tau, end, q};
      }
    const Cut found = best_cut(series, 3);
    EXPECT_EQ(found.index, expected.index) << seed;
    EXPECT_EQ(found.end, expected.end) << seed;
    EXPECT_NEAR(found.q, expected.q, 1e-9 * std::abs(expected.q) + 1e-6) << seed;
  }
}

TEST(ChangePoints, a_change_from_nothing_to_something_is_never_too_small) {
  // 0 errors, then 1, then 1.02: the second step is 2 %, the first one has no share.
  std::vector<double> series(40, 0.0);
  const auto later = series_of({1, 1.02}, 40, 0.002, 9);
  series.insert(series.end(), later.begin(), later.end());
  EXPECT_EQ(indexes(change_points(series)), (std::vector<std::size_t>{40, 80}));
  ChangePointOptions options;
  options.least_magnitude = 0.1;
  EXPECT_EQ(indexes(change_points(series, options)), (std::vector<std::size_t>{40}));
}

TEST(ChangePoints, a_step_of_two_deviations_is_found_where_it_is) {
  const auto found = change_points(series_of({100, 110}, 30, 5, 1));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NEAR(static_cast<double>(found[0].index), 30, 3);
  EXPECT_NEAR(found[0].mean_before, 100, 3);
  EXPECT_NEAR(found[0].mean_after, 110, 3);
  EXPECT_NEAR(found[0].relative(), 0.1, 0.04);
  EXPECT_LE(found[0].p_value, 0.01);
}

TEST(ChangePoints, several_steps_up_and_down_are_all_found) {
  const auto found = indexes(change_points(series_of({100, 120, 90, 100}, 25, 2, 3)));
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found, (std::vector<std::size_t>{25, 50, 75}));
}

TEST(ChangePoints, what_came_and_went_is_found_though_both_ends_are_alike) {
  std::vector<double> series = series_of({100}, 72, 2, 12);
  for (std::size_t i = 30; i < 42; i++) series[i] += 20;
  EXPECT_EQ(indexes(change_points(series)), (std::vector<std::size_t>{30, 42}));
}

TEST(ChangePoints, one_outlier_is_no_change) {
  std::vector<double> series = series_of({100}, 60, 1, 5);
  series[30] = 500;
  EXPECT_TRUE(change_points(series).empty());
}

TEST(ChangePoints, a_constant_series_and_a_short_one_have_none) {
  EXPECT_TRUE(change_points(std::vector<double>(100, 7.0)).empty());
  EXPECT_TRUE(change_points(std::vector<double>{1, 1, 1, 9, 9, 9}).empty());
  EXPECT_TRUE(change_points({}).empty());
}

TEST(ChangePoints, no_segment_is_shorter_than_asked_for) {
  std::vector<double> series = series_of({100, 200}, 40, 1, 6);
  ChangePointOptions options;
  options.least_segment = 10;
  for (int i = 0; i < 6; i++) series[series.size() - 1 - static_cast<std::size_t>(i)] = 400;  // a last segment of 6
  for (const ChangePoint& point : change_points(series, options)) {
    EXPECT_GE(point.index, 10u);
    EXPECT_LE(point.index, series.size() - 10);
  }
}

TEST(ChangePoints, small_changes_are_left_out_when_asked) {
  const auto series = series_of({100, 102, 150}, 40, 0.2, 7);
  EXPECT_EQ(change_points(series).size(), 2u);
  ChangePointOptions options;
  options.least_magnitude = 0.1;
  EXPECT_EQ(indexes(change_points(series, options)), (std::vector<std::size_t>{80}));
}

TEST(ChangePoints, noise_raises_as_few_alarms_as_promised) {
  int alarms = 0;
  const int trials = 300;
  for (int i = 0; i < trials; i++)
    if (!change_points(series_of({100}, 50, 5, hash_of(11, static_cast<std::uint64_t>(i)))).empty()) alarms++;
  EXPECT_LE(alarms, 10);  // 1 % of 300 are 3; more than 10 have a probability below 0.03 %
}

TEST(ChangePoints, the_same_series_gives_the_same_answer) {
  const auto series = series_of({100, 103}, 30, 4, 8);
  const auto once = change_points(series), again = change_points(series);
  ASSERT_EQ(once.size(), again.size());
  for (std::size_t i = 0; i < once.size(); i++) EXPECT_EQ(once[i].p_value, again[i].p_value);
}

TEST(ChangePoints, the_smallest_p_is_that_of_permutations_counted) {
  EXPECT_DOUBLE_EQ(smallest_p(10, 5), 2.0 / 252);
  EXPECT_DOUBLE_EQ(smallest_p(15, 5), 2.0 / 3003);
  EXPECT_DOUBLE_EQ(smallest_p(23, 3), 2.0 / 1771);
  EXPECT_EQ(smallest_p(5, 0), 1);
  EXPECT_EQ(needed_length({}), 10u);                                           // 2/252 < 0.01
  EXPECT_EQ(needed_length({.significance = 0.01, .least_segment = 3}), 12u);   // 2/220; of 11 runs 2/165
  EXPECT_EQ(needed_length({.significance = 0.001, .least_segment = 5}), 14u);  // 2/2002; of 13 runs 2/1287
}

TEST(ChangePoints, each_series_has_permutations_of_its_own) {
  // Six values, and five far above them: as good a cut has what sorts the same five to either end, 2 / C(11, 5) of all orders.
  double sum = 0;
  std::set<double> different;
  constexpr int kSeries = 60;
  for (std::uint64_t seed = 1; seed <= kSeries; seed++) {
    std::vector<double> series = series_of({1000}, 11, 1, seed);
    for (std::size_t i = 6; i < series.size(); i++) series[i] += 500;
    const std::vector<ChangePoint> found = change_points(series);
    ASSERT_EQ(indexes(found), std::vector<std::size_t>{6}) << seed;
    sum += found[0].p_value;
    different.insert(found[0].p_value);
  }
  // A p of 20,000 permutations has a deviation of √(p / 20,000) = 0.00047; one set for all would be that far off for each.
  EXPECT_NEAR(sum / kSeries, 2.0 / 462, 4 * 0.00047 / std::sqrt(kSeries));
  EXPECT_GT(different.size(), kSeries / 3);
}

TEST(ChangePoints, company_does_not_hide_a_change_of_few_runs) {
  for (const auto& [before, after] : {std::pair<std::size_t, std::size_t>{5, 5}, {6, 5}, {10, 5}, {20, 5}}) {
    std::vector<std::vector<double>> values;
    for (std::uint64_t s = 0; s < 12; s++) values.push_back(series_of({100}, before + after, 2, hash_of(31, s)));
    for (std::size_t i = before; i < before + after; i++) values[4][i] /= 100;
    std::vector<std::size_t> runs(before + after);
    std::iota(runs.begin(), runs.end(), std::size_t{0});
    std::vector<SeriesOfRuns> all;
    for (const std::vector<double>& v : values) all.push_back({v, runs});
    const auto found = joint_change_points(all);
    EXPECT_EQ(indexes(found[4]), std::vector<std::size_t>{before}) << before << "+" << after;
  }
}

TEST(ChangePoints, a_value_that_is_no_number_is_named) {
  const std::vector<double> series = {1, 2, std::nan(""), 4};
  try {
    change_points(series);
    FAIL() << "expected an Error";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("value 3 of the series is nan"));
  }
}

}  // namespace
}  // namespace assay
