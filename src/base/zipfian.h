// Zipf's distribution: rank r of n is drawn with probability r^-θ / Σ i^-θ, exactly, for any θ > 0.
//
// Drawn by rejection-inversion (W. Hörmann, G. Derflinger: "Rejection-inversion to generate variates from monotone
// discrete distributions", ACM TOMACS 6(3), 1996). The usual formula of YCSB (J. Gray et al.: "Quickly generating
// billion-record synthetic databases", SIGMOD 1994, the same distribution with YCSB's constant θ = 0.99) approximates
// all ranks above 2 and needs the sum ζ(n, θ) over all n, which takes minutes for a large n and must be carried on when
// n grows. This one needs no sum: setting n costs two transcendental functions, so n may grow with every insert.
// Belongs to one thread.
#pragma once

#include "base/random.h"

#include <cstdint>

namespace assay {

class Zipfian {
 public:
  explicit Zipfian(double theta = 0.99, std::uint64_t n = 1) noexcept;
  void resize(std::uint64_t n) noexcept;  // n > 0; free when n is what it was
  /// A rank in [0, n): 0 is the most frequent.
  std::uint64_t draw(Random&) const noexcept;

 private:
  double integral(double x) const noexcept;          // H(x), an antiderivative of x^-θ
  double inverse_integral(double y) const noexcept;  // H⁻¹
  double density(double x) const noexcept;           // x^-θ

  double theta_;
  std::uint64_t n_ = 0;
  double low_, high_ = 0;  // of H over the ranks: H(1.5) - 1 and H(n + 0.5)
  double sure_;            // a draw that is rounded up by at most this much is accepted without a look
};

}  // namespace assay
