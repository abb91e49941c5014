// Where a series of figures changed for good: E-divisive means, for the history of runs.
//
// D. S. Matteson, N. A. James: "A Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data", JASA 109,
// 2014, with exponent 1 in one dimension, as used on performance data by D. Daly et al., "The Use of Change Point Detection
// to Identify Software Performance Regressions …", ICPE 2020. The series is cut where two neighbouring stretches, of which
// the first begins with the series, differ most (the statistic Q below), if a permutation test says that a cut of series
// without a change is seldom that good; then each side of the cut is treated likewise. The permutation test takes the best
// cut of each permutation, so that having looked at every cut does not raise false alarms; permutations are drawn from a
// fixed seed: the same series gives the same answer.
//
// It assumes values that are independent of each other between changes, as runs that start from the same state are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace assay {

struct ChangePointOptions {
  double significance = 0.01;     // a cut is kept when at most this share of permutations has as good a cut
  std::size_t least_segment = 5;  // no segment is shorter: a single outlier is no change
  double least_magnitude = 0;     // of the relative difference of the means of both sides; from 0 it is without limit
  int permutations = 999;
  std::uint64_t seed = 1;
};

struct ChangePoint {
  std::size_t index = 0;  // the first value of the new segment
  double p_value = 1;
  double mean_before = 0, mean_after = 0;  // of the segments on both sides, up to the next change points
  /// mean_after / mean_before - 1; NaN when mean_before is 0.
  double relative() const noexcept;
};

/// Ascending by index. Quadratic in the length for each permutation. Throws Error for NaN or infinite values, which it
/// names.
std::vector<ChangePoint> change_points(std::span<const double> series, const ChangePointOptions& options = {});

/// The border τ and the end κ for which the first τ values x and the m = κ - τ values y behind them differ most:
/// Q(τ, κ) = 2/κ Σ|x_i - y_j| - 2m/(κ(τ-1)) Σ|x_i - x_k| - 2τ/(κ(m-1)) Σ|y_i - y_k|.
struct Cut {
  std::size_t index = 0, end = 0;
  double q = 0;
};
Cut best_cut(std::span<const double> series, std::size_t least_segment);

}  // namespace assay
