// assay run WORKLOAD: the load, with everything around it: prepare and check when asked, the live panel, the result, the
// verdict.

#include "base/units.h"
#include "cli/document.h"
#include "cli/load.h"
#include "cli/terminal.h"
#include "results/file.h"
#include "results/render.h"
#include "results/sealing.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>

namespace assay::cli {
namespace {

constexpr Nanos kPatienceWhenStopped = std::chrono::seconds(3);

std::span<const OptionSpec> run_options() {
  static const std::vector<OptionSpec> own = {
      {.name = "prepare", .type = OptionType::flag, .default_value = "false", .help = "make the data first"},
      {.name = "check",
       .type = OptionType::flag,
       .default_value = "false",
       .help = "check the data before and after the run"},
      {.name = "cleanup", .type = OptionType::flag, .default_value = "false", .help = "remove the data afterwards"},
      {.name = "strict",
       .type = OptionType::flag,
       .default_value = "false",
       .help = "a requirement of the specification that is missed fails the run (exit code 4)"},
      {.name = "json",
       .type = OptionType::flag,
       .default_value = "false",
       .help = "print the report as JSON on stdout instead of a table"},
      {.name = "result", .default_value = "", .help = "file of the result; without it results/ and a name of its own"},
      {.name = "encrypt-to",
       .default_value = "",
       .help = "encrypt the result: age1…, ssh-ed25519 …, ssh-rsa …, a file of such lines, or gpg:KEY; assay report "
               "--identity reads it"},
  };
  static const std::vector<OptionSpec> table = [] {
    std::vector<OptionSpec> all(load_options().begin(), load_options().end());
    all.insert(all.end(), own.begin(), own.end());
    return all;
  }();
  return table;
}

/// What was not asked for and is not the default either, but what the target holds.
void tell_in_force(const JobSetup& setup, TerminalProgress& progress) {
  std::vector<std::string> decided;
  for (const auto& [name, value] : setup.workload->options_in_force())
    if (const OptionSpec* spec = setup.workload_options.find(name); spec != nullptr && (spec->verbs & kPrepare) != 0 &&
                                                                    !setup.workload_options.given(name) &&
                                                                    setup.workload_options.text(name) != value)
      decided.push_back(fmt::format("{} {}", name, value));
  if (!decided.empty()) progress.note(fmt::format("as the target was loaded: {}", fmt::join(decided, ", ")));
}

/// Checks the data and keeps what was said.
CheckResult check_data(JobSetup& setup, Job& job, TerminalProgress& progress, std::string when) {
  CheckResult check{.when = when};
  CheckOutcome outcome = setup.workload->check(job);
  check.conditions = outcome.conditions;
  progress.finish();
  check.state = outcome.findings.empty() ? CheckResult::State::passed : CheckResult::State::failed;
  if (!setup.quiet || !outcome.findings.empty()) print_outcome(outcome, when + " the run");
  check.findings = std::move(outcome.findings);
  return check;
}

std::filesystem::path result_path(const JobSetup& setup, const Sealing& sealing) {
  if (const std::string named = setup.own.text("result"); !named.empty()) return named;
  std::filesystem::path path = default_result_path(
      result_id(real_clock().wall(), setup.type->info().name, setup.driver->info().name, unique_part()));
  path += sealing.suffix();
  return path;
}

void show(const Document& document, const JobSetup& setup, const std::filesystem::path& path) {
  if (setup.json)
    std::fputs(render_json(document).c_str(), stdout);
  else
    std::fputs(render_table(document, {.color = wants_color(STDOUT_FILENO),
                                       .width = std::clamp(terminal_width(STDOUT_FILENO), 60, 200)})
                   .c_str(),
               stdout);
  std::fflush(stdout);
  if (!setup.quiet && !path.empty()) say("result: {}\n", path.string());
}

/// The steps behind the load. What was measured must not be lost because one of them fails; when the target is gone, the
/// others are left out.
struct Aftermath {
  std::vector<std::string> reasons;  // why the run fails
  bool gone = false, interrupted = false;

  template <class Step>
  void attempt(Step step) {
    if (gone || interrupted) return;
    try {
      step();
    } catch (const Error& error) {
      gone = error.code() == ExitCode::unreachable;
      interrupted = error.code() == ExitCode::interrupted;
      reasons.push_back(fmt::format("after the run: {}", error.what()));
    }
  }
};

/// Whether the target is still there, when there is reason to doubt it. Throws Error(unreachable).
void require_target_after(const JobSetup& setup, const RunOutcome& outcome) {
  const bool doubt = std::any_of(outcome.groups.begin(), outcome.groups.end(), [&](const GroupOutcome& group) {
    const auto samples = group.failures.samples();
    return group.abandoned > 0 || std::any_of(samples.begin(), samples.end(), [&](const auto& sample) {
             // Cancelled by the drain's end, if not by whoever stopped the run.
             return sample.kind == FailureKind::disconnected || sample.kind == FailureKind::timeout ||
                    sample.kind == FailureKind::overloaded ||
                    (sample.kind == FailureKind::cancelled && !outcome.partial);
           });
  });
  if (!doubt) return;
  if (const Result<std::unique_ptr<Session>> session = setup.target->connect(); !session)
    throw_unreachable(setup.url, session.error());
}

ExitCode carry_out(std::span<const std::string> arguments) {
  const auto setup = JobSetup::from(find_command("run"), arguments);
  if (setup == nullptr) return ExitCode::ok;
  setup->workload->require_of_run(run_options_of(*setup));
  const LoadConditions conditions(setup->own);
  const Sealing sealing(setup->own.text("encrypt-to"));
  sealing.probe();
  const std::filesystem::path path = result_path(*setup, sealing);
  probe_writable(path);
  // From here on the configuration is valid, the result can be written, and nothing about either will change.
  const SignalWatch signals("what was measured is saved");
  TerminalProgress progress(setup->quiet);
  const ServerFacts server = setup->facts();
  Job job = setup->job_for(progress, signals.token());
  const bool prepare = setup->own.flag("prepare");
  if (prepare) setup->workload->prepare(job);
  progress.finish();
  // From here on the data is in place.
  RunPlan plan = make_plan(*setup);
  tell_in_force(*setup, progress);
  conditions.require_names(plan);
  const bool check = setup->own.flag("check") || setup->verify();
  std::vector<CheckResult> checks;
  if (check) checks.push_back(check_data(*setup, job, progress, "before"));
  // A load is saved before anything that may take long or fail; the file is replaced at the end.
  const auto save = [&](const Load& load) {
    const Document document =
        make_document({*setup,
                       load.plan,
                       load.outcome,
                       server,
                       checks,
                       {},
                       {"saved right after the load: what comes behind it, the check for one, did not end"},
                       {},
                       load.search});
    try {
      write_document(path, document, sealing);
    } catch (const Error& error) {  // the disk is full, say; it may not be when all is done
      progress.note(error.what());
    }
  };
  Load load = carry_out_load(*setup, std::move(plan), conditions, signals.token(), progress, save);
  // What remains is to say what it came to. Ctrl-C in the run ended the run, and what it left is still looked at; Ctrl-C
  // now ends this.
  const std::stop_token stop_after = signals.stopped() ? std::stop_token() : signals.token();
  const runtime::StopScope scope(stop_after);
  Aftermath aftermath;
  {
    std::optional<runtime::TimeLimit> limit;  // whoever stopped the run does not wait for a target that stands still
    if (signals.stopped()) limit.emplace(kPatienceWhenStopped);
    aftermath.attempt([&] { setup->workload->after_run(*setup->target); });
    aftermath.attempt([&] { require_target_after(*setup, load.outcome); });
  }
  Statements statements = setup->workload->conclude(summarize_run(load.plan, load.outcome));
  aftermath.attempt([&] {
    if (check) {
      Job after = setup->job_for(progress, stop_after);
      checks.push_back(check_data(*setup, after, progress, "after"));
    }
    const bool consistent =
        std::all_of(checks.begin(), checks.end(), [](const CheckResult& c) { return c.findings.empty(); });
    if (setup->own.flag("cleanup") && consistent) setup->workload->cleanup(job);
    if (setup->own.flag("cleanup") && !consistent)
      progress.note("not cleaned up: the data is what shows the inconsistency");
  });
  const bool contradicted =
      std::any_of(statements.requirements.begin(), statements.requirements.end(),
                  [](const Requirement& r) { return r.of_data && r.verdict == Requirement::Verdict::fail; });
  if (setup->own.flag("strict"))
    for (Requirement& requirement : statements.requirements) requirement.decides = true;
  for (Requirement& requirement : load.requirements) statements.requirements.push_back(std::move(requirement));
  load.reasons.insert(load.reasons.end(), aftermath.reasons.begin(), aftermath.reasons.end());
  Document document = make_document({*setup, load.plan, load.outcome, server, std::move(checks), std::move(statements),
                                     load.reasons, conditions.fail_if, std::move(load.search)});
  try {
    write_document(path, document, sealing);
  } catch (const Error&) {  // what was measured is at least seen
    show(document, *setup, {});
    throw;
  }
  show(document, *setup, path);
  return aftermath.interrupted ? ExitCode::interrupted : exit_code_of(document, contradicted, aftermath.gone);
}

}  // namespace

Command run_command() {
  return {"run",
          "WORKLOAD --target URL [options]",
          "Run a workload against a target and report; --prepare and --check do all in one.",
          true,
          {target_options(), job_options(), run_options()},
          carry_out};
}

}  // namespace assay::cli
