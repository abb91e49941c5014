// Where a series of figures changed for good: E-divisive means, for the history of runs.
//
// D. S. Matteson, N. A. James: "A Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data", JASA 109,
// 2014, with exponent 1 in one dimension, as used on performance data by D. Daly et al., "The Use of Change Point Detection
// to Identify Software Performance Regressions …", ICPE 2020. The series is cut where two neighbouring stretches, of which
// the first begins with the series, differ most (the statistic Q below), if a permutation test says that a cut of series
// without a change is seldom that good; then each side of the cut is treated likewise. The permutation test takes the best
// cut of each permutation, so that having looked at every cut does not raise false alarms; permutations are drawn from a
// seed that the values make: the same series gives the same answer.
//
// Several series of the same runs are tested together: P. H. Westfall, S. S. Young: "Resampling-Based Multiple Testing",
// 1993, the step-down of the greatest statistic. The runs are permuted, and all series with them; each Q is standardised by
// its mean and deviation over permutations of its own, and compared with the greatest of all series under the same
// permutation. So having looked at many series raises no more false alarms either, without dividing the significance by
// their number: the smallest p that n runs and k later ones can have stays 2 / C(n + k, k), however many values they have.
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
  int permutations = 0;           // 0: by the length, as many as the level needs and a second or so allows
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

/// The values of a series and the run of each, ascending.
struct SeriesOfRuns {
  std::span<const double> values;
  std::span<const std::size_t> runs;
};
/// Of each series its change points, of which the first ones are tested together, then those in the parts into which they
/// cut their series, and so on. `significance` is the chance of any change in all series when none has one.
std::vector<std::vector<ChangePoint>> joint_change_points(std::span<const SeriesOfRuns> all,
                                                          const ChangePointOptions& options = {});

/// The smallest p that a cut before the last `later` of `count` values can have, unlike whatever else they are: the
/// share of permutations in which the same ones stand at either end. 1 where it is no more than one of two.
double smallest_p(std::size_t count, std::size_t later) noexcept;
/// The smallest length, of 2 · least_segment or more, of which a change of the last `least_segment` values can be found.
std::size_t needed_length(const ChangePointOptions& options) noexcept;

/// The border τ and the end κ for which the first τ values x and the m = κ - τ values y behind them differ most:
/// Q(τ, κ) = 2/κ Σ|x_i - y_j| - 2m/(κ(τ-1)) Σ|x_i - x_k| - 2τ/(κ(m-1)) Σ|y_i - y_k|.
struct Cut {
  std::size_t index = 0, end = 0;
  double q = 0;
};
Cut best_cut(std::span<const double> series, std::size_t least_segment);

}  // namespace assay
