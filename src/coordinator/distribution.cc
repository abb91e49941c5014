#include "coordinator/distribution.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace assay::coordinator {
namespace {

/// Neumaier's compensated sum: what a small addend loses beside a large one is kept apart.
double sum_of(std::span<const double> values) {
  double sum = 0, lost = 0;
  for (const double value : values) {
    const double next = sum + value;
    lost += std::abs(sum) >= std::abs(value) ? (sum - next) + value : (value - next) + sum;
    sum = next;
  }
  return sum + lost;
}

}  // namespace

Distribution distribution_of(std::span<const double> values) {
  Distribution out;
  if (values.empty()) return out;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const std::size_t n = sorted.size();
  out.sum = sum_of(sorted);
  out.min = sorted.front();
  out.max = sorted.back();
  out.avg = out.sum / static_cast<double>(n);
  out.median = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  if (n > 1) {
    std::vector<double> squares;
    squares.reserve(n);
    for (const double value : sorted) squares.push_back((value - out.avg) * (value - out.avg));
    out.stddev = std::sqrt(sum_of(squares) / static_cast<double>(n - 1));
  }
  constexpr int kInner = static_cast<int>(Distribution::kBuckets) - 2;
  const double width = (out.max - out.min) / kInner;
  for (int i = 0; i < kInner + 1; i++) out.buckets[static_cast<std::size_t>(i)] = out.min + width * (i - 1);
  out.buckets.back() = out.max;
  for (const double value : sorted) {
    const auto above = std::upper_bound(out.buckets.begin(), out.buckets.end(), value);
    out.counts[static_cast<std::size_t>(above - out.buckets.begin()) - 1]++;
  }
  return out;
}

nlohmann::json to_json(const Distribution& d) {
  return {{"sum", d.sum},
          {"min", d.min},
          {"max", d.max},
          {"avg", d.avg},
          {"median", d.median},
          {"stddev", d.stddev},
          {"histogram", {{"buckets", d.buckets}, {"counts", d.counts}}}};
}

}  // namespace assay::coordinator
