// Where on the time line of a run an instant lies. Thread-safe: the end of `measure` may be moved once, to end a run
// early.
#pragma once

#include "base/time.h"
#include "stats/recorder.h"

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace assay {

class Phases {
 public:
  /// `measure` Nanos::max() is until end_now().
  Phases(TimePoint start, Nanos ramp, Nanos warmup, Nanos measure) noexcept
      : start_(start), warmup_begin_(start + ramp), measure_begin_(start + ramp + warmup) {
    measure_end_.store(measure == Nanos::max() ? TimePoint::max() : measure_begin_ + measure,
                       std::memory_order_relaxed);
  }

  TimePoint start() const noexcept { return start_; }
  TimePoint warmup_begin() const noexcept { return warmup_begin_; }
  TimePoint measure_begin() const noexcept { return measure_begin_; }
  TimePoint measure_end() const noexcept { return measure_end_.load(std::memory_order_relaxed); }
  /// Ends `measure` (or what comes before it) at `now`, if it has not ended yet.
  void end_now(TimePoint now) noexcept {
    TimePoint end = measure_end();
    while (now < end && !measure_end_.compare_exchange_weak(end, now, std::memory_order_relaxed)) {
    }
  }

  Phase at(TimePoint t) const noexcept {
    if (t >= measure_end()) return Phase::drain;
    if (t >= measure_begin_) return Phase::measure;
    return t >= warmup_begin_ ? Phase::warmup : Phase::ramp;
  }
  /// The end of the phase that `t` lies in.
  TimePoint end_of_phase(TimePoint t) const noexcept {
    switch (at(t)) {
      case Phase::ramp:
        return std::min(warmup_begin_, measure_end());
      case Phase::warmup:
        return std::min(measure_begin_, measure_end());
      case Phase::measure:
        return measure_end();
      case Phase::drain:
        break;
    }
    return TimePoint::max();
  }

 private:
  const TimePoint start_, warmup_begin_, measure_begin_;
  std::atomic<TimePoint> measure_end_;
};

}  // namespace assay
