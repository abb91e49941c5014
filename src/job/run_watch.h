// Watches a run for the conditions that end it: --abort-if, and --until-steady. Shows it on the way by another observer.
#pragma once

#include "core/run.h"
#include "results/measured_run.h"
#include "stats/steadiness.h"

#include <string>
#include <vector>

namespace assay {

/// The figures of a run as conditions ask for them; without outcomes only the names.
MeasuredRun view_of(const RunPlan&);
MeasuredRun view_of(const RunPlan&, const std::vector<GroupOutcome>&, Nanos measured, const std::vector<Event>&);

/// --until-steady: the figures are steady when over the last `window` of the measured time, in each group that works by a
/// schedule, throughput and mean response time each drift by at most `limit` (of their mean, along the fitted line), and
/// their means are known to ± `limit` (95 %).
struct SteadyRule {
  Nanos window{};  // 0: not asked for
  double limit = 0.05;
};

class RunWatch final : public RunObserver {
 public:
  /// All must outlive it.
  RunWatch(const RunPlan& plan, const std::vector<Threshold>& abort_if, SteadyRule steady, RunObserver& shown)
      : plan_(plan), abort_if_(abort_if), steady_(steady), shown_(shown) {}

  void live(const Live& live) override { shown_.live(live); }
  void event(const Event& event) override { shown_.event(event); }
  void interval(std::size_t group, const Interval& interval) override { shown_.interval(group, interval); }
  std::optional<Ending> ends_for(const SoFar&) override;

  /// The condition that held, with its values; empty: none did.
  const std::string& aborted() const noexcept { return aborted_; }
  /// Whether the run became steady, and what was seen last: for the result. Only when it was asked for.
  std::vector<Requirement> requirements() const;

 private:
  bool is_steady(const SoFar&);

  const RunPlan& plan_;
  const std::vector<Threshold>& abort_if_;
  const SteadyRule steady_;
  RunObserver& shown_;
  std::string aborted_, seen_;  // seen_: the steadiness of what was measured last
  bool became_steady_ = false;
};

/// Throughput and mean response time of one group in each whole interval of the last `window` of the measured time; empty
/// before that much was measured. Nested operations are left out. Intervals in which nothing ended have no response time
/// and repeat the one before.
struct RecentFigures {
  std::vector<double> rate, response_ns;
};
RecentFigures recent_figures(const GroupPlan&, const GroupOutcome&, const SoFar&, Nanos window);

}  // namespace assay
