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

/// A value of a segment, with what does not depend on the order of the segment.
struct Item {
  double value = 0;      // less the segment's median: sums of what is left lose fewer digits
  std::size_t rank = 0;  // 0 for the smallest
  double to_all = 0;     // Σ|x - y| over all others
};

std::vector<Item> items_of(std::span<const double> segment) {
  std::vector<std::size_t> order(segment.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return segment[a] < segment[b]; });
  const double median = segment[order[order.size() / 2]];
  std::vector<Item> items(segment.size());
  double all = 0;
  for (const double v : segment) all += v - median;
  double below = 0;
  const auto n = static_cast<double>(segment.size());
  for (std::size_t rank = 0; rank < order.size(); rank++) {
    const double x = segment[order[rank]] - median, before = static_cast<double>(rank);
    items[order[rank]] = {x, rank, x * before - below + (all - below) - x * (n - before)};
    below += x;
  }
  return items;
}

/// The values on the left of the border, by rank: Σ|x - y| over them without looking at each (a Fenwick tree of counts
/// and sums).
class Left {
 public:
  explicit Left(std::size_t size) : counts_(size + 1), sums_(size + 1) {}
  void clear() {
    std::fill(counts_.begin(), counts_.end(), 0.0);
    std::fill(sums_.begin(), sums_.end(), 0.0);
    count_ = sum_ = 0;
  }
  double distance(const Item& x) const {
    double count = 0, sum = 0;
    for (std::size_t i = x.rank + 1; i > 0; i &= i - 1) {
      count += counts_[i];
      sum += sums_[i];
    }
    return x.value * count - sum + (sum_ - sum) - x.value * (count_ - count);
  }
  void add(const Item& x) {
    for (std::size_t i = x.rank + 1; i < counts_.size(); i += i & (~i + 1)) {
      counts_[i] += 1;
      sums_[i] += x.value;
    }
    count_ += 1;
    sum_ += x.value;
  }

 private:
  std::vector<double> counts_, sums_;
  double count_ = 0, sum_ = 0;
};

Cut best_cut_of(std::span<const Item> items, std::size_t least, Left& seen) {
  const std::size_t n = items.size();
  seen.clear();
  // Sums over pairs within the left, within the right, and between, as the border moves one value at a time.
  double left = 0, right = 0, between = 0;
  for (const Item& item : items) right += item.to_all / 2;
  Cut best{0, -std::numeric_limits<double>::infinity()};
  for (std::size_t tau = 1; tau + least <= n; tau++) {
    const Item& moved = items[tau - 1];
    const double to_left = seen.distance(moved), to_right = moved.to_all - to_left;
    seen.add(moved);
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

/// A permuted segment has as good a cut in how many of the permutations? Ends early when it is too many anyway.
double p_of(std::span<const double> segment, double q, const ChangePointOptions& options, Random& random) {
  std::vector<Item> permuted = items_of(segment);
  Left left(permuted.size());
  const double allowed = options.significance * (options.permutations + 1);
  int as_good = 1;  // the series itself is one of its permutations
  for (int i = 0; i < options.permutations; i++) {
    for (std::size_t k = permuted.size() - 1; k > 0; k--) std::swap(permuted[k], permuted[random.below(k + 1)]);
    // What sums in another order lose must not count as being worse.
    if (best_cut_of(permuted, options.least_segment, left).q >= q * (1 - 1e-9) && ++as_good > allowed) break;
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
  Left left(series.size());
  return best_cut_of(items_of(series), least, left);
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
