// The options that have agents carry out a job, of every command that takes them.
#pragma once

#include "coordinator/backend.h"
#include "core/control.h"
#include "core/options.h"
#include "job/executor.h"

#include <memory>
#include <span>

namespace assay::cli {

/// --agents, --agent-token-file, --agent-ca, --on-agent-loss.
std::span<const OptionSpec> agents_options();

/// The agents that the options name, as who carries out a job; empty when they name none, and this process does. Throws
/// Error.
MakeExecutor agents_of(const Options&);
/// They, or this process, as the options of the job say. All outlive it.
std::unique_ptr<Executor> executor_with(const JobSetup&, JobObserver&, RunControl&);

/// So many agents of this machine, or, when `processes` is 0, those at the addresses.
std::unique_ptr<coordinator::Backend> backend_of(std::size_t processes, const coordinator::AgentAddresses&,
                                                 JobObserver&);

}  // namespace assay::cli
