#include "stats/significance.h"

#include "base/error.h"
#include "base/random.h"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace assay {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kPower = 0.8;

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

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

double relative(double a, double b) { return a == 0 ? std::nan("") : (b - a) / a; }

/// The histograms of one run in a form in which many sums of them are cheap: a row of counts for each block of neighbouring
/// intervals, over the buckets that hold anything at all.
class Blocks {
 public:
  explicit Blocks(std::span<const Histogram> intervals) {
    const std::size_t per_block = (intervals.size() + kBlocks - 1) / kBlocks;
    std::vector<Histogram> blocks;
    for (std::size_t i = 0; i < intervals.size(); i++) {
      if (i % per_block == 0) blocks.emplace_back();
      blocks.back().merge(intervals[i]);
      whole_.merge(intervals[i]);
    }
    std::map<std::int64_t, std::size_t> column;  // by the bucket's lowest value
    for (const Histogram::Bucket& bucket : whole_.buckets()) {
      column.emplace(bucket.low.count(), values_.size());
      values_.push_back(static_cast<double>((bucket.low + (bucket.high - bucket.low) / 2).count()));
    }
    for (const Histogram& block : blocks) {
      std::vector<std::uint64_t>& counts = counts_.emplace_back(values_.size());
      for (const Histogram::Bucket& bucket : block.buckets()) counts[column.at(bucket.low.count())] = bucket.count;
    }
  }

  std::size_t size() const noexcept { return counts_.size(); }
  const Histogram& whole() const noexcept { return whole_; }

  /// As many blocks as there are, drawn with replacement, added up.
  void draw(Random& random, std::vector<std::uint64_t>& sum) const {
    sum.assign(values_.size(), 0);
    for (std::size_t i = 0; i < counts_.size(); i++) {
      const std::vector<std::uint64_t>& counts = counts_[random.below(counts_.size())];
      for (std::size_t k = 0; k < sum.size(); k++) sum[k] += counts[k];
    }
  }
  /// The middle of the bucket with the smallest value that at least q of all are not above; 0 when there are none.
  double quantile(const std::vector<std::uint64_t>& sum, double q) const {
    const double total = static_cast<double>(std::accumulate(sum.begin(), sum.end(), std::uint64_t{0}));
    double seen = 0;
    for (std::size_t k = 0; k < sum.size(); k++) {
      seen += static_cast<double>(sum[k]);
      if (seen > 0 && seen >= q * total) return values_[k];
    }
    return 0;
  }

 private:
  Histogram whole_;
  std::vector<double> values_;
  std::vector<std::vector<std::uint64_t>> counts_;
};

}  // namespace

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
  d.relative = relative(d.a, d.b);
  d.values_a = effective_size(a);
  d.values_b = effective_size(b);
  d.interval = {-kInfinity, kInfinity};
  if (a.size() < 2 || b.size() < 2 || d.values_a < 2 || d.values_b < 2) return d;
  const double variance_a = variance_of(a, d.a), variance_b = variance_of(b, d.b);
  const double error_a = variance_a / d.values_a, error_b = variance_b / d.values_b, error = error_a + error_b;
  if (error <= 0) {  // constants
    d.p_value = d.a == d.b ? 1 : 0;
    d.interval = {d.relative, d.relative};
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
  d.relative = (d.b - d.a) / std::abs(d.a);
  d.detectable = (half + student_quantile(2 * kPower - 1, nu) * std::sqrt(error)) / std::abs(d.a);
  return d;
}

std::vector<Difference> compare_quantiles(std::span<const Histogram> a, std::span<const Histogram> b,
                                          std::span<const double> quantiles, double confidence, std::uint64_t seed) {
  const Blocks blocks_a(a), blocks_b(b);
  std::vector<std::vector<double>> drawn(quantiles.size());
  Random random(hash_of(seed, 0xb007));
  std::vector<std::uint64_t> sample_a, sample_b;
  for (int i = 0; i < kResamples && blocks_a.size() >= kLeastBlocks && blocks_b.size() >= kLeastBlocks; i++) {
    blocks_a.draw(random, sample_a);
    blocks_b.draw(random, sample_b);
    for (std::size_t q = 0; q < quantiles.size(); q++) {
      const double in_a = blocks_a.quantile(sample_a, quantiles[q]), in_b = blocks_b.quantile(sample_b, quantiles[q]);
      if (in_a > 0) drawn[q].push_back(relative(in_a, in_b));
    }
  }
  std::vector<Difference> differences;
  for (std::size_t q = 0; q < quantiles.size(); q++) {
    Difference& d = differences.emplace_back();
    d.a = static_cast<double>(blocks_a.whole().quantile(quantiles[q]).count());
    d.b = static_cast<double>(blocks_b.whole().quantile(quantiles[q]).count());
    d.relative = relative(d.a, d.b);
    d.values_a = static_cast<double>(blocks_a.size());
    d.values_b = static_cast<double>(blocks_b.size());
    d.interval = {-kInfinity, kInfinity};
    std::vector<double>& r = drawn[q];
    if (r.size() < kResamples / 2) continue;
    std::sort(r.begin(), r.end());
    d.interval = {quantile_of_sorted(r, (1 - confidence) / 2), quantile_of_sorted(r, (1 + confidence) / 2)};
    const double below = static_cast<double>(std::lower_bound(r.begin(), r.end(), 0.0) - r.begin());
    const double above = static_cast<double>(r.end() - std::upper_bound(r.begin(), r.end(), 0.0));
    const double most = std::max(below, above), n = static_cast<double>(r.size());
    d.p_value = std::min(1.0, 2 * (n - most + 1) / (n + 1));
    const double mean = mean_of(r), error = std::sqrt(variance_of(r, mean));
    const double nu = d.values_a + d.values_b - 2;
    d.detectable = error * (student_quantile(confidence, nu) + student_quantile(2 * kPower - 1, nu));
  }
  return differences;
}

Difference compare_pairs(std::span<const double> a, std::span<const double> b, double confidence) {
  ASSAY_ASSERT(a.size() == b.size() && !a.empty());
  const std::size_t n = a.size();
  std::vector<double> ratios(n);
  for (std::size_t i = 0; i < n; i++) ratios[i] = relative(a[i], b[i]);
  std::erase_if(ratios, [](double r) { return std::isnan(r); });
  Difference d;
  std::vector<double> as(a.begin(), a.end()), bs(b.begin(), b.end());
  std::sort(as.begin(), as.end());
  std::sort(bs.begin(), bs.end());
  d.a = quantile_of_sorted(as, 0.5);
  d.b = quantile_of_sorted(bs, 0.5);
  d.interval = {-kInfinity, kInfinity};
  d.relative = std::nan("");
  if (ratios.empty()) return d;
  std::sort(ratios.begin(), ratios.end());
  d.relative = quantile_of_sorted(ratios, 0.5);
  d.values_a = d.values_b = static_cast<double>(ratios.size());
  const boost::math::binomial half(static_cast<double>(ratios.size()), 0.5);
  // The k-th smallest and k-th largest hold the median with 1 - 2 P(X ≤ k - 1), X binomial(n, 1/2).
  for (std::size_t k = ratios.size() / 2; k >= 1; k--)
    if (1 - 2 * boost::math::cdf(half, static_cast<double>(k - 1)) >= confidence) {
      d.interval = {ratios[k - 1], ratios[ratios.size() - k]};
      d.detectable = std::max(d.interval.high - d.relative, d.relative - d.interval.low);
      break;
    }
  const auto less = std::count_if(ratios.begin(), ratios.end(), [](double r) { return r < 0; });
  const auto more = std::count_if(ratios.begin(), ratios.end(), [](double r) { return r > 0; });
  if (less + more > 0) {
    const boost::math::binomial sign(static_cast<double>(less + more), 0.5);
    d.p_value = std::min(1.0, 2 * boost::math::cdf(sign, static_cast<double>(std::min(less, more))));
  }
  return d;
}

}  // namespace assay
