#include "base/permutation.h"

#include "base/random.h"

#include <algorithm>
#include <bit>

namespace assay {

Permutation::Permutation(std::uint64_t n, std::uint64_t seed) noexcept
    : n_(n),
      half_(std::max(1, (static_cast<int>(std::bit_width(n - 1)) + 1) / 2)),
      mask_((std::uint64_t{1} << half_) - 1) {
  for (std::uint64_t round = 0; round < 4; round++) keys_[round] = hash_of(seed, round);
}

std::uint64_t Permutation::once(std::uint64_t x) const noexcept {
  std::uint64_t left = x >> half_, right = x & mask_;
  for (const std::uint64_t key : keys_) {
    const std::uint64_t swapped = left ^ (mix(right ^ key) & mask_);
    left = right;
    right = swapped;
  }
  return left << half_ | right;
}

std::uint64_t Permutation::operator()(std::uint64_t x) const noexcept {
  do {
    x = once(x);
  } while (x >= n_);
  return x;
}

}  // namespace assay
