// What a user asks of the load of `assay run`: the options, what contradicts what, the plan and the conditions they make.
#pragma once

#include "core/run.h"
#include "job/setup.h"
#include "results/measured_run.h"
#include "results/threshold.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// --duration, --rate, --clients, … and what judges a run, ends it early or repeats it: --fail-if, --abort-if,
/// --until-steady, --find-max.
std::span<const OptionSpec> load_options();
/// Says which of them would have no effect or contradict each other.
void require_of_load(const Options& own, std::vector<std::string>& mistakes);

/// A --duration that is no end: longer than anybody waits.
inline constexpr std::string_view kUntilStopped = "87600h";
/// RunPlan::duration of the options: Nanos::max() when only a count, or whoever stops it, ends the run.
Nanos measured_time(const Options& own);
/// The same for these groups: without a --duration also when they end by themselves.
Nanos measured_time(const Options& own, const std::vector<GroupPlan>&);

/// What the user's options ask of a run, as the workload is told.
RunOptions run_options_of(const JobSetup&);
/// Throws Error for what the workloads of the run refuse of that.
void require_of_workloads(const JobSetup&);

/// The conditions of the options.
struct LoadConditions {
  /// Throws Error when one is not understood.
  explicit LoadConditions(const Options& own);
  /// With these in place of --fail-if and --abort-if.
  LoadConditions(const Options& own, std::vector<Threshold> fail_if, std::vector<Threshold> abort_if);
  std::vector<Threshold> fail_if, abort_if;
  std::optional<Threshold> find_max;
  /// Throws Error when one names an operation or a group that the run does not have.
  void require_names(const RunPlan&) const;
  /// The same before the target is asked, as far as the workloads know the names then.
  void require_names(const JobSetup&) const;

 private:
  void require_names(const MeasuredRun&) const;
};

/// The plan of one run. Asks the workload for its groups. Throws Error.
RunPlan make_plan(const JobSetup&);

}  // namespace assay
