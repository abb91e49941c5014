// Shard: this process's share of the whole job; the only distribution concept. Nothing is exchanged while running.
#pragma once

#include <cstdint>

namespace assay {

struct Shard {
  std::uint32_t index = 0, count = 1;
  /// How many of `n` things numbered 0 … n-1 are ours, when thing i belongs to shard i mod count.
  std::uint64_t share(std::uint64_t n) const noexcept { return n / count + (index < n % count ? 1 : 0); }
  /// The number in the whole of our k-th thing.
  std::uint64_t global(std::uint64_t k) const noexcept { return k * count + index; }
  bool mine(std::uint64_t i) const noexcept { return i % count == index; }
};

}  // namespace assay
