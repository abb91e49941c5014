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
  EXPECT_NEAR(d.change, 23.653333333 / 20.82 - 1, 1e-9);
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
  EXPECT_NEAR(compare_means(tens, twelves).change, 0.2, 1e-12);
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

/// Intervals whose means follow each other as an AR(1) series, as those of a target that writes checkpoints do.
std::vector<Histogram> unsteady(std::size_t n, double correlation, std::uint64_t seed) {
  Random random(hash_of(seed, 9));
  std::vector<Histogram> made(n);
  const std::vector<double> means = noise(n, seed, correlation, 1e6, 1e5);
  for (std::size_t i = 0; i < n; i++)
    for (int k = 0; k < 100; k++) made[i].record(Nanos(static_cast<std::int64_t>(random.exponential(means[i]))));
  return made;
}

std::vector<Ratio> sums_of(std::span<const Histogram> intervals) {
  std::vector<Ratio> sums;
  for (const Histogram& h : intervals)
    sums.push_back({h.mean_ns() * static_cast<double>(h.count()), static_cast<double>(h.count())});
  return sums;
}

TEST(Significance, intervals_that_depend_on_each_other_are_not_taken_for_independent_ones) {
  // No difference: 5 % may seem to be one, and 12 % for means of such series (above). With φ = 0.8 the 60 intervals are
  // worth 7; taken as 60 independent ones, half of all comparisons would seem to differ (1.96 / √9 = 0.65 deviations).
  const double quantiles[] = {0.5};
  int of_medians = 0, of_means = 0;
  const int trials = 100, few = 4;  // medians take a thousand times as long
  for (int i = 0; i < trials; i++) {
    const auto a = unsteady(60, 0.8, hash_of(11, static_cast<std::uint64_t>(i)));
    const auto b = unsteady(60, 0.8, hash_of(12, static_cast<std::uint64_t>(i)));
    if (compare_ratios(sums_of(a), sums_of(b), Scale::relative).significant()) of_means++;
    if (i < few && compare_quantiles(a, b, quantiles)[0].significant()) of_medians++;
  }
  EXPECT_LE(of_means, 25);
  EXPECT_LE(of_medians, 2);
}

TEST(Significance, few_intervals_call_no_difference_one_as_seldom_as_many) {
  const double quantiles[] = {0.9};
  int alarms = 0;
  const int trials = 40;
  for (int i = 0; i < trials; i++) {
    const auto a = unsteady(10, 0, hash_of(13, static_cast<std::uint64_t>(i)));
    const auto b = unsteady(10, 0, hash_of(14, static_cast<std::uint64_t>(i)));
    if (compare_quantiles(a, b, quantiles)[0].significant()) alarms++;
  }
  EXPECT_LE(alarms, 6);  // 2 expected; more than 6 have a probability of 0.3 %
}

TEST(Significance, a_difference_below_the_width_of_a_bucket_is_not_blown_up_to_one) {
  // All of 1.0 to 1.2 ms, evenly; B a thousandth slower. A bucket at 1 ms is 8 µs wide, 0.8 %.
  std::vector<Histogram> a(20), b(20);
  for (std::size_t i = 0; i < a.size(); i++)
    for (int k = 0; k < 2000; k++) {
      a[i].record(Nanos(1'000'000 + 100 * k));
      b[i].record(Nanos(1'001'000 + 100 * k));
    }
  const double quantiles[] = {0.1, 0.3, 0.5, 0.7, 0.9};
  for (const Difference& d : compare_quantiles(a, b, quantiles)) EXPECT_NEAR(d.change, 0.001, 0.0005);
}

TEST(Significance, a_share_has_the_error_of_a_binomial_one) {
  // 2 % of 40 intervals of 500, 4 % in B: the difference's standard error is √(p q / n) of both, t(78) at 95 % is 1.99.
  std::vector<Ratio> a(40), b(40);
  Random random(6);
  for (std::size_t i = 0; i < a.size(); i++) {
    a[i].whole = b[i].whole = 500;
    for (int k = 0; k < 500; k++) {
      if (random.unit() < 0.02) a[i].part++;
      if (random.unit() < 0.04) b[i].part++;
    }
  }
  const Difference d = compare_ratios(a, b, Scale::absolute);
  const double error = std::sqrt(0.02 * 0.98 / 20'000 + 0.04 * 0.96 / 20'000);
  EXPECT_NEAR(d.change, 0.02, 3 * error);
  EXPECT_TRUE(d.significant());
  EXPECT_NEAR((d.interval.high - d.interval.low) / 2 / error, 1.99, 0.5);
  EXPECT_NEAR(d.detectable / error, 1.99 + 0.85, 0.7);  // the power of 80 %: t(78) at 0.8 one-sided is 0.846
}

TEST(Significance, nothing_failed_is_no_difference) {
  const std::vector<Ratio> none(20, {0, 100});
  const Difference d = compare_ratios(none, none, Scale::absolute);
  EXPECT_EQ(d.change, 0);
  EXPECT_EQ(d.p_value, 1);
  EXPECT_FALSE(d.significant());
  EXPECT_TRUE(d.known());
}

TEST(Significance, dominance_is_that_of_all_pairs_of_values) {
  Histogram a, b;
  for (const int v : {1, 2, 3}) a.record(Nanos(v));
  for (const int v : {2, 3, 4}) b.record(Nanos(v));
  EXPECT_NEAR(dominance(a, b), 5.0 / 9, 1e-12);  // larger in 6 of 9 pairs, equal in 2, smaller in 1
  EXPECT_NEAR(dominance(b, a), -5.0 / 9, 1e-12);
  EXPECT_EQ(dominance(a, a), 0);
  EXPECT_EQ(dominance(a, Histogram()), 0);
  // Of exponential times with means m and n: P(B > A) = n / (m + n).
  Histogram slow, fast;
  Random random(3);
  for (int i = 0; i < 200'000; i++) {
    fast.record(Nanos(static_cast<std::int64_t>(random.exponential(1e6))));
    slow.record(Nanos(static_cast<std::int64_t>(random.exponential(2e6))));
  }
  EXPECT_NEAR(dominance(fast, slow), 1.0 / 3, 0.01);
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
  EXPECT_NEAR(d.change, 0.055, 1e-12);
  EXPECT_NEAR(d.interval.low, 0.02, 1e-12);
  EXPECT_NEAR(d.interval.high, 0.09, 1e-12);
  EXPECT_NEAR(d.p_value, 2.0 / 1024, 1e-12);  // the sign test: all of 10 on one side
  EXPECT_FALSE(compare_pairs(std::span(a).first(5), std::span(b).first(5)).significant());
  EXPECT_EQ(d.effect, 1);  // B is larger in every pair
}

TEST(Significance, pairs_of_shares_are_compared_by_their_difference) {
  const std::vector<double> a = {0, 0, 0, 0.01, 0, 0}, b = {0.01, 0.02, 0.03, 0, 0.04, 0.05};
  const Difference d = compare_pairs(a, b, Scale::absolute);
  EXPECT_NEAR(d.change, 0.025, 1e-12);
  EXPECT_NEAR(d.interval.low, -0.01, 1e-12);  // n = 6 at 95 %: the smallest and the largest, 1 - 2/64 = 96.9 %
  EXPECT_NEAR(d.interval.high, 0.05, 1e-12);
  EXPECT_NEAR(d.p_value, 14.0 / 64, 1e-12);  // at most 1 of 6 on one side: 2 (1 + 6) / 64
  EXPECT_NEAR(d.effect, 4.0 / 6, 1e-12);
}

}  // namespace
}  // namespace assay
