// Adds up what the recorders hand over, keeps the time line, samples the targets' own figures, and tells the observer.
//
// Used by the engine's thread; sampling runs on a thread of its own, because a stalled target may block it.
#pragma once

#include "core/phases.h"
#include "core/run.h"
#include "core/slot.h"

#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace assay {

class Collector {
 public:
  Collector(const RunPlan&, const std::vector<std::unique_ptr<GroupRun>>&, const Phases&, RunObserver&);
  ~Collector();
  /// True once an interval, shortly after it ended and its figures are in.
  bool collect(TimePoint now);
  const std::vector<GroupOutcome>& so_far() const noexcept { return outcomes_; }
  /// A group that joins the run; it is behind those that there are.
  void add(const GroupPlan&);
  /// Empties the mailboxes a last time, tells that, and fills groups and target_series.
  void finish(RunOutcome&, TimePoint now);

 private:
  struct Sampling;
  void take(std::size_t group, const Interval&);
  void tell(TimePoint now);

  const RunPlan& plan_;
  const std::vector<std::unique_ptr<GroupRun>>& groups_;
  const Phases& phases_;
  RunObserver& observer_;
  std::vector<GroupOutcome> outcomes_;
  std::vector<GroupStats> recent_;  // what ended since the observer was last told
  TimePoint told_{};
  std::uint64_t operations_ = 0, errors_ = 0;
  std::vector<Target*> targets_;
  std::vector<std::unique_ptr<Sampling>> samplings_;
};

}  // namespace assay
