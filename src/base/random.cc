#include "base/random.h"

#include <cmath>

namespace assay {

Random::Random(std::uint64_t seed) noexcept {
  for (std::uint64_t& word : s_) word = seed = mix(seed);
}

double Random::exponential(double mean) noexcept { return -std::log1p(-unit()) * mean; }

}  // namespace assay
