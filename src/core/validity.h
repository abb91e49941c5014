// Whether the figures of a run can be trusted: what would make them assay's own doing and not the target's. A text of each
// verdict is a reason for INVALID. Pure, but for the clocks that ClockWatch reads.
#pragma once

#include "core/phases.h"
#include "core/standstill.h"
#include "core/workload.h"
#include "stats/facts.h"

#include <string>
#include <vector>

namespace assay {

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

/// Assay stood still for more than 250 ms at once, or for more than 250 ms and 1 % of the measured time together.
/// Operations that were waiting have it as lag; those under way have it in their service time, where nobody can tell it from
/// the target's: so there must not be much of it. Counted from the begin of `measure` to the end of the drain.
std::vector<std::string> standstill_verdict(const std::vector<Standstills::Span>&, const Phases&, TimePoint drained);
/// The standstills on the time line of a run, the part of them that lies in it; beyond the first 20 they are one event.
std::vector<Event> standstill_events(const std::vector<Standstills::Span>&, TimePoint start);

}  // namespace assay
