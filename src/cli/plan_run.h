// assay plan run: a plan carried out, run after run, each with a result of its own, and what they came to in one table.
#pragma once

#include "base/error.h"
#include "plan/plan.h"

#include <filesystem>
#include <string>

namespace assay::cli {

struct PlanRunOptions {
  std::string name;               // of the plan, for its folder
  std::filesystem::path results;  // empty: results/NAME-TIME
  std::string only;               // empty: all benchmarks
  bool quiet = false;
};

/// All is checked before anything is done: throws Error. A run that fails ends none but those that need the same target
/// when that is gone. Answers the gravest of what the runs came to.
ExitCode run_plan(const plan::Plan&, const PlanRunOptions&);

}  // namespace assay::cli
