// The load of `assay run`: one run, or a search for the highest rate at which a condition holds, whose last run counts.
#pragma once

#include "cli/load_options.h"

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace assay::cli {

/// What came of it.
struct Load {
  RunPlan plan;  // as it was run
  RunOutcome outcome;
  RateSearchFacts search;
  std::vector<Requirement> requirements;  // that the options made, beside --fail-if
  std::vector<std::string> reasons;       // why the run fails
};

/// Carries it out, with the live panel. Calls Workload::before_run before each run, and after_run after each but the last.
/// Steps of a search are told as notes. `save` is called after each run, before anything that may take long or fail. Throws
/// Error.
Load carry_out_load(const JobSetup&, RunPlan plan, const LoadConditions&, std::stop_token, TerminalProgress&,
                    const std::function<void(const Load&)>& save);

}  // namespace assay::cli
