// The load of `assay run`: one run, or a search for the highest rate at which a condition holds, whose last run counts.
#pragma once

#include "job/executor.h"
#include "job/load_options.h"

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace assay {

/// What came of it.
struct Load {
  RunPlan plan;  // as it was run
  RunOutcome outcome;
  RateSearchFacts search;
  std::vector<Requirement> requirements;  // that the options made, beside --fail-if
  std::vector<std::string> reasons;       // why the run fails
};

/// Carries it out. Calls Executor::after_run after each run but the last. Steps of a search are told as notes. `save` is
/// called after each run, before anything that may take long or fail. Throws Error.
Load carry_out_load(const JobSetup&, Executor&, RunPlan plan, const LoadConditions&, std::stop_token, JobObserver&,
                    const std::function<void(const Load&)>& save);

}  // namespace assay
