// What agents have told of a run so far, merged piece by piece: the live figures of the whole, and what each told, for the
// case that it is lost. Used by one thread.
#pragma once

#include "core/run.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace assay::coordinator {

class LiveRun {
 public:
  LiveRun(const RunPlan&, std::size_t agents);
  /// A piece of an agent's time line (job/outcome.h). Throws Error when it is none.
  void add(std::size_t agent, const nlohmann::json& piece);
  /// Figures since the last call.
  Live take_live(Phase, Nanos since_start, Nanos left, Nanos since_last);
  const std::vector<GroupOutcome>& merged() const noexcept { return merged_; }
  /// What one agent has told.
  RunOutcome of_agent(std::size_t agent) const;
  std::uint64_t completed(std::size_t agent) const noexcept { return completed_[agent]; }

 private:
  const RunPlan& plan_;
  std::vector<GroupOutcome> merged_;
  std::vector<std::vector<GroupOutcome>> told_;  // by agent
  std::vector<GroupStats> recent_;
  std::vector<std::uint64_t> completed_;
  Phase phase_ = Phase::ramp;
  std::uint64_t phase_operations_ = 0, phase_errors_ = 0;
};

}  // namespace assay::coordinator
