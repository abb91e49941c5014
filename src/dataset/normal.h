// The normal distribution's quantiles, and numbers of a range that follow it.
#pragma once

#include <cstdint>

namespace assay::dataset {

/// Φ⁻¹(p), 0 < p < 1, to about 1 part in 10^16: algorithm AS 241, PPND16 (M. J. Wichura: "The percentage points of the normal
/// distribution", Applied Statistics 37, 1988).
double normal_quantile(double p) noexcept;

/// Whole numbers 0 to count-1 (2^64 when count is 0): those to which a normal number is rounded, cut off at both ends.
class NormalIndex {
 public:
  NormalIndex(double mean, double deviation, std::uint64_t count) noexcept;
  std::uint64_t operator()(std::uint64_t random) const noexcept;

 private:
  double mean_, deviation_, low_, share_;  // low_, share_: of the probability, what lies within
  std::uint64_t last_;
};

}  // namespace assay::dataset
