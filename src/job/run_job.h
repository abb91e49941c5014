// A run with everything around it, in its order: prepare and check when asked, the load, what the workload concludes, check
// and cleanup again, the result with its verdict.
#pragma once

#include "base/error.h"
#include "job/executor.h"
#include "job/load_options.h"

#include <functional>
#include <stop_token>

namespace assay {

struct JobEnd {
  Document document;
  ExitCode code = ExitCode::ok;
};

/// `stop` ends what is under way, and what was measured is still concluded and looked at, as long as the target answers
/// soon; `stop_after` then ends that. Throws Error when there is nothing to make a result of: the target cannot be reached,
/// an option contradicts what it holds.
JobEnd carry_out_run(const JobSetup&, Executor&, const LoadConditions&, JobObserver&, const std::stop_token& stop,
                     const std::stop_token& stop_after);

}  // namespace assay
