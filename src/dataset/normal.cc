#include "dataset/normal.h"

#include <algorithm>
#include <cmath>

namespace assay::dataset {
namespace {

double ratio(const double (&above)[8], const double (&below)[8], double r) noexcept {
  double a = above[7], b = below[7];
  for (int i = 6; i >= 0; i--) {
    a = a * r + above[i];
    b = b * r + below[i];
  }
  return a / b;
}

double cumulative(double x) noexcept { return 0.5 * std::erfc(-x * 0.70710678118654752440); }

}  // namespace

double normal_quantile(double p) noexcept {
  static constexpr double kA[] = {3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                                  1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                  3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static constexpr double kB[] = {1.0,
                                  4.2313330701600911252e+1,
                                  6.8718700749205790830e+2,
                                  5.3941960214247511077e+3,
                                  2.1213794301586595867e+4,
                                  3.9307895800092710610e+4,
                                  2.8729085735721942674e+4,
                                  5.2264952788528545610e+3};
  static constexpr double kC[] = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                                  3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                                  2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr double kD[] = {1.0,
                                  2.05319162663775882187e0,
                                  1.67638483018380384940e0,
                                  6.89767334985100004550e-1,
                                  1.48103976427480074590e-1,
                                  1.51986665636164571966e-2,
                                  5.47593808499534494600e-4,
                                  1.05075007164441684324e-9};
  static constexpr double kE[] = {6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                                  2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                  2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double kF[] = {1.0,
                                  5.99832206555887937690e-1,
                                  1.36929880922735805310e-1,
                                  1.48753612908506148525e-2,
                                  7.86869131145613259100e-4,
                                  1.84631831751005468180e-5,
                                  1.42151175831644588870e-7,
                                  2.04426310338993978564e-15};
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) return q * ratio(kA, kB, 0.180625 - q * q);
  const double r = std::sqrt(-std::log(q < 0 ? p : 1 - p));
  const double x = r <= 5 ? ratio(kC, kD, r - 1.6) : ratio(kE, kF, r - 5);
  return q < 0 ? -x : x;
}

NormalIndex::NormalIndex(double mean, double deviation, std::uint64_t count) noexcept
    : mean_(mean), deviation_(deviation), last_(count - 1) {
  low_ = cumulative((-0.5 - mean) / deviation);
  share_ = cumulative((static_cast<double>(last_) + 0.5 - mean) / deviation) - low_;
}

std::uint64_t NormalIndex::operator()(std::uint64_t random) const noexcept {
  const double unit = (static_cast<double>(random >> 11) + 0.5) * 0x1.0p-53, p = low_ + unit * share_;
  // Where nothing of the distribution lies within, all are at the nearer end.
  if (!(p > 0) || !(p < 1))
    return mean_ < 0 ? 0 : mean_ > static_cast<double>(last_) ? last_ : static_cast<std::uint64_t>(mean_);
  const double x = std::floor(mean_ + deviation_ * normal_quantile(p) + 0.5);
  return x <= 0 ? 0 : x >= static_cast<double>(last_) ? last_ : static_cast<std::uint64_t>(x);
}

}  // namespace assay::dataset
