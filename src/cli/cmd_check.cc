// assay check WORKLOAD: whether the workload's data in the target is consistent.

#include "cli/agents_options.h"
#include "cli/job_arguments.h"
#include "results/json_text.h"

namespace assay::cli {
namespace {

std::span<const OptionSpec> check_options() {
  static const std::vector<OptionSpec> table = [] {
    std::vector<OptionSpec> all(agents_options().begin(), agents_options().end());
    all.push_back({.name = "json",
                   .type = OptionType::flag,
                   .default_value = "false",
                   .help = "print what was found as JSON on stdout",
                   .owner = OptionOwner::command});
    return all;
  }();
  return table;
}

std::string outcome_json(const CheckOutcome& outcome) {
  JsonText json;
  json.open('{').member("consistent", outcome.findings.empty()).member("conditions", outcome.conditions);
  json.member("looked_at", outcome.looked_at);
  json.key("findings").open('[');
  for (const Finding& finding : outcome.findings) {
    json.open('{').member("condition", finding.condition).member("text", finding.text);
    json.member("violations", finding.violations).key("rows").open('[');
    for (const std::string& row : finding.rows) json.value(row);
    json.close(']').close('}');
  }
  return json.close(']').close('}').take();
}

}  // namespace

Command check_command() {
  return {"check",
          "WORKLOAD --target URL [options]",
          "Check the data of a workload in the target; exit code 6 when it is not consistent.",
          true,
          {quiet_target_options(), job_options(), check_options()},
          [](std::span<const std::string> arguments) {
            const auto setup = setup_from(find_command("check"), arguments);
            if (setup == nullptr) return ExitCode::ok;
            const SignalWatch signals("nothing was changed");
            TerminalObserver observer(*setup);
            RunControl none;
            const std::unique_ptr<Executor> who = executor_with(*setup, observer, none);
            who->facts();
            const CheckOutcome outcome = who->check(signals.token());
            observer.progress().finish();
            if (setup->own().flag("json")) fmt::print("{}\n", outcome_json(outcome));
            if (!setup->own().flag("json") && !(is_quiet(*setup) && outcome.findings.empty()))
              print_outcome(outcome, "of " + std::string(setup->type->info().name));
            return outcome.findings.empty() ? ExitCode::ok : ExitCode::check_failed;
          },
          kCheck};
}

}  // namespace assay::cli
