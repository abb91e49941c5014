// Time as assay measures it: nanoseconds on the monotonic clock, and the seam through which tests put their own clock.
//
// Every instant on the measured path is a TimePoint. Wall-clock time is used for two things only: to name results, and
// to notice that the machine's clock was changed or the machine was suspended (see core/engine.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>

namespace assay {

using Nanos = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Nanos>;
using WallTime = std::chrono::time_point<std::chrono::system_clock, Nanos>;

/// Of one of the kernel's monotonic clocks. Not by steady_clock::now(), which is this behind two calls more.
inline TimePoint monotonic(clockid_t clock) noexcept {
  timespec t{};
  clock_gettime(clock, &t);
  return TimePoint(std::chrono::seconds(t.tv_sec) + Nanos(t.tv_nsec));
}

/// As of the kernel's last tick: at most kCoarseTick old, at a quarter of the cost. For time-outs, which then add the tick.
inline TimePoint coarse_now() noexcept { return monotonic(CLOCK_MONOTONIC_COARSE); }
constexpr Nanos kCoarseTick = std::chrono::milliseconds(10);

/// The clock seam. Thread-safe. Real code uses system_clock_seam(); tests pass a clock they move themselves.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const noexcept { return monotonic(CLOCK_MONOTONIC); }
  virtual WallTime wall() const noexcept { return std::chrono::system_clock::now(); }
};

/// The machine's clocks. Lives for the whole process.
inline const Clock& real_clock() noexcept {
  static const Clock clock;
  return clock;
}

/// Both clocks at one instant: of several readings the one that took least. What stands still between two readings of
/// its own takes the time for a difference of the clocks.
struct Instant {
  TimePoint now{};
  WallTime wall{};
};
inline Instant read_together(const Clock& clock) noexcept {
  Instant best;
  Nanos least = Nanos::max();
  for (int i = 0; i < 5; i++) {
    const TimePoint before = clock.now();
    const WallTime wall = clock.wall();
    const Nanos took = clock.now() - before;
    if (took >= least) continue;
    least = took;
    best = {before + took / 2, wall};
  }
  return best;
}

constexpr double to_seconds(Nanos t) noexcept { return static_cast<double>(t.count()) / 1e9; }
constexpr double to_millis(Nanos t) noexcept { return static_cast<double>(t.count()) / 1e6; }
constexpr Nanos from_seconds(double s) noexcept { return Nanos(static_cast<std::int64_t>(s * 1e9)); }

}  // namespace assay
