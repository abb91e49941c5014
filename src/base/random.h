// Random numbers, in the two ways assay needs them.
//
// hash_of(seed, …) is a pure function: generated data is f(seed, table, column, row), so any process can make any part
// of it in any order. Random is a stream for what happens during a run, one per purpose and client, all from one
// printed seed.
#pragma once

#include <cstdint>

namespace assay {

__extension__ using Uint128 = unsigned __int128;

/// SplitMix64's finalizer (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014): a
/// bijection of 64 bits with full avalanche.
constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

[[gnu::always_inline]] constexpr std::uint64_t hash_of(std::uint64_t seed) noexcept { return mix(seed); }
template <class... Rest>
[[gnu::always_inline]] constexpr std::uint64_t hash_of(std::uint64_t seed, std::uint64_t first, Rest... rest) noexcept {
  return hash_of(mix(seed) ^ (first * 0xd6e8feb86659fd93ull), rest...);
}

/// xoshiro256** 1.0 (Blackman, Vigna: "Scrambled linear pseudorandom number generators", 2021). Not thread-safe.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept;
  std::uint64_t next() noexcept {
    const std::uint64_t result = rotl(s_[1] * 5, 7) * 9, t = s_[1] << 17;
    s_[2] ^= s_[0];
    s_[3] ^= s_[1];
    s_[1] ^= s_[2];
    s_[0] ^= s_[3];
    s_[2] ^= t;
    s_[3] = rotl(s_[3], 45);
    return result;
  }
  /// Uniform in [0, n), n > 0, without bias worth naming (multiply-shift of 64 bits; bias below n / 2^64).
  std::uint64_t below(std::uint64_t n) noexcept {
    return static_cast<std::uint64_t>((static_cast<Uint128>(next()) * n) >> 64);
  }
  /// Uniform in [low, high], both included.
  std::int64_t between(std::int64_t low, std::int64_t high) noexcept {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  /// Uniform in [0, 1).
  double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  /// Exponential with the given mean.
  double exponential(double mean) noexcept;

  using result_type = std::uint64_t;  // so that std::shuffle and the like take it
  static constexpr result_type min() noexcept { return 0; }
  static constexpr result_type max() noexcept { return ~result_type{0}; }
  result_type operator()() noexcept { return next(); }

 private:
  static constexpr std::uint64_t rotl(std::uint64_t x, int k) noexcept { return (x << k) | (x >> (64 - k)); }
  std::uint64_t s_[4];
};

}  // namespace assay
