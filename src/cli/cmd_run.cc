// assay run WORKLOAD: the load, with everything around it: prepare and check when asked, the live panel, the result, the
// verdict.

#include "cli/job_arguments.h"
#include "cli/run_report.h"
#include "cli/token.h"
#include "coordinator/fleet.h"
#include "job/run_job.h"
#include "results/file.h"
#include "results/sealing.h"

namespace assay::cli {
namespace {

std::span<const OptionSpec> own_options() {
  static const std::vector<OptionSpec> table = [] {
    std::vector<OptionSpec> all(run_options().begin(), run_options().end());
    all.push_back({.name = "json",
                   .type = OptionType::flag,
                   .default_value = "false",
                   .help = "print the report as JSON on stdout instead of a table"});
    all.push_back({.name = "result",
                   .default_value = "",
                   .help = "file of the result; without it results/ and a name of its own"});
    all.push_back({.name = "encrypt-to",
                   .default_value = "",
                   .help = "encrypt the result: age1…, ssh-ed25519 …, ssh-rsa …, a file of such lines, or gpg:KEY; "
                           "assay report --identity reads it"});
    all.push_back({.name = "agents",
                   .default_value = "",
                   .help =
                       "HOST:PORT,…: agents that carry it out together, each a share; --clients, --sessions, --rate "
                       "and --count are of all of them"});
    all.push_back(
        {.name = "agent-token-file", .default_value = "", .help = "file with the token of the agents; or ASSAY_TOKEN"});
    all.push_back({.name = "agent-ca", .default_value = "", .help = "PEM file of who signed the agents' certificates"});
    all.push_back({.name = "on-agent-loss",
                   .type = OptionType::choice,
                   .default_value = "go-on",
                   .help = "what a lost agent does to the run; it is an event of the result either way",
                   .choices = {"go-on", "stop"}});
    return all;
  }();
  return table;
}

/// Agents, or this process.
std::unique_ptr<Executor> executor_for(const JobSetup& setup, JobObserver& observer) {
  const Options& own = setup.own();
  std::vector<std::string> addresses = addresses_in(own.text("agents"));
  if (!addresses.empty())
    return std::make_unique<coordinator::Fleet>(
        setup,
        coordinator::FleetOptions{.addresses = std::move(addresses),
                                  .token = token_of(own.text("agent-token-file")),
                                  .ca_file = own.text("agent-ca"),
                                  .loss = {.stop = own.text("on-agent-loss") == "stop"}},
        observer);
  for (const char* of_agents : {"agent-token-file", "agent-ca", "on-agent-loss"})
    if (own.given(of_agents)) throw Error(fmt::format("--{} has no effect without --agents", of_agents));
  return std::make_unique<LocalExecutor>(setup, observer.progress());
}

ExitCode run_and_report(std::span<const std::string> arguments) {
  const auto setup = setup_from(find_command("run"), arguments);
  if (setup == nullptr) return ExitCode::ok;
  setup->workload->require_of_run(run_options_of(*setup));
  const LoadConditions conditions(setup->own());
  const Sealing sealing(setup->own().text("encrypt-to"));
  sealing.probe();
  const std::filesystem::path path = result_path(setup->own().text("result"), *setup, sealing);
  probe_writable(path);
  // From here on the configuration is valid, the result can be written, and nothing about either will change.
  const SignalWatch signals("what was measured is saved");
  TerminalObserver observer(*setup, [&](const Document& document) { write_document(path, document, sealing); });
  const std::unique_ptr<Executor> executor = executor_for(*setup, observer);
  const JobEnd end = carry_out_run(*setup, *executor, conditions, observer, signals.token(), {});
  write_and_show(path, end.document, sealing, setup->own().flag("json"), is_quiet(*setup));
  return end.code;
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
