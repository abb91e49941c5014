// assay check WORKLOAD: whether the workload's data in the target is consistent.

#include "cli/job.h"

namespace assay::cli {

Command check_command() {
  return {"check",
          "WORKLOAD --target URL [options]",
          "Check the data of a workload in the target; exit code 6 when it is not consistent.",
          true,
          {target_options(), job_options()},
          [](std::span<const std::string> arguments) {
            const auto setup = JobSetup::from(find_command("check"), arguments);
            if (setup == nullptr) return ExitCode::ok;
            const SignalWatch signals;
            TerminalProgress progress(setup->quiet);
            setup->facts();
            Job job = setup->job_for(progress, signals.token());
            const std::vector<Finding> findings = setup->workload->check(job).findings;
            progress.finish();
            print_findings(findings, "of " + std::string(setup->type->info().name));
            return findings.empty() ? ExitCode::ok : ExitCode::check_failed;
          }};
}

}  // namespace assay::cli
