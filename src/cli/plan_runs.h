// The runs that a plan comes to: every benchmark, on each of its systems, each step, each repetition, in this order.
//
// Runs of a benchmark and system whose options make the same data share it: the first of them makes it and the last removes
// it, when the plan asks for that; with `drop-data` each run makes its own. Repetition n draws by seed + n - 1 from data of
// the seed. Pure but for open(), which reads secrets. A PlannedRun refers to the plan, which outlives it.
#pragma once

#include "base/error.h"
#include "job/executor.h"
#include "job/load_options.h"
#include "job/setup.h"
#include "plan/plan.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace assay::cli {

struct PlannedRun {
  const plan::Benchmark* benchmark = nullptr;
  const plan::System* system = nullptr;
  const plan::Runner* runner = nullptr;  // nullptr: this process
  const plan::Step* step = nullptr;
  std::string name;  // "ladder-postgres-low-2": of its result
  std::uint64_t seed = 1;
  bool prepare = false, cleanup = false;
};

/// Throws one Error for all that this build cannot carry out: a workload it does not have, a system it would have to make.
/// `only` is the name of a benchmark; empty is all.
std::vector<PlannedRun> planned_runs(const plan::Plan&, std::string_view only);

/// Checks all and opens the targets, without talking to them. The secrets of its systems are read. Throws Error.
std::unique_ptr<JobSetup> open(const plan::Plan&, const PlannedRun&, bool quiet);
LoadConditions conditions_of(const PlannedRun&, const JobSetup&);

/// Who carries it out: the agents of its runner, or this process. All outlives it.
std::unique_ptr<Executor> executor_for(const PlannedRun&, const JobSetup&, JobObserver&);

/// The password of a system stands in none of the texts of a plan. Throws Error: no such variable or file, no place for it in
/// the URL.
std::string url_with_password(const plan::System&);
std::string read_secret(const plan::SecretReference&);
/// Of its agents, or ASSAY_TOKEN. Throws Error as require_token() does.
std::string token_of(const plan::Runner&);

/// By the order of docs/exit-codes.md; what ended before anything was measured is graver than any of it.
ExitCode graver(ExitCode, ExitCode) noexcept;

}  // namespace assay::cli
