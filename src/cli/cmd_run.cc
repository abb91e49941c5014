// assay run WORKLOAD: the load, with everything around it: prepare and check when asked, the live panel, the result, the
// verdict.

#include "cli/agents_options.h"
#include "cli/job_arguments.h"
#include "cli/run_page.h"
#include "cli/run_report.h"
#include "core/control.h"
#include "job/run_job.h"
#include "results/file.h"
#include "results/sealing.h"

#include <optional>

namespace assay::cli {
namespace {

std::span<const OptionSpec> own_options() {
  static const std::vector<OptionSpec> table = [] {
    std::vector<OptionSpec> all(run_options().begin(), run_options().end());
    all.push_back({.name = "json",
                   .type = OptionType::flag,
                   .default_value = "false",
                   .help = "print the report as JSON on stdout instead of a table",
                   .owner = OptionOwner::command});
    all.push_back({.name = "result",
                   .default_value = "",
                   .help = "file of the result; without it results/ID.json",
                   .owner = OptionOwner::command});
    all.push_back({.name = "encrypt-to",
                   .default_value = "",
                   .help = "encrypt the result: age1…, ssh-ed25519 …, ssh-rsa …, a file of such lines, or gpg:KEY; "
                           "assay report --identity reads it",
                   .owner = OptionOwner::command});
    all.insert(all.end(), agents_options().begin(), agents_options().end());
    all.push_back({.name = "ui",
                   .default_value = "",
                   .help =
                       "serve a page on this HOST:PORT of loopback, any that is free when nothing is said, that shows "
                       "the run and can change and stop it; docs/live-page.md",
                   .alone = "127.0.0.1:0",
                   .owner = OptionOwner::command});
    return all;
  }();
  return table;
}

ExitCode run_and_report(std::span<const std::string> arguments) {
  const auto setup = setup_from(find_command("run"), arguments);
  if (setup == nullptr) return ExitCode::ok;
  require_of_workloads(*setup);
  const LoadConditions conditions(setup->own());
  const MakeExecutor agents = agents_of(setup->own());
  const Sealing sealing(setup->own().text("encrypt-to"));
  sealing.probe();
  const std::filesystem::path path = result_path(setup->own().text("result"), *setup, sealing);
  probe_writable(path);
  // From here on the configuration is valid, the result can be written, and nothing about either will change.
  const SignalWatch signals("what was measured is saved");
  TerminalObserver observer(*setup, [&](const Document& document) { write_document(path, document, sealing); });
  std::optional<RunPage> page;
  if (const std::string listen = setup->own().text("ui"); !listen.empty())
    page.emplace(*setup, agents, observer, listen, std::filesystem::absolute(path).parent_path(), signals.token());
  const auto told = [&](const JobEnd& end) {
    write_and_show(path, end.document, sealing, setup->own().flag("json"), is_quiet(*setup));
    return end.code;
  };
  if (page) return told(page->carry_out());
  RunControl control;
  const std::unique_ptr<Executor> executor =
      agents ? agents(*setup, observer, control) : executor_here(*setup, observer.progress());
  // Written before the agents that were started here are stopped, which takes a while when they are many.
  return told(carry_out_run(*setup, *executor, conditions, observer, signals.token(), {}));
}

}  // namespace

Command run_command() {
  return {"run",
          "WORKLOAD --target URL [options]",
          "Run a workload against a target and report; --prepare and --check do all in one.",
          true,
          {quiet_target_options(), job_options(), own_options()},
          run_and_report};
}

}  // namespace assay::cli
