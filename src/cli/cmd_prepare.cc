// assay prepare WORKLOAD: makes the workload's data in the target; goes on where an interrupted one stopped.

#include "cli/agents_options.h"
#include "cli/job_arguments.h"

namespace assay::cli {

Command prepare_command() {
  return {"prepare",
          "WORKLOAD --target URL [options]",
          "Make the data of a workload in the target; resumes an interrupted load.",
          true,
          {quiet_target_options(), job_options(), agents_options()},
          [](std::span<const std::string> arguments) {
            const auto setup = setup_from(find_command("prepare"), arguments);
            if (setup == nullptr) return ExitCode::ok;
            const SignalWatch signals("what was loaded stays, and prepare goes on with it");
            TerminalObserver observer(*setup);
            RunControl none;
            const std::unique_ptr<Executor> who = executor_with(*setup, observer, none);
            if (!setup->workload->leaves_target_alone()) who->facts();
            who->prepare(signals.token());
            if (!setup->verify()) return ExitCode::ok;
            const CheckOutcome outcome = who->check(signals.token());
            observer.progress().finish();
            if (!is_quiet(*setup) || !outcome.findings.empty()) print_outcome(outcome, "after prepare");
            return outcome.findings.empty() ? ExitCode::ok : ExitCode::check_failed;
          },
          kPrepare};
}

}  // namespace assay::cli
