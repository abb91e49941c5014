// assay run WORKLOAD: the load, with everything around it: prepare and check when asked, the live panel, the result, the
// verdict.

#include "cli/job_arguments.h"
#include "cli/token.h"
#include "coordinator/fleet.h"
#include "job/run_job.h"
#include "results/file.h"
#include "results/render.h"
#include "results/sealing.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

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
  std::vector<std::string> addresses;
  const std::string text = own.text("agents");
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    addresses.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (!addresses.empty())
    return std::make_unique<coordinator::Fleet>(
        setup,
        coordinator::FleetOptions{.addresses = std::move(addresses),
                                  .token = token_of(own.text("agent-token-file")),
                                  .ca_file = own.text("agent-ca"),
                                  .stop_on_loss = own.text("on-agent-loss") == "stop"},
        observer);
  for (const char* of_agents : {"agent-token-file", "agent-ca", "on-agent-loss"})
    if (own.given(of_agents)) throw Error(fmt::format("--{} has no effect without --agents", of_agents));
  return std::make_unique<LocalExecutor>(setup, observer.progress());
}

std::filesystem::path result_path(const JobSetup& setup, const Sealing& sealing) {
  if (const std::string named = setup.own().text("result"); !named.empty()) return named;
  std::filesystem::path path = default_result_path(
      result_id(real_clock().wall(), setup.type->info().name, setup.driver->info().name, unique_part()));
  path += sealing.suffix();
  return path;
}

void show(const Document& document, const JobSetup& setup, const std::filesystem::path& path) {
  if (setup.own().flag("json"))
    std::fputs(render_json(document).c_str(), stdout);
  else
    std::fputs(render_table(document, {.color = wants_color(STDOUT_FILENO),
                                       .width = std::clamp(terminal_width(STDOUT_FILENO), 60, 200)})
                   .c_str(),
               stdout);
  std::fflush(stdout);
  if (!is_quiet(setup) && !path.empty()) say("result: {}\n", path.string());
}

ExitCode run_and_report(std::span<const std::string> arguments) {
  const auto setup = setup_from(find_command("run"), arguments);
  if (setup == nullptr) return ExitCode::ok;
  setup->workload->require_of_run(run_options_of(*setup));
  const LoadConditions conditions(setup->own());
  const Sealing sealing(setup->own().text("encrypt-to"));
  sealing.probe();
  const std::filesystem::path path = result_path(*setup, sealing);
  probe_writable(path);
  // From here on the configuration is valid, the result can be written, and nothing about either will change.
  const SignalWatch signals("what was measured is saved");
  TerminalObserver observer(*setup, [&](const Document& document) { write_document(path, document, sealing); });
  const std::unique_ptr<Executor> executor = executor_for(*setup, observer);
  const JobEnd end = carry_out_run(*setup, *executor, conditions, observer, signals.token(), {});
  try {
    write_document(path, end.document, sealing);
  } catch (const Error&) {  // what was measured is at least seen
    show(end.document, *setup, {});
    throw;
  }
  show(end.document, *setup, path);
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
