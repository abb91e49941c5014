#include "cli/job_arguments.h"

#include "base/printable.h"
#include "cli/arguments.h"
#include "cli/help.h"
#include "core/url.h"
#include "registry/registry.h"
#include "results/text_forms.h"

#include <algorithm>
#include <cstdio>

namespace assay::cli {

std::span<const OptionSpec> quiet_target_options() {
  static const std::vector<OptionSpec> table = [] {
    std::vector<OptionSpec> all(target_options().begin(), target_options().end());
    all.push_back({.name = "quiet",
                   .type = OptionType::flag,
                   .default_value = "false",
                   .help = "no progress and no live panel",
                   .owner = OptionOwner::command});
    return all;
  }();
  return table;
}

std::unique_ptr<JobSetup> setup_from(const Command& command, std::span<const std::string> arguments) {
  const std::string name = first_positional(arguments);
  const bool help = std::find(arguments.begin(), arguments.end(), "--help") != arguments.end() ||
                    std::find(arguments.begin(), arguments.end(), "-h") != arguments.end();
  if (name.empty()) {
    if (help) {
      std::fputs(command_help(command).c_str(), stdout);
      return nullptr;
    }
    throw Error(
        fmt::format("{}: the workload is missing; usage: assay {} {}", command.name, command.name, command.arguments));
  }
  const WorkloadType& type = find_workload(name);
  if (help) {
    std::fputs(command_help(command, &type).c_str(), stdout);
    return nullptr;
  }
  std::vector<std::span<const OptionSpec>> tables = command.tables;
  tables.push_back(type.info().options);
  Words words = take_apart(arguments, tables);
  for (std::size_t i = 1; i < words.positional.size(); i++)
    words.mistakes.push_back(fmt::format("{}: unexpected word '{}'; expected options behind the workload", command.name,
                                         without_secrets(words.positional[i])));
  JobRequest request = JobRequest::of(static_cast<Verb>(verb_of(command.name)), type);
  request.common = Options(command.tables[0]);
  if (command.tables.size() > 2) request.own = Options(command.tables[2]);
  Options* const all[] = {&request.common, &request.job, &request.own, &request.workload_options};
  std::vector<std::string> mistakes;
  try {
    assign(words, all);
  } catch (const Error& error) {
    mistakes.emplace_back(error.what());
  }
  return JobSetup::open(std::move(request), std::move(mistakes));
}

bool is_quiet(const JobSetup& setup) { return setup.request.common.flag("quiet"); }

void print_outcome(const CheckOutcome& outcome, std::string_view when) {
  const std::string looked_at =
      outcome.looked_at.empty() ? one_or_more(outcome.conditions, "condition", "conditions") : outcome.looked_at;
  say("check {}: {}consistent: {}\n", when, outcome.findings.empty() ? "" : "NOT ", printable_line(looked_at));
  for (const Finding& finding : outcome.findings) {
    say("  {}: {} ({})\n", printable_line(finding.condition), printable_line(finding.text),
        one_or_more(finding.violations, "violation", "violations"));
    for (const std::string& row : finding.rows) say("    {}\n", printable_line(row));
  }
}

TerminalObserver::TerminalObserver(const JobSetup& setup, std::function<void(const Document&)> save)
    : quiet_(is_quiet(setup)), title_(setup.title()), save_(std::move(save)), progress_(quiet_) {}

void TerminalObserver::checked(const CheckOutcome& outcome, std::string_view when) {
  progress_.finish();
  if (!quiet_ || !outcome.findings.empty()) print_outcome(outcome, when);
}

void TerminalObserver::live(const Live& live) {
  if (panel_) panel_->live(live);
}

void TerminalObserver::event(const Event& event) {
  if (panel_) panel_->event(event);
}

void TerminalObserver::save(const Document& document) {
  if (!save_) return;
  try {
    save_(document);
  } catch (const Error& error) {  // the disk is full, say; it may not be when all is done
    progress_.note(error.what());
  }
}

}  // namespace assay::cli
