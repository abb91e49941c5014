// assay cleanup WORKLOAD: removes what prepare made in the target, and nothing else.

#include "cli/agents_options.h"
#include "cli/job_arguments.h"

namespace assay::cli {

Command cleanup_command() {
  return {"cleanup",
          "WORKLOAD --target URL [options]",
          "Remove what prepare made in the target, also after a crash, and nothing else.",
          true,
          {quiet_target_options(), job_options(), agents_options()},
          [](std::span<const std::string> arguments) {
            const auto setup = setup_from(find_command("cleanup"), arguments);
            if (setup == nullptr) return ExitCode::ok;
            const SignalWatch signals("cleanup removes the rest when it is called again");
            TerminalObserver observer(*setup);
            RunControl none;
            const std::unique_ptr<Executor> who = executor_with(*setup, observer, none);
            who->facts();
            who->cleanup(signals.token());
            return ExitCode::ok;
          },
          kCleanup};
}

}  // namespace assay::cli
