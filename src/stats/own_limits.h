// The limits beyond which assay itself, and not the target, is taken for what a run was limited by: one rule for the engine
// that judges its own run (core/validity.h) and for the report that judges each of several agents. Pure.
#pragma once

#include "base/time.h"

#include <algorithm>
#include <cstdint>

namespace assay {

inline constexpr Nanos kMostLag = std::chrono::milliseconds(10);
inline constexpr double kMostLagOfResponse = 0.05;
inline constexpr double kMostOfALoop = 0.9;

/// The p99 of lag up to which it is taken for harmless, of a load whose response times have this p99.
inline Nanos most_lag(Nanos response99) {
  return std::max(kMostLag,
                  Nanos(static_cast<Nanos::rep>(kMostLagOfResponse * static_cast<double>(response99.count()))));
}

/// Whether assay was late by so much that the figures are its own doing.
inline bool lag_is_too_much(Nanos lag99, Nanos response99) { return lag99 > most_lag(response99); }

/// Of so few operations the p99 is one of the two longest, and says nothing: the third longest is judged in its place.
inline constexpr std::uint64_t kFewOperations = 300;
inline double judged_quantile(std::uint64_t operations) {
  if (operations >= kFewOperations) return 0.99;
  return operations < 3 ? 0 : 1 - 2.5 / static_cast<double>(operations);
}

/// Whether a loop that was busy for this share of the measured time may have been what limited the load.
inline bool loop_is_full(double busiest_loop) { return busiest_loop > kMostOfALoop; }

}  // namespace assay
