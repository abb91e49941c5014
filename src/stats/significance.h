// Is B other than A, by how much, and how sure is that? For two runs' series of intervals, and for pairs of runs.
//
// Everything is pure, deterministic (resampling draws from a fixed seed) and free of threads. Values are in the caller's
// units; differences are relative to A's value, as fractions, unless they are asked for as they are. Sources:
//   - autocorrelation: C. J. Geyer, "Practical Markov chain Monte Carlo", Statistical Science 7(4), 1992 (initial positive
//     sequence): n values that are correlated are worth n / τ independent ones;
//   - means: B. L. Welch, "The generalization of 'Student's' problem …", Biometrika 34, 1947, with the sizes above;
//   - effect size: L. V. Hedges, "Distribution theory for Glass's estimator of effect size", JES 6(2), 1981; of whole
//     distributions N. Cliff, "Dominance statistics", Psychological Bulletin 114(3), 1993;
//   - quantiles, means and shares: bootstrap of blocks of intervals (E. Carlstein, Annals of Statistics 14(3), 1986,
//     non-overlapping blocks), percentile interval (B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993,
//     ch. 13), stretched about its middle by √τ, τ of the blocks' own values, by √(n / (n - 1)) and by t / z with Welch's
//     degrees of freedom: blocks that still depend on each other, and few of them, would give too narrow a one;
//   - pairs: the median's interval by order statistics (W. J. Conover, "Practical Nonparametric Statistics", 3rd ed., §3.2).
#pragma once

#include "stats/histogram.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace assay {

/// A range that holds the true value with the confidence asked for.
struct ConfidenceInterval {
  double low = 0, high = 0;
  bool holds(double value) const noexcept { return low <= value && value <= high; }
};

/// How many independent values a series of equally spaced ones is worth: n / τ, between 1 and n; n for fewer than 4 values.
double effective_size(std::span<const double> series);

/// relative: (b - a) / |a|, NaN when a is 0. absolute: b - a, for shares, where a is often 0.
enum class Scale { relative, absolute };
double change_of(double a, double b, Scale) noexcept;

/// B against A.
struct Difference {
  double a = 0, b = 0;
  double change = 0;            // on the scale asked for
  ConfidenceInterval interval;  // of `change`; infinite when there is too little to say
  double p_value = 1;           // of no difference, two-sided
  double effect = 0;            // of means Hedges' g, the difference in standard deviations of the values; of pairs the
                                // share in which B is larger less the share in which it is smaller; else 0
  double detectable =
      std::numeric_limits<double>::infinity();  // the smallest |change| seen with 80 % power at this level
  double values_a = 0, values_b = 0;            // independent values (blocks, runs) behind it
  /// There is an interval.
  bool known() const noexcept { return std::isfinite(interval.low) && std::isfinite(interval.high); }
  /// It leaves 0 out.
  bool significant() const noexcept { return interval.low > 0 || interval.high < 0; }
};

/// Means of two series of equally spaced values, each of at least 2. Welch's t with effective sizes. `confidence` in (0, 1).
Difference compare_means(std::span<const double> a, std::span<const double> b, double confidence = 0.95);

/// Blocks of intervals, at most kBlocks a run, are resampled kResamples times; with fewer than kLeastBlocks there is no
/// interval.
inline constexpr std::size_t kBlocks = 60, kLeastBlocks = 8;
inline constexpr int kResamples = 1000;

/// A quantile of two runs, each given as the histograms of its intervals in order; empty ones count as intervals without
/// operations. Interpolated inside a histogram's bucket, so that the width of the bucket is not taken for a difference.
std::vector<Difference> compare_quantiles(std::span<const Histogram> a, std::span<const Histogram> b,
                                          std::span<const double> quantiles, double confidence = 0.95,
                                          std::uint64_t seed = 1);

/// What adds up over intervals: a mean's sum and count, a share's part and whole.
struct Ratio {
  double part = 0, whole = 0;
};
/// The ratio of the sums, of two runs given by their intervals in order.
Difference compare_ratios(std::span<const Ratio> a, std::span<const Ratio> b, Scale, double confidence = 0.95,
                          std::uint64_t seed = 1);

/// N values of A and of B taken in pairs (runs A B, B A, …): the median of b/a - 1 or b - a with its interval by order
/// statistics; infinite below 6 pairs at 95 %, as no interval exists there. `values_a` is the number of pairs, without those
/// whose change is not a number; p by the sign test.
Difference compare_pairs(std::span<const double> a, std::span<const double> b, Scale = Scale::relative,
                         double confidence = 0.95);

/// Cliff's δ: the probability that a value of B is larger than one of A, less that of the opposite; -1 to 1. Values in one
/// bucket count as equal. 0 when one is empty.
double dominance(const Histogram& a, const Histogram& b);

/// Two-sided p of Student's t with ν degrees of freedom; and t such that P(|T| ≤ t) = confidence.
double student_p(double t, double nu);
double student_quantile(double confidence, double nu);

}  // namespace assay
