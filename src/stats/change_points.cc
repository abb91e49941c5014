#include "stats/change_points.h"

#include "base/error.h"
#include "base/random.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace assay {
namespace {

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// From 0 to something else is more than any share.
double magnitude(const ChangePoint& point) {
  const double relative = point.relative();
  if (!std::isnan(relative)) return std::abs(relative);
  return point.mean_after == 0 ? 0 : std::numeric_limits<double>::infinity();
}

/// Room for the search in a segment, taken once for all its permutations.
class CutSearch {
 public:
  CutSearch(std::size_t size, std::size_t least)
      : least_(least), between_(size + 1), right_(size + 1), left_(size + 1) {
    inverse_.reserve(size + 1);
    for (std::size_t i = 0; i <= size; i++) inverse_.push_back(i == 0 ? 0 : 1 / static_cast<double>(i));
  }

  /// The right side's end moves by one value at a time. For each border τ before it, the sums over pairs between the sides
  /// and within the right one grow by the new value's distances to the values on each side of the border.
  Cut best(std::span<const double> x) {
    std::fill(between_.begin(), between_.end(), 0.0);
    std::fill(right_.begin(), right_.end(), 0.0);
    left_[0] = left_[1] = 0;
    Cut best{0, 0, -std::numeric_limits<double>::infinity()};
    for (std::size_t end = 2; end <= x.size(); end++) {
      const double added = x[end - 1];
      double before = 0;  // Σ|x_i - added| over i < τ
      double all = 0;
      for (std::size_t i = 0; i + 1 < end; i++) all += std::abs(x[i] - added);
      for (std::size_t tau = 1; tau < end; tau++) {
        before += std::abs(x[tau - 1] - added);
        between_[tau] += before;
        right_[tau] += all - before;
      }
      left_[end] = left_[end - 1] + all;
      if (end >= 2 * least_) look(end, best);
    }
    return best;
  }

 private:
  void look(std::size_t end, Cut& best) const {
    for (std::size_t tau = least_; tau + least_ <= end; tau++) {
      const auto x = static_cast<double>(tau), y = static_cast<double>(end - tau);
      const double q = 2 * inverse_[end] *
                       (between_[tau] - y * inverse_[tau - 1] * left_[tau] - x * inverse_[end - tau - 1] * right_[tau]);
      if (q > best.q) best = {tau, end, q};
    }
  }

  const std::size_t least_;
  std::vector<double> between_, right_;  // by border, of the end of now
  std::vector<double> left_;             // by border
  std::vector<double> inverse_;
};

/// A permuted segment has as good a cut in how many of the permutations? Ends early when it is too many anyway.
double p_of(std::span<const double> segment, double q, const ChangePointOptions& options, Random& random) {
  std::vector<double> permuted(segment.begin(), segment.end());
  CutSearch search(permuted.size(), options.least_segment);
  const double allowed = options.significance * (options.permutations + 1);
  int as_good = 1;  // the series itself is one of its permutations
  for (int i = 0; i < options.permutations; i++) {
    for (std::size_t k = permuted.size() - 1; k > 0; k--) std::swap(permuted[k], permuted[random.below(k + 1)]);
    // What sums in another order lose must not count as being worse.
    if (search.best(permuted).q >= q * (1 - 1e-9) && ++as_good > allowed) break;
  }
  return static_cast<double>(as_good) / (options.permutations + 1);
}

struct Search {
  std::span<const double> series;
  const ChangePointOptions& options;
  std::vector<ChangePoint> found = {};

  void cut(std::size_t begin, std::size_t end) {
    const std::span<const double> segment = series.subspan(begin, end - begin);
    if (segment.size() < 2 * options.least_segment) return;
    const Cut best = best_cut(segment, options.least_segment);
    if (best.q <= 0) return;
    Random random(hash_of(options.seed, begin, end));
    const double p = p_of(segment, best.q, options, random);
    if (p > options.significance) return;
    cut(begin, begin + best.index);
    found.push_back({begin + best.index, p});
    cut(begin + best.index, end);
  }

  void describe() {
    for (std::size_t i = 0; i < found.size(); i++) {
      const std::size_t begin = i == 0 ? 0 : found[i - 1].index, at = found[i].index;
      const std::size_t end = i + 1 == found.size() ? series.size() : found[i + 1].index;
      found[i].mean_before = mean_of(series.subspan(begin, at - begin));
      found[i].mean_after = mean_of(series.subspan(at, end - at));
    }
  }

  /// Takes the smallest change away until all are large enough: its neighbours' means change with it.
  void drop_small() {
    while (!found.empty()) {
      const auto smallest =
          std::min_element(found.begin(), found.end(),
                           [](const ChangePoint& a, const ChangePoint& b) { return magnitude(a) < magnitude(b); });
      if (magnitude(*smallest) >= options.least_magnitude) return;
      found.erase(smallest);
      describe();
    }
  }
};

}  // namespace

double ChangePoint::relative() const noexcept {
  return mean_before == 0 ? std::numeric_limits<double>::quiet_NaN() : mean_after / mean_before - 1;
}

Cut best_cut(std::span<const double> series, std::size_t least_segment) {
  const std::size_t least = std::max<std::size_t>(least_segment, 2);
  if (series.size() < 2 * least) return {};
  return CutSearch(series.size(), least).best(series);
}

std::vector<ChangePoint> change_points(std::span<const double> series, const ChangePointOptions& options) {
  for (std::size_t i = 0; i < series.size(); i++)
    if (!std::isfinite(series[i]))
      throw Error(
          fmt::format("change points: value {} of the series is {}; expected finite numbers", i + 1, series[i]));
  ASSAY_ASSERT(options.permutations > 0 && options.significance > 0 && options.least_segment >= 2);
  Search search{series, options};
  search.cut(0, series.size());
  search.describe();
  search.drop_small();
  return search.found;
}

}  // namespace assay
