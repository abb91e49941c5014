// The load of `assay run`: one run, or a search for the highest rate at which a condition holds, whose last run counts.
#pragma once

#include "cli/job.h"
#include "core/run.h"
#include "results/threshold.h"

#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace assay::cli {

/// --duration, --rate, --clients, … and what judges a run, ends it early or repeats it: --fail-if, --abort-if,
/// --until-steady, --find-max.
std::span<const OptionSpec> load_options();
/// Says which of them would have no effect or contradict each other.
void require_of_load(const Options& own, std::vector<std::string>& mistakes);

/// What the user's options ask of a run, as the workload is told.
RunOptions run_options_of(const JobSetup&);

/// The conditions of the options.
struct LoadConditions {
  /// Throws Error when one is not understood.
  explicit LoadConditions(const Options& own);
  std::vector<Threshold> fail_if, abort_if;
  std::optional<Threshold> find_max;
  /// Throws Error when one names an operation or a group that the run does not have.
  void require_names(const RunPlan&) const;
};

/// What came of it.
struct Load {
  RunPlan plan;  // as it was run
  RunOutcome outcome;
  RateSearchFacts search;
  std::vector<Requirement> requirements;  // that the options made, beside --fail-if
  std::vector<std::string> reasons;       // why the run fails
};

/// The plan of one run. Asks the workload for its groups. Throws Error.
RunPlan make_plan(const JobSetup&);

/// Carries it out, with the live panel. Calls Workload::before_run before each run, and after_run after each but the last.
/// Steps of a search are told as notes. `save` is called after each run, before anything that may take long or fail. Throws
/// Error.
Load carry_out_load(const JobSetup&, RunPlan plan, const LoadConditions&, std::stop_token, TerminalProgress&,
                    const std::function<void(const Load&)>& save);

}  // namespace assay::cli
