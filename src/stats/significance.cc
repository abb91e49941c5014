#include "stats/significance.h"

#include "base/error.h"
#include "base/random.h"
#include "stats/mean.h"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <numeric>

namespace assay {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kPower = 0.8;

/// Of a sample: divided by n - 1.
double variance_of(std::span<const double> values, double mean) {
  double sum = 0;
  for (const double v : values) sum += (v - mean) * (v - mean);
  return values.size() < 2 ? 0 : sum / static_cast<double>(values.size() - 1);
}

double quantile_of_sorted(std::span<const double> sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  if (below + 1 >= sorted.size()) return sorted.back();
  return std::lerp(sorted[below], sorted[below + 1], at - static_cast<double>(below));
}

/// `each(begin, end)` for blocks of neighbouring intervals, at most kBlocks of them, as even as they can be.
template <class Each>
void for_each_block(std::size_t intervals, Each each) {
  const std::size_t per_block = (intervals + kBlocks - 1) / kBlocks;
  for (std::size_t i = 0; i < intervals; i += per_block) each(i, std::min(i + per_block, intervals));
}

/// The histograms of one run in a form in which many sums of them are cheap: a row of counts for each block of neighbouring
/// intervals, over the buckets that hold anything at all.
class Blocks {
 public:
  explicit Blocks(std::span<const Histogram> intervals) {
    std::vector<Histogram> blocks;
    for_each_block(intervals.size(), [&](std::size_t begin, std::size_t end) {
      Histogram& block = blocks.emplace_back();
      for (std::size_t i = begin; i < end; i++) block.merge(intervals[i]);
      whole_.merge(block);
    });
    std::map<std::int64_t, std::size_t> column;  // by the bucket's lowest value
    for (const Histogram::Bucket& bucket : whole_.buckets()) {
      column.emplace(bucket.low.count(), buckets_.size());
      buckets_.push_back({static_cast<double>(std::max(bucket.low, whole_.min()).count()),
                          static_cast<double>(std::min(bucket.high, whole_.max()).count())});
      total_.push_back(bucket.count);
    }
    for (const Histogram& block : blocks) {
      std::vector<std::uint64_t>& counts = counts_.emplace_back(buckets_.size());
      for (const Histogram::Bucket& bucket : block.buckets()) counts[column.at(bucket.low.count())] = bucket.count;
    }
  }

  std::size_t size() const noexcept { return counts_.size(); }
  const std::vector<std::uint64_t>& total() const noexcept { return total_; }

  /// As many blocks as there are, drawn with replacement, added up.
  void draw(Random& random, std::vector<std::uint64_t>& sum) const {
    sum.assign(buckets_.size(), 0);
    for (std::size_t i = 0; i < counts_.size(); i++) {
      const std::vector<std::uint64_t>& counts = counts_[random.below(counts_.size())];
      for (std::size_t k = 0; k < sum.size(); k++) sum[k] += counts[k];
    }
  }
  /// The value that q of all are not above, as if those of a bucket lay evenly in it; 0 when there are none.
  double quantile(const std::vector<std::uint64_t>& sum, double q) const {
    const double rank = q * static_cast<double>(std::accumulate(sum.begin(), sum.end(), std::uint64_t{0}));
    double seen = 0;
    for (std::size_t k = 0; k < sum.size(); k++) {
      const auto here = static_cast<double>(sum[k]);
      if (here > 0 && seen + here >= rank)
        return std::lerp(buckets_[k].low, buckets_[k].high, std::max(rank - seen, 0.0) / here);
      seen += here;
    }
    return 0;
  }
  std::uint64_t fingerprint() const {
    std::uint64_t hash = buckets_.size();
    for (const Bucket& bucket : buckets_) hash = hash_of(hash, std::bit_cast<std::uint64_t>(bucket.low));
    for (const auto& counts : counts_)
      for (const std::uint64_t count : counts) hash = hash_of(hash, count);
    return hash;
  }
  /// How many independent ones the blocks are worth, by this quantile of each.
  double worth(double q) const {
    std::vector<double> values;
    for (const auto& counts : counts_)
      if (const double value = quantile(counts, q); value > 0) values.push_back(value);
    return effective_size(values);
  }

 private:
  struct Bucket {
    double low, high;
  };
  Histogram whole_;
  std::vector<Bucket> buckets_;
  std::vector<std::uint64_t> total_;
  std::vector<std::vector<std::uint64_t>> counts_;
};

/// The parts and wholes of one run, by block.
class RatioBlocks {
 public:
  explicit RatioBlocks(std::span<const Ratio> intervals) {
    for_each_block(intervals.size(), [&](std::size_t begin, std::size_t end) {
      Ratio& block = blocks_.emplace_back();
      for (std::size_t i = begin; i < end; i++) {
        block.part += intervals[i].part;
        block.whole += intervals[i].whole;
      }
    });
  }
  std::size_t size() const noexcept { return blocks_.size(); }
  double value() const {
    Ratio sum;
    for (const Ratio& block : blocks_) add(sum, block);
    return of(sum);
  }
  double draw(Random& random) const {
    Ratio sum;
    for (std::size_t i = 0; i < blocks_.size(); i++) add(sum, blocks_[random.below(blocks_.size())]);
    return of(sum);
  }
  std::uint64_t fingerprint() const {
    std::uint64_t hash = blocks_.size();
    for (const Ratio& block : blocks_)
      hash = hash_of(hash, std::bit_cast<std::uint64_t>(block.part), std::bit_cast<std::uint64_t>(block.whole));
    return hash;
  }
  double worth() const {
    std::vector<double> values;
    for (const Ratio& block : blocks_)
      if (block.whole > 0) values.push_back(of(block));
    return effective_size(values);
  }

 private:
  static void add(Ratio& sum, const Ratio& more) {
    sum.part += more.part;
    sum.whole += more.whole;
  }
  static double of(const Ratio& ratio) { return ratio.whole > 0 ? ratio.part / ratio.whole : 0; }
  std::vector<Ratio> blocks_;
};

/// A figure of one run in each resample, and what its blocks are worth.
struct Resampled {
  std::vector<double> values;
  double blocks = 0, worth = 0;

  /// Of the figure, from the scatter of the resamples.
  double error_squared() const {
    return variance_of(values, mean_of(values)) * (blocks / worth) * (blocks / (blocks - 1));
  }
};

/// Interval, p and what could have been seen, from resamples of both, the i-th of A with the i-th of B.
void conclude(Difference& d, Resampled a, Resampled b, Scale scale, double confidence) {
  d.values_a = a.worth;
  d.values_b = b.worth;
  d.interval = {-kInfinity, kInfinity};
  if (a.blocks < kLeastBlocks || b.blocks < kLeastBlocks || a.worth < 2 || b.worth < 2) return;
  if (scale == Scale::relative) {  // in logarithms, so that the ratio of B to A is a difference
    const auto defined = [&](std::size_t i) { return a.values[i] > 0 && b.values[i] > 0; };
    std::size_t kept = 0;
    for (std::size_t i = 0; i < a.values.size(); i++)
      if (defined(i)) {
        a.values[kept] = std::log(a.values[i]);
        b.values[kept++] = std::log(b.values[i]);
      }
    a.values.resize(kept);
    b.values.resize(kept);
    if (kept < kResamples / 2) return;
  }
  const double plain = variance_of(a.values, mean_of(a.values)) + variance_of(b.values, mean_of(b.values));
  const double error_a = a.error_squared(), error_b = b.error_squared(), error = error_a + error_b;
  std::vector<double> drawn(a.values.size());
  for (std::size_t i = 0; i < drawn.size(); i++) drawn[i] = b.values[i] - a.values[i];
  std::sort(drawn.begin(), drawn.end());
  double nu = a.worth + b.worth - 2;
  if (plain > 0) {
    nu = error * error / (error_a * error_a / (a.worth - 1) + error_b * error_b / (b.worth - 1));
    const double z = boost::math::quantile(boost::math::normal(), (1 + confidence) / 2);
    const double stretch = std::sqrt(error / plain) * student_quantile(confidence, nu) / z;
    const double middle = quantile_of_sorted(drawn, 0.5);
    for (double& v : drawn) v = middle + (v - middle) * stretch;
  }
  const auto shown = [&](double v) { return scale == Scale::relative ? std::expm1(v) : v; };
  d.interval = {shown(quantile_of_sorted(drawn, (1 - confidence) / 2)),
                shown(quantile_of_sorted(drawn, (1 + confidence) / 2))};
  const double below = static_cast<double>(std::lower_bound(drawn.begin(), drawn.end(), 0.0) - drawn.begin());
  const double above = static_cast<double>(drawn.end() - std::upper_bound(drawn.begin(), drawn.end(), 0.0));
  const double n = static_cast<double>(drawn.size());
  d.p_value = std::min(1.0, 2 * (n - std::max(below, above) + 1) / (n + 1));
  if (below + above == 0) d.p_value = 1;
  d.detectable = shown(std::sqrt(error) * (student_quantile(confidence, nu) + student_quantile(2 * kPower - 1, nu)));
}

/// The streams that two runs are resampled from. They belong to what the runs hold and not to their order, so that A against B
/// is seen exactly when B against A is.
struct Streams {
  Streams(std::uint64_t seed, std::uint64_t of_a, std::uint64_t of_b)
      : a(hash_of(seed, of_a <= of_b ? 1 : 2)), b(hash_of(seed, of_a <= of_b ? 2 : 1)) {}
  Random a, b;
};

}  // namespace

double change_of(double a, double b, Scale scale) noexcept {
  if (scale == Scale::absolute) return b - a;
  return a == 0 ? std::nan("") : (b - a) / std::abs(a);
}

double student_p(double t, double nu) {
  if (std::isnan(t) || nu <= 0) return 1;
  if (std::isinf(t)) return 0;
  return 2 * boost::math::cdf(boost::math::complement(boost::math::students_t(nu), std::abs(t)));
}

double student_quantile(double confidence, double nu) {
  return boost::math::quantile(boost::math::complement(boost::math::students_t(nu), (1 - confidence) / 2));
}

double effective_size(std::span<const double> series) {
  const std::size_t n = series.size();
  if (n < 4) return static_cast<double>(n);
  const double mean = mean_of(series);
  const auto autocovariance = [&](std::size_t lag) {
    double sum = 0;
    for (std::size_t i = 0; i + lag < n; i++) sum += (series[i] - mean) * (series[i + lag] - mean);
    return sum / static_cast<double>(n);
  };
  const double variance = autocovariance(0);
  if (variance <= 0) return static_cast<double>(n);
  // Sums of neighbouring autocovariances are positive and fall for a reversible chain: what comes after the first that is
  // not positive is noise.
  double tau = -1, least = kInfinity;
  for (std::size_t lag = 0; lag + 1 < n; lag += 2) {
    const double pair = (autocovariance(lag) + autocovariance(lag + 1)) / variance;
    if (pair <= 0) break;
    least = std::min(least, pair);
    tau += 2 * least;
  }
  return std::clamp(static_cast<double>(n) / std::max(tau, 1.0), 1.0, static_cast<double>(n));
}

Difference compare_means(std::span<const double> a, std::span<const double> b, double confidence) {
  ASSAY_ASSERT(!a.empty() && !b.empty() && confidence > 0 && confidence < 1);
  Difference d;
  d.a = mean_of(a);
  d.b = mean_of(b);
  d.change = change_of(d.a, d.b, Scale::relative);
  d.values_a = effective_size(a);
  d.values_b = effective_size(b);
  d.interval = {-kInfinity, kInfinity};
  if (a.size() < 2 || b.size() < 2 || d.values_a < 2 || d.values_b < 2) return d;
  const double variance_a = variance_of(a, d.a), variance_b = variance_of(b, d.b);
  const double error_a = variance_a / d.values_a, error_b = variance_b / d.values_b, error = error_a + error_b;
  if (error <= 0) {  // constants
    d.p_value = d.a == d.b ? 1 : 0;
    d.interval = {d.change, d.change};
    d.detectable = 0;
    return d;
  }
  const double nu = error * error / (error_a * error_a / (d.values_a - 1) + error_b * error_b / (d.values_b - 1));
  const double half = student_quantile(confidence, nu) * std::sqrt(error);
  d.p_value = student_p((d.b - d.a) / std::sqrt(error), nu);
  const double pooled =
      std::sqrt(((d.values_a - 1) * variance_a + (d.values_b - 1) * variance_b) / (d.values_a + d.values_b - 2));
  if (pooled > 0) d.effect = (d.b - d.a) / pooled * (1 - 3 / (4 * (d.values_a + d.values_b) - 9));
  if (d.a == 0) return d;
  d.interval = {(d.b - d.a - half) / std::abs(d.a), (d.b - d.a + half) / std::abs(d.a)};
  d.detectable = (half + student_quantile(2 * kPower - 1, nu) * std::sqrt(error)) / std::abs(d.a);
  return d;
}

std::vector<Difference> compare_quantiles(std::span<const Histogram> a, std::span<const Histogram> b,
                                          std::span<const double> quantiles, double confidence, std::uint64_t seed) {
  const Blocks blocks_a(a), blocks_b(b);
  std::vector<Resampled> of_a(quantiles.size()), of_b(quantiles.size());
  Streams streams(hash_of(seed, 0xb007), blocks_a.fingerprint(), blocks_b.fingerprint());
  std::vector<std::uint64_t> sample_a, sample_b;
  for (int i = 0; i < kResamples && blocks_a.size() >= kLeastBlocks && blocks_b.size() >= kLeastBlocks; i++) {
    blocks_a.draw(streams.a, sample_a);
    blocks_b.draw(streams.b, sample_b);
    for (std::size_t q = 0; q < quantiles.size(); q++) {
      of_a[q].values.push_back(blocks_a.quantile(sample_a, quantiles[q]));
      of_b[q].values.push_back(blocks_b.quantile(sample_b, quantiles[q]));
    }
  }
  std::vector<Difference> differences;
  for (std::size_t q = 0; q < quantiles.size(); q++) {
    Difference& d = differences.emplace_back();
    d.a = blocks_a.quantile(blocks_a.total(), quantiles[q]);
    d.b = blocks_b.quantile(blocks_b.total(), quantiles[q]);
    d.change = change_of(d.a, d.b, Scale::relative);
    of_a[q].blocks = static_cast<double>(blocks_a.size());
    of_b[q].blocks = static_cast<double>(blocks_b.size());
    of_a[q].worth = blocks_a.worth(quantiles[q]);
    of_b[q].worth = blocks_b.worth(quantiles[q]);
    conclude(d, std::move(of_a[q]), std::move(of_b[q]), Scale::relative, confidence);
  }
  return differences;
}

Difference compare_ratios(std::span<const Ratio> a, std::span<const Ratio> b, Scale scale, double confidence,
                          std::uint64_t seed) {
  const RatioBlocks blocks_a(a), blocks_b(b);
  Resampled of_a{{}, static_cast<double>(blocks_a.size()), blocks_a.worth()};
  Resampled of_b{{}, static_cast<double>(blocks_b.size()), blocks_b.worth()};
  Streams streams(hash_of(seed, 0x4a710), blocks_a.fingerprint(), blocks_b.fingerprint());
  for (int i = 0; i < kResamples && blocks_a.size() >= kLeastBlocks && blocks_b.size() >= kLeastBlocks; i++) {
    of_a.values.push_back(blocks_a.draw(streams.a));
    of_b.values.push_back(blocks_b.draw(streams.b));
  }
  Difference d;
  d.a = blocks_a.value();
  d.b = blocks_b.value();
  d.change = change_of(d.a, d.b, scale);
  conclude(d, std::move(of_a), std::move(of_b), scale, confidence);
  return d;
}

Difference compare_pairs(std::span<const double> a, std::span<const double> b, Scale scale, double confidence) {
  ASSAY_ASSERT(a.size() == b.size() && !a.empty());
  const std::size_t n = a.size();
  std::vector<double> changes(n);
  for (std::size_t i = 0; i < n; i++) changes[i] = change_of(a[i], b[i], scale);
  std::erase_if(changes, [](double r) { return std::isnan(r); });
  Difference d;
  std::vector<double> as(a.begin(), a.end()), bs(b.begin(), b.end());
  std::sort(as.begin(), as.end());
  std::sort(bs.begin(), bs.end());
  d.a = quantile_of_sorted(as, 0.5);
  d.b = quantile_of_sorted(bs, 0.5);
  d.interval = {-kInfinity, kInfinity};
  d.change = std::nan("");
  if (changes.empty()) return d;
  std::sort(changes.begin(), changes.end());
  d.change = quantile_of_sorted(changes, 0.5);
  d.values_a = d.values_b = static_cast<double>(changes.size());
  const boost::math::binomial half(static_cast<double>(changes.size()), 0.5);
  // The k-th smallest and k-th largest hold the median with 1 - 2 P(X ≤ k - 1), X binomial(n, 1/2).
  for (std::size_t k = changes.size() / 2; k >= 1; k--)
    if (1 - 2 * boost::math::cdf(half, static_cast<double>(k - 1)) >= confidence) {
      d.interval = {changes[k - 1], changes[changes.size() - k]};
      d.detectable = std::max(d.interval.high - d.change, d.change - d.interval.low);
      break;
    }
  const auto less = std::count_if(changes.begin(), changes.end(), [](double r) { return r < 0; });
  const auto more = std::count_if(changes.begin(), changes.end(), [](double r) { return r > 0; });
  if (less + more > 0) {
    const boost::math::binomial sign(static_cast<double>(less + more), 0.5);
    d.p_value = std::min(1.0, 2 * boost::math::cdf(sign, static_cast<double>(std::min(less, more))));
  }
  d.effect = static_cast<double>(more - less) / static_cast<double>(changes.size());
  return d;
}

double dominance(const Histogram& a, const Histogram& b) {
  if (a.empty() || b.empty()) return 0;
  const std::vector<Histogram::Bucket> of_a = a.buckets(), of_b = b.buckets();
  double larger = 0, smaller = 0, below = 0;  // below: values of A in lower buckets than B's
  auto at = of_a.begin();
  for (const Histogram::Bucket& bucket : of_b) {
    for (; at != of_a.end() && at->low < bucket.low; ++at) below += static_cast<double>(at->count);
    const double same = at != of_a.end() && at->low == bucket.low ? static_cast<double>(at->count) : 0;
    larger += below * static_cast<double>(bucket.count);
    smaller += (static_cast<double>(a.count()) - below - same) * static_cast<double>(bucket.count);
  }
  return (larger - smaller) / (static_cast<double>(a.count()) * static_cast<double>(b.count()));
}

}  // namespace assay
