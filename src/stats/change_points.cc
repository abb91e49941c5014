#include "stats/change_points.h"

#include "base/error.h"
#include "base/random.h"
#include "stats/mean.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

namespace assay {
namespace {

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

  std::size_t least_;
  std::vector<double> between_, right_;  // by border, of the end of now
  std::vector<double> left_;             // by border
  std::vector<double> inverse_;
};

/// A stretch of one series that may be cut.
class Segment {
 public:
  Segment(const SeriesOfRuns& series, std::size_t number, std::size_t begin, std::size_t end, std::size_t least)
      : number(number),
        begin(begin),
        end(end),
        best(best_cut(series.values.subspan(begin, end - begin), least)),
        search_(end - begin, least),
        at_(series.runs.empty() ? 0 : series.runs.back() + 1, std::numeric_limits<double>::quiet_NaN()) {
    for (std::size_t i = begin; i < end; i++) at_[series.runs[i]] = series.values[i];
    permuted_.reserve(end - begin);
  }

  /// Q of the best cut when the runs are in this order.
  double permuted(std::span<const std::size_t> order) {
    permuted_.clear();
    for (const std::size_t run : order)
      if (run < at_.size() && !std::isnan(at_[run])) permuted_.push_back(at_[run]);
    return search_.best(permuted_).q;
  }
  void standardise(std::span<const double> qs) {
    mean_ = mean_of(qs);
    double squares = 0;
    for (const double q : qs) squares += (q - mean_) * (q - mean_);
    deviation_ = std::sqrt(squares / static_cast<double>(qs.size()));
    // One that hardly any permutation moves says nothing.
    if (!(deviation_ > 1e-9 * std::abs(best.q))) deviation_ = std::numeric_limits<double>::infinity();
  }
  double standardised(double q) const { return (q - mean_) / deviation_; }

  std::size_t number, begin, end;  // the series, and where in it
  Cut best;
  double z = 0;  // of `best`
  double p = 1;

 private:
  CutSearch search_;
  std::vector<double> at_;  // by run; NaN: not in this segment
  std::vector<double> permuted_;
  double mean_ = 0, deviation_ = 1;
};

void shuffle(std::vector<std::size_t>& order, Random& random) {
  for (std::size_t k = order.size() - 1; k > 0; k--) std::swap(order[k], order[random.below(k + 1)]);
}

/// Enough that a p near the smallest one that few runs can have is told from the level; for long series, of which a
/// permutation takes longer, fewer, but always so many that one of them may be as good by chance.
int permutations_for(std::size_t length, const ChangePointOptions& options) {
  if (options.permutations > 0) return options.permutations;
  const double n = static_cast<double>(std::max<std::size_t>(length, 1));
  const double affordable = std::clamp(4e6 / (n * n), 2000.0, 20000.0);
  return static_cast<int>(std::clamp(2 / options.significance, affordable, 1e6)) - 1;
}

/// The p of each segment in the company of the others. Ends early when none can be significant any more.
void test_together(std::vector<Segment>& family, std::size_t runs, int permutations, double significance,
                   std::uint64_t seed) {
  std::vector<std::size_t> order(runs);
  std::iota(order.begin(), order.end(), std::size_t{0});
  // Means and deviations are of other permutations than those that are counted: so they do not depend on what is tested.
  // One alone has nobody to be comparable with.
  const std::size_t pilots =
      family.size() == 1 ? 0 : std::max<std::size_t>(200, static_cast<std::size_t>(permutations) / 10);
  Random pilot(hash_of(seed, 1));
  std::vector<std::vector<double>> qs(family.size());
  for (std::size_t i = 0; i < pilots; i++) {
    shuffle(order, pilot);
    for (std::size_t s = 0; s < family.size(); s++) qs[s].push_back(family[s].permuted(order));
  }
  for (std::size_t s = 0; s < family.size(); s++) {
    if (pilots > 0) family[s].standardise(qs[s]);
    // What sums in another order lose must not count as being worse.
    family[s].z = family[s].standardised(family[s].best.q * (1 - 1e-9));
  }
  std::stable_sort(family.begin(), family.end(), [](const Segment& a, const Segment& b) { return a.z > b.z; });

  Random random(hash_of(seed, 2));
  const double allowed = significance * (permutations + 1);
  std::vector<int> as_good(family.size(), 1);  // the order as it is is one of the permutations
  int tried = 0;
  while (tried < permutations && as_good[0] <= allowed) {
    tried++;
    shuffle(order, random);
    double greatest = -std::numeric_limits<double>::infinity();
    for (std::size_t s = family.size(); s-- > 0;) {  // the greatest of this one and those less striking
      greatest = std::max(greatest, family[s].standardised(family[s].permuted(order)));
      as_good[s] += greatest >= family[s].z;
    }
  }
  double p = 0;
  for (std::size_t s = 0; s < family.size(); s++)
    family[s].p = p = std::max(p, static_cast<double>(as_good[s]) / (tried + 1));
}

/// Of all values, so that each history has permutations of its own: a set that every history shared would be wrong for all of
/// them in the same way, where it happens to hold few of the orders that look like a change.
std::uint64_t fingerprint_of(std::span<const SeriesOfRuns> all) {
  std::uint64_t hash = all.size();
  for (const SeriesOfRuns& series : all)
    for (std::size_t i = 0; i < series.values.size(); i++)
      hash = hash_of(hash, series.runs[i], std::bit_cast<std::uint64_t>(series.values[i]));
  return hash;
}

/// All changes of all series; what is found in one round is cut in the next.
std::vector<std::vector<ChangePoint>> search(std::span<const SeriesOfRuns> all, const ChangePointOptions& options) {
  std::vector<std::vector<ChangePoint>> found(all.size());
  std::vector<Segment> family;
  std::size_t runs = 0;
  const auto take = [&](std::size_t number, std::size_t begin, std::size_t end) {
    if (end - begin < 2 * options.least_segment) return;
    // Who is in the family must not depend on the order of the runs: only what no order can change stays out of it.
    const auto values = all[number].values.subspan(begin, end - begin);
    if (const auto [low, high] = std::minmax_element(values.begin(), values.end()); *low == *high) return;
    family.emplace_back(all[number], number, begin, end, options.least_segment);
  };
  for (std::size_t s = 0; s < all.size(); s++) {
    if (!all[s].runs.empty()) runs = std::max(runs, all[s].runs.back() + 1);
    take(s, 0, all[s].values.size());
  }
  const std::uint64_t seed = hash_of(options.seed, fingerprint_of(all));
  for (std::uint64_t round = 0; !family.empty(); round++) {
    std::size_t longest = 0;
    for (const Segment& segment : family) longest = std::max(longest, segment.end - segment.begin);
    test_together(family, runs, permutations_for(longest, options), options.significance, hash_of(seed, round));
    std::vector<Segment> tested;
    tested.swap(family);
    for (const Segment& segment : tested) {
      if (segment.p > options.significance || segment.best.q <= 0) continue;
      const std::size_t at = segment.begin + segment.best.index;
      found[segment.number].push_back({at, segment.p});
      take(segment.number, segment.begin, at);
      take(segment.number, at, segment.end);
    }
  }
  for (std::vector<ChangePoint>& changes : found)
    std::sort(changes.begin(), changes.end(),
              [](const ChangePoint& a, const ChangePoint& b) { return a.index < b.index; });
  return found;
}

/// What is said of the changes of one series.
struct Description {
  std::span<const double> series;
  const ChangePointOptions& options;
  std::vector<ChangePoint>& found;

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

std::vector<std::vector<ChangePoint>> joint_change_points(std::span<const SeriesOfRuns> all,
                                                          const ChangePointOptions& options) {
  ASSAY_ASSERT(options.permutations >= 0 && options.significance > 0 && options.least_segment >= 2);
  for (const SeriesOfRuns& series : all) {
    ASSAY_ASSERT(series.values.size() == series.runs.size());
    for (std::size_t i = 0; i < series.values.size(); i++)
      if (!std::isfinite(series.values[i]))
        throw Error(fmt::format("change points: value {} of the series is {}; expected finite numbers", i + 1,
                                series.values[i]));
  }
  std::vector<std::vector<ChangePoint>> found = search(all, options);
  for (std::size_t s = 0; s < all.size(); s++) {
    Description description{all[s].values, options, found[s]};
    description.describe();
    description.drop_small();
  }
  return found;
}

std::vector<ChangePoint> change_points(std::span<const double> series, const ChangePointOptions& options) {
  std::vector<std::size_t> runs(series.size());
  std::iota(runs.begin(), runs.end(), std::size_t{0});
  const SeriesOfRuns one[] = {{series, runs}};
  return joint_change_points(one, options)[0];
}

double smallest_p(std::size_t count, std::size_t later) noexcept {
  if (later == 0 || later >= count) return 1;
  double p = 2;
  for (std::size_t i = 1; i <= later; i++) p *= static_cast<double>(i) / static_cast<double>(count - later + i);
  return std::min(p, 1.0);
}

std::size_t needed_length(const ChangePointOptions& options) noexcept {
  std::size_t length = 2 * options.least_segment;
  while (smallest_p(length, options.least_segment) > options.significance) length++;
  return length;
}

}  // namespace assay
