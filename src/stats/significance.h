// Is B other than A, by how much, and how sure is that? For two runs' series of intervals, and for pairs of runs.
//
// Everything is pure, deterministic (resampling draws from a fixed seed) and free of threads. Values are in the caller's
// units; differences are relative to A's value, as fractions. Sources:
//   - autocorrelation: C. J. Geyer, "Practical Markov chain Monte Carlo", Statistical Science 7(4), 1992 (initial positive
//     sequence): n values that are correlated are worth n / τ independent ones;
//   - means: B. L. Welch, "The generalization of 'Student's' problem …", Biometrika 34, 1947, with the sizes above;
//   - effect size: L. V. Hedges, "Distribution theory for Glass's estimator of effect size", JES 6(2), 1981;
//   - quantiles: bootstrap of blocks of intervals (E. Carlstein, Annals of Statistics 14(3), 1986, non-overlapping blocks),
//     percentile interval (B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 13);
//   - pairs: the median's interval by order statistics (W. J. Conover, "Practical Nonparametric Statistics", 3rd ed., §3.2).
#pragma once

#include "stats/histogram.h"

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

/// B against A. `relative` is (b - a) / a; NaN when a is 0.
struct Difference {
  double a = 0, b = 0;
  double relative = 0;
  ConfidenceInterval interval;  // of `relative`; infinite when there is too little to say
  double p_value = 1;           // of no difference, two-sided
  double effect = 0;  // Hedges' g: the difference in standard deviations of the values; 0 where it has no meaning
  double detectable =
      std::numeric_limits<double>::infinity();  // the smallest |relative| seen with 80 % power at this level
  double values_a = 0, values_b = 0;            // independent values (blocks, runs) behind it
  /// The interval leaves 0 out.
  bool significant() const noexcept { return interval.low > 0 || interval.high < 0; }
};

/// Means of two series of equally spaced values, each of at least 2. Welch's t with effective sizes. `confidence` in (0, 1).
Difference compare_means(std::span<const double> a, std::span<const double> b, double confidence = 0.95);

/// A quantile of two runs, each given as the histograms of its intervals in order; empty ones count as intervals without
/// operations. Blocks of intervals, at most kBlocks a run, are resampled kResamples times.
inline constexpr std::size_t kBlocks = 60, kLeastBlocks = 8;
inline constexpr int kResamples = 1000;
std::vector<Difference> compare_quantiles(std::span<const Histogram> a, std::span<const Histogram> b,
                                          std::span<const double> quantiles, double confidence = 0.95,
                                          std::uint64_t seed = 1);

/// N values of A and of B taken in pairs (runs A B, B A, …): the median of b/a - 1 with its interval by order statistics;
/// infinite below 6 pairs at 95 %, as no interval exists there. `values_a` is the number of pairs; p by the sign test.
Difference compare_pairs(std::span<const double> a, std::span<const double> b, double confidence = 0.95);

/// Two-sided p of Student's t with ν degrees of freedom; and t such that P(|T| ≤ t) = confidence.
double student_p(double t, double nu);
double student_quantile(double confidence, double nu);

}  // namespace assay
