// A pseudo-random permutation of [0, n) that needs no memory: a Feistel network over the smallest even number of bits
// that holds n, walked along its cycle until it is back below n (M. Luby, C. Rackoff: "How to construct pseudorandom
// permutations from pseudorandom functions", 1988; J. Black, P. Rogaway: "Ciphers with arbitrary finite domains",
// 2002). Unlike a hash modulo n it never sends two numbers to the same place. At most 4 rounds of the walk on average.
// Immutable, thread-safe.
#pragma once

#include <cstdint>

namespace assay {

class Permutation {
 public:
  Permutation(std::uint64_t n, std::uint64_t seed) noexcept;
  std::uint64_t operator()(std::uint64_t x) const noexcept;  // x < n

 private:
  std::uint64_t once(std::uint64_t x) const noexcept;

  std::uint64_t n_;
  int half_;  // bits of each half
  std::uint64_t mask_;
  std::uint64_t keys_[4];
};

}  // namespace assay
