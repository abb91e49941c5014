// When assay itself stood still: stopped, suspended, swapped out or without a processor, so that a timer that was due did
// not fire. What became due meanwhile waited for assay and not for the target: it is booked as lag.
//
// A thread sleeps for kBeat again and again; waking up kTolerance later than asked is a standstill from when it should have
// woken up. A busy scheduler makes a thread wait for some milliseconds, and there is no telling that from a short stop: the
// tolerance is several times as long. While a standstill goes on, and right behind it before the watching thread had its
// turn, within() counts what has passed since the last beat. Thread-safe.
#pragma once

#include "base/time.h"

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace assay {

class Standstills {
 public:
  static constexpr Nanos kBeat = std::chrono::milliseconds(10);
  static constexpr Nanos kTolerance = std::chrono::milliseconds(50);
  static constexpr std::size_t kMost = 4096;  // kept apart; what comes later makes the last one longer

  struct Span {
    TimePoint begin, end;
  };

  /// Beats of its own thread; or none, for tests that call beat().
  explicit Standstills(const Clock& clock) : clock_(clock), last_(clock.now()) {}
  ~Standstills() { stop(); }
  Standstills(const Standstills&) = delete;
  Standstills& operator=(const Standstills&) = delete;
  void watch();
  void stop();

  /// One beat, that was due kBeat after the last one.
  void beat(TimePoint now);
  /// How much of [from, to) assay stood still; `to` is not later than now. Costs two loads when the stretch is no longer
  /// than the tolerance.
  Nanos within(TimePoint from, TimePoint to) const { return to - from < kTolerance ? Nanos(0) : sum(from, to); }
  std::vector<Span> all() const;

 private:
  Nanos sum(TimePoint from, TimePoint to) const;

  const Clock& clock_;
  mutable std::mutex mutex_;  // guards last_ and spans_
  TimePoint last_;
  std::vector<Span> spans_;  // ascending, apart from each other
  std::jthread thread_;
};

}  // namespace assay
