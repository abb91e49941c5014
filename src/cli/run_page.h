// The live page of a run that the command line asked for: served on loopback as long as the run goes on.
#pragma once

#include "agent/agent.h"
#include "job/run_job.h"

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

namespace assay::cli {

/// Its end, as that of the program, waits a moment for the pages that are open to be told of the run's end, and no longer.
class RunPage {
 public:
  /// Serves the page on `listen`, with the past runs of `results`, and says its address on stderr. `executor` is who carries
  /// out the run (Task), `observer` is told of it too, `stop` ends it. All outlive it. Throws Error.
  RunPage(const JobSetup&, const MakeExecutor& executor, JobObserver& observer, const std::string& listen,
          std::filesystem::path results, const std::stop_token& stop);
  ~RunPage() { agent_.stop(); }
  RunPage(const RunPage&) = delete;
  RunPage& operator=(const RunPage&) = delete;

  /// As carry_out_run() does, on this thread; the page can change and stop it.
  JobEnd carry_out() { return task_->carry_out(); }

 private:
  std::shared_ptr<agent::Task> task_;
  agent::Agent agent_;
  std::stop_callback<std::function<void()>> stop_too_;
};

}  // namespace assay::cli
