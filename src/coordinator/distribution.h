// One figure of several agents, described as pgdistbench does: sum, min, max, avg, median, stddev and a histogram. Pure.
//
// pgdistbench's own fields are wrong in two places, which are put right: its field "mean" holds the upper median and is left
// out here, and its histogram counts nothing of the least and the greatest value. Here buckets[i] is the lower bound of
// bucket i: ten equal ones from min to max (1 to 10), what is below (0, always empty) and max itself (11).
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <span>

namespace assay::coordinator {

struct Distribution {
  static constexpr std::size_t kBuckets = 12;
  double sum = 0, min = 0, max = 0, avg = 0;
  double median = 0;  // of an even number of values the mean of the two in the middle
  double stddev = 0;  // of the sample: n - 1; 0 of a single value
  std::array<double, kBuckets> buckets{};
  std::array<std::uint64_t, kBuckets> counts{};
};

/// All zeros when there are no values.
Distribution distribution_of(std::span<const double> values);
nlohmann::json to_json(const Distribution&);

}  // namespace assay::coordinator
