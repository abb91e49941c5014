// assay run WORKLOAD: the load, with everything around it: prepare and check when asked, the live panel, the result, the
// verdict.

#include "base/units.h"
#include "cli/document.h"
#include "cli/job.h"
#include "core/engine.h"
#include "results/file.h"
#include "results/render.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace assay::cli {
namespace {

std::span<const OptionSpec> run_options() {
  static const std::vector<OptionSpec> table = {
      {.name = "duration",
       .type = OptionType::duration,
       .default_value = "15s",
       .help = "how long is measured",
       .min = 0.001},
      {.name = "warmup",
       .type = OptionType::duration,
       .default_value = "0",
       .help = "load before the measured time that does not count",
       .min = 0},
      {.name = "ramp-up",
       .type = OptionType::duration,
       .default_value = "0",
       .help = "before that: clients come in one by one, or the rate grows from 0",
       .min = 0},
      {.name = "drain",
       .type = OptionType::duration,
       .default_value = "10s",
       .help = "how long operations that were due in the measured time are waited for",
       .min = 0},
      {.name = "count",
       .type = OptionType::count,
       .default_value = "0",
       .help = "end after so many measured operations; alone, without --duration, there is no other end",
       .min = 0},
      {.name = "clients",
       .type = OptionType::count,
       .default_value = "0",
       .help = "simulated users; 0 is what the workload proposes",
       .min = 0,
       .max = 1e7},
      {.name = "sessions",
       .type = OptionType::count,
       .default_value = "0",
       .help = "connections that the clients share; 0 is what the workload proposes",
       .min = 0,
       .max = 1e5},
      {.name = "threads",
       .type = OptionType::count,
       .default_value = "1",
       .help = "event loops, for drivers whose sessions share a thread",
       .min = 1,
       .max = 1024},
      {.name = "rate",
       .default_value = "",
       .help = "open loop: 1000, 30/m, a ramp 100..1000@30s, steps 100@10s,200@10s,400; without it a closed loop"},
      {.name = "arrival",
       .type = OptionType::choice,
       .default_value = "constant",
       .help = "how a rate's operations are spaced",
       .choices = {"constant", "poisson"}},
      {.name = "think-time",
       .default_value = "0",
       .help = "closed loop: pause before a client's next operation; exp:TIME is exponential"},
      {.name = "retries",
       .type = OptionType::count,
       .default_value = "10",
       .help = "tries beyond the first after a conflict or push-back",
       .min = 0,
       .max = 1000},
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
      {.name = "fail-if",
       .default_value = "",
       .help = "conditions that fail the run (exit code 4), such as 'p99(new_order) > 50ms; errors > 0.1%'; "
               "docs/thresholds.md"},
      {.name = "json",
       .type = OptionType::flag,
       .default_value = "false",
       .help = "print the report as JSON on stdout instead of a table"},
      {.name = "result", .default_value = "", .help = "file of the result; without it results/ and a name of its own"},
  };
  return table;
}

RunOptions run_options_of(const JobSetup& setup) {
  const Options& own = setup.own;
  RunOptions options{.shard = setup.shard, .seed = setup.seed, .open_loop = !own.text("rate").empty()};
  if (own.count("clients") > 0)
    options.clients = std::max<std::uint64_t>(1, setup.shard.share(static_cast<std::uint64_t>(own.count("clients"))));
  if (own.count("sessions") > 0)
    options.sessions = std::max<std::uint64_t>(1, setup.shard.share(static_cast<std::uint64_t>(own.count("sessions"))));
  return options;
}

RunPlan make_plan(const JobSetup& setup) {
  const Options& own = setup.own;
  RunPlan plan;
  plan.shard = setup.shard;
  plan.seed = setup.seed;
  plan.ramp_up = own.duration("ramp-up");
  plan.warmup = own.duration("warmup");
  const auto count = static_cast<std::uint64_t>(own.count("count"));
  plan.count = count == 0 ? 0 : std::max<std::uint64_t>(1, setup.shard.share(count));
  plan.duration = count > 0 && !own.given("duration") ? Nanos::max() : own.duration("duration");
  plan.drain = own.duration("drain");
  plan.threads = static_cast<int>(own.count("threads"));
  plan.retry.most = static_cast<int>(own.count("retries"));
  const Schedule schedule =
      Schedule::parse(own.text("rate"), own.text("arrival"), own.text("think-time"), plan.ramp_up);

  const RunOptions options = run_options_of(setup);
  for (Group& group : setup.workload->groups(*setup.target, options)) {
    GroupPlan planned;
    planned.target = setup.target.get();
    planned.waiting = setup.driver->info().waiting;
    planned.clients = group.clients;
    planned.sessions = group.sessions;
    if (!group.triggered) {
      planned.schedule = schedule;
      if (options.clients > 0) planned.clients = options.clients;
      if (options.sessions > 0) planned.sessions = options.sessions;
    }
    planned.group = std::move(group);
    plan.groups.push_back(std::move(planned));
  }
  return plan;
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

std::filesystem::path result_path(const JobSetup& setup) {
  if (const std::string named = setup.own.text("result"); !named.empty()) return named;
  return default_result_path(
      result_id(real_clock().wall(), setup.type->info().name, setup.driver->info().name, unique_part()));
}

void show(const Document& document, const JobSetup& setup, const std::filesystem::path& path) {
  if (setup.json)
    std::fputs(render_json(document).c_str(), stdout);
  else
    std::fputs(render_table(document, {.color = wants_color(STDOUT_FILENO), .width = terminal_width()}).c_str(),
               stdout);
  std::fflush(stdout);
  if (!setup.quiet) fmt::print(stderr, "result: {}\n", path.string());
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
  const bool doubt = std::any_of(outcome.groups.begin(), outcome.groups.end(), [](const GroupOutcome& group) {
    const auto samples = group.failures.samples();
    return group.abandoned > 0 || std::any_of(samples.begin(), samples.end(), [](const auto& sample) {
             return sample.kind == FailureKind::disconnected || sample.kind == FailureKind::timeout ||
                    sample.kind == FailureKind::overloaded;
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
  const std::vector<Threshold> fail_if = parse_conditions(setup->own.text("fail-if"));
  const std::filesystem::path path = result_path(*setup);
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
  const RunPlan plan = make_plan(*setup);
  tell_in_force(*setup, progress);
  require_names(fail_if, plan);
  const bool check = setup->own.flag("check") || setup->verify();
  std::vector<CheckResult> checks;
  if (check) checks.push_back(check_data(*setup, job, progress, "before"));
  setup->workload->before_run(*setup->target);
  RunOutcome outcome;
  {
    LivePanel panel(setup->quiet, fmt::format("{} on {}", setup->type->info().name, without_secrets(setup->url)));
    setup->target->under_load(true);
    outcome = run(plan, signals.token(), panel);
    setup->target->under_load(false);
  }
  // The load is over, and is saved before anything that may take long or fail; the file is replaced at the end.
  write_atomically(
      path,
      to_json(make_document({*setup,
                             plan,
                             outcome,
                             server,
                             checks,
                             {},
                             {"saved right after the load: what comes behind it, the check for one, did not end"}})));
  // What remains is to say what it came to. Ctrl-C in the run ended the run, and what it left is still looked at; Ctrl-C
  // now ends this.
  const std::stop_token stop_after = signals.stopped() ? std::stop_token() : signals.token();
  const runtime::StopScope scope(stop_after);
  Aftermath aftermath;
  aftermath.attempt([&] { setup->workload->after_run(*setup->target); });
  aftermath.attempt([&] { require_target_after(*setup, outcome); });
  Statements statements = setup->workload->conclude(summarize_run(plan, outcome));
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
                  [](const Requirement& r) { return r.decides && r.verdict == Requirement::Verdict::fail; });
  if (setup->own.flag("strict"))
    for (Requirement& requirement : statements.requirements) requirement.decides = true;
  Document document = make_document(
      {*setup, plan, outcome, server, std::move(checks), std::move(statements), aftermath.reasons, fail_if});
  write_atomically(path, to_json(document));
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
