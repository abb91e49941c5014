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

/// A permuted segment has as good a cut in how many of the permutations? Ends early when it is too many anyway.
double p_of(std::span<const double> segment, double q, const ChangePointOptions& options, Random& random) {
  std::vector<double> permuted(segment.begin(), segment.end());
  const int allowed = static_cast<int>(options.significance * (options.permutations + 1));
  int as_good = 1;  // the series itself is one of its permutations
  for (int i = 0; i < options.permutations; i++) {
    for (std::size_t k = permuted.size() - 1; k > 0; k--) std::swap(permuted[k], permuted[random.below(k + 1)]);
    // What sums in another order lose must not count as being worse.
    if (best_cut(permuted, options.least_segment).q >= q * (1 - 1e-12) && ++as_good > allowed) break;
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
      const auto smallest = std::min_element(
          found.begin(), found.end(),
          [](const ChangePoint& a, const ChangePoint& b) { return std::abs(a.relative()) < std::abs(b.relative()); });
      if (!(std::abs(smallest->relative()) < options.least_magnitude)) return;
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
  const std::size_t n = series.size(), least = std::max<std::size_t>(least_segment, 2);
  Cut best;
  if (n < 2 * least) return best;
  const auto distances = [&](std::size_t of, std::size_t begin, std::size_t end) {
    double sum = 0;
    for (std::size_t i = begin; i < end; i++) sum += std::abs(series[of] - series[i]);
    return sum;
  };
  // Sums over pairs within the left, within the right, and between, as the border moves one value at a time.
  double left = 0, right = 0, between = 0;
  for (std::size_t i = 0; i < n; i++) right += distances(i, i + 1, n);
  best.q = -std::numeric_limits<double>::infinity();
  for (std::size_t tau = 1; tau + least <= n; tau++) {
    const double to_left = distances(tau - 1, 0, tau - 1), to_right = distances(tau - 1, tau, n);
    left += to_left;
    right -= to_right;
    between += to_right - to_left;
    if (tau < least) continue;
    const auto x = static_cast<double>(tau), y = static_cast<double>(n - tau), all = static_cast<double>(n);
    const double q = 2 / all * between - 2 * y / (all * (x - 1)) * left - 2 * x / (all * (y - 1)) * right;
    if (q > best.q) best = {tau, q};
  }
  return best;
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
