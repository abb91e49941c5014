#include "stats/significance.h"

#include "base/random.h"

#include <gtest/gtest.h>

#include <cmath>

namespace assay {
namespace {

// Two samples in an order in which neighbours alternate, so that they count as 15 independent values each. The expected
// values are scipy 1.16's: ttest_ind(b, a, equal_var=False), its confidence_interval(0.95), t.sf and t.ppf; Hedges' g by
// its formula.
const std::vector<double> kA = {16.9, 27.5, 17.0, 23.6, 17.9, 23.1, 19.0, 22.6,
                                19.0, 21.9, 19.6, 21.7, 20.1, 21.4, 21.0};
const std::vector<double> kB = {20.2, 30.5, 20.8, 27.1, 21.9, 25.8, 22.0, 24.8,
                                22.0, 24.4, 22.1, 23.5, 22.9, 23.4, 23.4};

std::vector<double> noise(std::size_t n, std::uint64_t seed, double correlation = 0, double mean = 100,
                          double deviation = 5) {
  Random random(seed);
  const auto normal = [&] {  // Box and Muller
    return std::sqrt(-2 * std::log(1 - random.unit())) * std::cos(2 * M_PI * random.unit());
  };
  std::vector<double> values;
  double state = normal();
  for (std::size_t i = 0; i < n; i++) {
    values.push_back(mean + deviation * state);
    state = correlation * state + std::sqrt(1 - correlation * correlation) * normal();
  }
  return values;
}

TEST(Significance, student_s_t_agrees_with_scipy) {
  EXPECT_NEAR(student_p(2.0, 10), 0.07338803477074039, 1e-12);
  EXPECT_NEAR(student_p(-2.0, 10), 0.07338803477074039, 1e-12);
  EXPECT_NEAR(student_quantile(0.95, 10), 2.2281388519649385, 1e-9);
  EXPECT_NEAR(student_quantile(0.95, 3.5), 2.9400886379827775, 1e-9);
}

TEST(Significance, means_of_independent_values_agree_with_scipy_s_welch) {
  ASSERT_EQ(effective_size(kA), 15);
  ASSERT_EQ(effective_size(kB), 15);
  const Difference d = compare_means(kA, kB);
  EXPECT_NEAR(d.a, 20.82, 1e-9);
  EXPECT_NEAR(d.b, 23.653333333, 1e-9);
  EXPECT_NEAR(d.relative, 23.653333333 / 20.82 - 1, 1e-9);
  EXPECT_NEAR(d.p_value, 0.008071938172194901, 1e-9);
  EXPECT_NEAR(d.interval.low * 20.82, 0.7986439248746993, 1e-6);
  EXPECT_NEAR(d.interval.high * 20.82, 4.868022741791965, 1e-6);
  EXPECT_NEAR(d.effect, 1.0135963705538367, 1e-9);
  EXPECT_TRUE(d.significant());
}

TEST(Significance, correlated_values_are_worth_as_many_as_theory_says) {
  // AR(1) with coefficient φ: τ = (1 + φ) / (1 - φ).
  for (const double phi : {0.0, 0.5, 0.8}) {
    const std::vector<double> series = noise(20'000, 7, phi);
    const double expected = 20'000 * (1 - phi) / (1 + phi);
    EXPECT_NEAR(effective_size(series) / expected, 1, 0.2) << phi;
  }
  EXPECT_EQ(effective_size(std::vector<double>(50, 3.0)), 50);
}

/// How often the interval of two runs without a difference leaves 0 out, of `trials`.
double false_alarms(double correlation, int trials) {
  int alarms = 0;
  for (int i = 0; i < trials; i++) {
    const auto a = noise(120, hash_of(1, static_cast<std::uint64_t>(i)), correlation);
    const auto b = noise(120, hash_of(2, static_cast<std::uint64_t>(i)), correlation);
    if (compare_means(a, b).significant()) alarms++;
  }
  return static_cast<double>(alarms) / trials;
}

TEST(Significance, no_difference_is_seldom_called_one) {
  // 5 % by construction for independent values; 1,000 trials: ± 2 %. The estimate of τ costs some of it when correlated.
  EXPECT_NEAR(false_alarms(0, 1000), 0.05, 0.025);
  EXPECT_LT(false_alarms(0.7, 1000), 0.12);
}

TEST(Significance, the_detectable_difference_is_found_in_four_of_five_runs) {
  const double detectable = compare_means(noise(200, 1), noise(200, 2)).detectable;
  int found = 0;
  const int trials = 400;
  for (int i = 0; i < trials; i++) {
    const auto a = noise(200, hash_of(3, static_cast<std::uint64_t>(i)));
    auto b = noise(200, hash_of(4, static_cast<std::uint64_t>(i)));
    for (double& v : b) v *= 1 + detectable;
    if (compare_means(a, b).significant()) found++;
  }
  EXPECT_NEAR(static_cast<double>(found) / trials, 0.8, 0.1);
}

TEST(Significance, constants_differ_for_sure_or_not_at_all) {
  const std::vector<double> tens(10, 10.0), twelves(10, 12.0);
  EXPECT_EQ(compare_means(tens, tens).p_value, 1);
  EXPECT_FALSE(compare_means(tens, tens).significant());
  EXPECT_EQ(compare_means(tens, twelves).p_value, 0);
  EXPECT_NEAR(compare_means(tens, twelves).relative, 0.2, 1e-12);
  EXPECT_TRUE(compare_means(tens, twelves).significant());
}

TEST(Significance, too_little_to_say_says_nothing) {
  const std::vector<double> one = {1}, two = {2};
  const Difference d = compare_means(one, two);
  EXPECT_FALSE(d.significant());
  EXPECT_TRUE(std::isinf(d.interval.high));
  EXPECT_EQ(d.p_value, 1);
}

std::vector<Histogram> intervals(std::size_t n, double mean_ns, std::uint64_t seed) {
  Random random(seed);
  std::vector<Histogram> made(n);
  for (Histogram& h : made)
    for (int i = 0; i < 200; i++) h.record(Nanos(static_cast<std::int64_t>(random.exponential(mean_ns))));
  return made;
}

TEST(Significance, a_quantile_that_grew_by_a_fifth_is_seen_with_an_interval_that_holds_it) {
  const double quantiles[] = {0.5, 0.99};
  const auto a = intervals(60, 1e6, 1), b = intervals(60, 1.2e6, 2), same = intervals(60, 1e6, 3);
  for (const Difference& d : compare_quantiles(a, b, quantiles)) {
    EXPECT_TRUE(d.significant());
    EXPECT_TRUE(d.interval.holds(0.2)) << d.interval.low << " " << d.interval.high;
    EXPECT_LT(d.p_value, 0.01);
    EXPECT_LT(d.detectable, 0.15);
  }
  for (const Difference& d : compare_quantiles(a, same, quantiles)) EXPECT_TRUE(d.interval.holds(0));
  // The median of an exponential distribution is its mean times ln 2.
  EXPECT_NEAR(compare_quantiles(a, b, quantiles)[0].a, 1e6 * M_LN2, 1e6 * 0.03);
}

TEST(Significance, the_interval_of_a_quantile_holds_the_truth_as_often_as_it_says) {
  const double quantiles[] = {0.9};
  int held = 0;
  const int trials = 20;  // each resamples two runs a thousand times, which takes seconds under a sanitizer
  for (int i = 0; i < trials; i++) {
    const auto a = intervals(16, 1e6, hash_of(5, static_cast<std::uint64_t>(i)));
    const auto b = intervals(16, 1.1e6, hash_of(6, static_cast<std::uint64_t>(i)));
    if (compare_quantiles(a, b, quantiles)[0].interval.holds(0.1)) held++;
  }
  EXPECT_GE(held, 16);  // 95 % of 20 are 19; fewer than 16 have a probability of 0.3 %
}

TEST(Significance, a_run_of_few_intervals_has_no_interval_for_quantiles) {
  const double quantiles[] = {0.5};
  const auto a = intervals(7, 1e6, 1), b = intervals(60, 2e6, 2);
  EXPECT_FALSE(compare_quantiles(a, b, quantiles)[0].significant());
}

TEST(Significance, the_same_runs_give_the_same_answer) {
  const double quantiles[] = {0.99};
  const auto a = intervals(20, 1e6, 1), b = intervals(20, 1e6, 2);
  const Difference once = compare_quantiles(a, b, quantiles)[0], again = compare_quantiles(a, b, quantiles)[0];
  EXPECT_EQ(once.interval.low, again.interval.low);
  EXPECT_EQ(once.interval.high, again.interval.high);
}

TEST(Significance, pairs_have_the_median_s_interval_of_order_statistics) {
  // n = 10 at 95 %: the 2nd and the 9th (Conover, table A3: P = 0.9786 for k = 2); n = 5: there is none.
  const std::vector<double> a(10, 100.0), b = {110, 101, 102, 103, 104, 105, 106, 107, 108, 109};
  const Difference d = compare_pairs(a, b);
  EXPECT_NEAR(d.relative, 0.055, 1e-12);
  EXPECT_NEAR(d.interval.low, 0.02, 1e-12);
  EXPECT_NEAR(d.interval.high, 0.09, 1e-12);
  EXPECT_NEAR(d.p_value, 2.0 / 1024, 1e-12);  // the sign test: all of 10 on one side
  EXPECT_FALSE(compare_pairs(std::span(a).first(5), std::span(b).first(5)).significant());
}

}  // namespace
}  // namespace assay
