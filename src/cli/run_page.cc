#include "cli/run_page.h"

#include "cli/terminal.h"

namespace assay::cli {

RunPage::RunPage(const JobSetup& setup, const MakeExecutor& executor, JobObserver& observer, const std::string& listen,
                 std::filesystem::path results, const std::stop_token& stop)
    : task_(std::make_shared<agent::Task>(setup, executor, observer)),
      agent_({.server = {.listen = listen}, .folder = std::move(results), .defaults = {}, .page = true, .only = task_}),
      stop_too_(stop, [this] { task_->stop(); }) {
  agent_.start();
  say("ui: {}/\n", agent_.url());
}

}  // namespace assay::cli
