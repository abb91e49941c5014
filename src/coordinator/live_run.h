// What agents have told of a run so far, merged piece by piece: the live figures of the whole, and what each told, for the
// case that it is lost. Used by one thread.
#pragma once

#include "core/run.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace assay::coordinator {

class LiveRun {
 public:
  LiveRun(const RunPlan&, std::size_t agents);
  /// A piece of an agent's time line (job/outcome.h), which `observer` is told of as well. Throws Error when it is none.
  void add(std::size_t agent, const nlohmann::json& piece, RunObserver& observer);
  /// The CPU that an agent's process has used so far, as it told at an instant.
  void tell_cpu(std::size_t agent, Nanos used, TimePoint at);
  /// Figures since the last call, those of the agents among them, in their order: what they measured, not who they are.
  /// `measured_until`: the end of the measured time, or when the run was stopped, since the start.
  Live take_live(Phase, Nanos since_start, Nanos left, Nanos measured_until);
  const std::vector<GroupOutcome>& merged();
  /// What one agent has told.
  RunOutcome of_agent(std::size_t agent) const;

 private:
  void add_pending(std::size_t group);
  const RunPlan& plan_;
  std::vector<GroupOutcome> merged_;
  /// What their series do not have yet, by group: the intervals of many agents are added to it as one.
  std::vector<std::map<std::pair<std::int64_t, Phase>, GroupStats>> pending_;
  std::vector<std::vector<GroupOutcome>> told_;  // by agent
  std::vector<GroupStats> recent_;
  std::vector<Interval> read_;  // the piece at hand, by group
  /// Of an agent. What it tells is of whole intervals, of which a second may bring none or two: rates are by how many came, and
  /// once none came, those of before.
  struct Recent {
    std::vector<std::uint64_t> completed;  // by group
    std::uint64_t errors = 0;
    Histogram lag;
    std::set<std::int64_t> intervals, drained;  // before the end, which may be within the last of them, and behind it
    std::vector<double> rates;                  // by group
    LiveAgent shown;
    bool repeated = false;
    struct Cpu {
      Nanos used{};
      TimePoint at{};
    };
    std::optional<Cpu> before, now;  // as it told it last, before and behind the last figures
    void take(Nanos interval, Nanos measured_until);
  };
  std::vector<Recent> recent_of_;
  std::uint64_t operations_ = 0, errors_ = 0;
};

}  // namespace assay::coordinator
