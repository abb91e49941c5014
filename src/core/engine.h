// The engine: carries out a RunPlan. Opens every session first, then starts all groups at one instant, keeps the
// phases, collects what the threads recorded, and ends the run: by its time, by its count, or because it was asked to.
//
// measure ends → nothing new falls due → drain: what was due is waited for, at most RunPlan::drain → what is still
// under way is cancelled, and what was due and never begun is counted as timed out: the response times of a stalled
// target are not cut off.
#pragma once

#include "core/control.h"
#include "core/run.h"

#include <stop_token>

namespace assay {

/// Blocks until the run is over. Throws Error(unreachable) when a session cannot be opened at the start. A stop request
/// ends the phase and makes the outcome partial. The observer is called on the calling thread. `control`, if given, takes
/// changes from when all sessions are open until the measured time ends.
RunOutcome run(const RunPlan&, std::stop_token, RunObserver&, const Clock& = real_clock(),
               RunControl* control = nullptr);

/// Compares the monotonic with the wall clock: a jump of one against the other beyond the tolerance means that somebody
/// set the clock or that the machine was suspended.
class ClockWatch {
 public:
  static constexpr Nanos kTolerance = std::chrono::milliseconds(250);
  explicit ClockWatch(const Clock& clock) : clock_(clock), offset_(offset()) {}
  /// How far the wall clock jumped since the last call; 0 within the tolerance.
  Nanos jump();

 private:
  Nanos offset() const { return clock_.wall().time_since_epoch() - clock_.now().time_since_epoch(); }
  const Clock& clock_;
  Nanos offset_;
};

/// Why the figures of the measured time cannot be trusted because of assay itself; empty when they can. Lag: p99 above
/// 10 ms and above 5 % of the response's p99, over all operations of the group that succeeded and are not nested.
std::vector<std::string> lag_verdict(const Group& group, const GroupStats& measure);

}  // namespace assay
