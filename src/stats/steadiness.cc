#include "stats/steadiness.h"

#include "stats/significance.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace assay {
namespace {

constexpr std::size_t kMostWindows = 30;

double sum_of(std::span<const double> values) { return std::accumulate(values.begin(), values.end(), 0.0); }

/// Half of the 95 % interval of the mean.
double half_width(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  const double mean = sum_of(values) / n, size = effective_size(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  if (size <= 1) return squares > 0 ? std::numeric_limits<double>::infinity() : 0;
  return student_quantile(0.95, size - 1) * std::sqrt(squares / (n - 1) / size);
}

}  // namespace

std::optional<Steadiness> steadiness(std::span<const double> values) {
  if (values.size() < kLeastSteady) return std::nullopt;
  Steadiness s;
  // Whole intervals only: with, say, 40 of them windows of one and of two, each as if it had the average length.
  s.windows = std::min(kMostWindows, values.size());
  const double length = static_cast<double>(values.size()) / static_cast<double>(s.windows);
  std::vector<double> sums;
  for (std::size_t w = 0; w < s.windows; w++) {
    const std::size_t begin = w * values.size() / s.windows, end = (w + 1) * values.size() / s.windows;
    sums.push_back(sum_of(values.subspan(begin, end - begin)) / static_cast<double>(end - begin) * length);
  }
  const auto n = static_cast<double>(s.windows);
  s.mean = sum_of(sums) / n;
  if (!(s.mean > 0)) return std::nullopt;
  double squares = 0, xy = 0, xx = 0;
  for (std::size_t i = 0; i < s.windows; i++) {
    const double x = static_cast<double>(i) - (n - 1) / 2, y = sums[i] - s.mean;
    squares += y * y;
    xy += x * y;
    xx += x * x;
  }
  s.variation = std::sqrt(squares / (n - 1)) / s.mean;
  s.drift = xy / xx * (n - 1) / s.mean;
  s.uncertainty = half_width(values) / (sum_of(values) / static_cast<double>(values.size()));
  return s;
}

}  // namespace assay
