// How steady a series of equally spaced values was: how much it varies, whether it drifts, how well its mean is known.
//
// Pure; any unit. At most thirty equal stretches of the series are compared, so that a long run is not judged by the noise
// of its seconds. The drift is that of the least-squares line, as in fio's steady state (slope); the mean's interval is
// Student's with the effective size of the whole series (significance.h), so that neighbours that resemble each other do
// not make it narrower than it is.
#pragma once

#include <optional>
#include <span>

namespace assay {

struct Steadiness {
  std::size_t windows = 0;  // 30, or one for each value when there are fewer
  double mean = 0;          // of a window, as the sum of its values
  double variation = 0;     // standard deviation of the windows / mean
  double drift = 0;         // change along the fitted line from the first to the last window / mean
  double uncertainty = 0;   // half of the mean's 95 % interval / mean
};

inline constexpr std::size_t kLeastSteady = 10;  // values
/// nullopt: too short (fewer than kLeastSteady values), or nothing happened (the mean is not above 0).
std::optional<Steadiness> steadiness(std::span<const double> values);

}  // namespace assay
