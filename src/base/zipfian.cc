#include "base/zipfian.h"

#include <algorithm>
#include <cmath>

namespace assay {

// H(x) = (x^(1-θ) - 1) / (1-θ), and log x for θ = 1; expm1 and log1p keep it exact when θ is near 1, as YCSB's is.
double Zipfian::integral(double x) const noexcept {
  const double e = 1 - theta_;
  return e == 0 ? std::log(x) : std::expm1(e * std::log(x)) / e;
}

double Zipfian::inverse_integral(double y) const noexcept {
  const double e = 1 - theta_;
  return e == 0 ? std::exp(y) : std::exp(std::log1p(std::max(-1.0, e * y)) / e);
}

double Zipfian::density(double x) const noexcept { return std::pow(x, -theta_); }

Zipfian::Zipfian(double theta, std::uint64_t n) noexcept : theta_(theta) {
  low_ = integral(1.5) - 1;
  sure_ = 2 - inverse_integral(integral(2.5) - density(2));
  resize(n);
}

void Zipfian::resize(std::uint64_t n) noexcept {
  if (n == n_) return;
  n_ = n;
  high_ = integral(static_cast<double>(n) + 0.5);
}

std::uint64_t Zipfian::draw(Random& random) const noexcept {
  const double most = static_cast<double>(n_);
  for (;;) {
    const double u = high_ + random.unit() * (low_ - high_);
    const double x = inverse_integral(u);
    const double rank = std::clamp(std::floor(x + 0.5), 1.0, most);
    if (rank - x <= sure_ || u >= integral(rank + 0.5) - density(rank))
      return std::min(static_cast<std::uint64_t>(rank), n_) - 1;
  }
}

}  // namespace assay
