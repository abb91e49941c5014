// The arithmetic mean of a sample that is not empty.
#pragma once

#include <numeric>
#include <span>

namespace assay {

inline double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace assay
