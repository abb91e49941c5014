#include "job/run_job.h"

#include "job/document.h"
#include "job/load.h"
#include "runtime/wait.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

namespace assay {
namespace {

constexpr Nanos kPatienceWhenStopped = std::chrono::seconds(3);

/// What was not asked for and is not the default either, but what the target holds.
void tell_in_force(const Options& asked, const std::map<std::string, std::string>& in_force, Progress& progress) {
  std::vector<std::string> decided;
  for (const auto& [name, value] : in_force)
    if (const OptionSpec* spec = asked.find(name);
        spec != nullptr && (spec->verbs & kPrepare) != 0 && !asked.given(name) && asked.text(name) != value)
      decided.push_back(fmt::format("{} {}", name, value));
  if (!decided.empty()) progress.note(fmt::format("as the target was loaded: {}", fmt::join(decided, ", ")));
}

/// Checks the data and keeps what was said.
CheckResult check_data(Executor& executor, JobObserver& observer, std::string when, const std::stop_token& stop) {
  CheckResult check{.when = when};
  observer.step(JobStep::check);
  CheckOutcome outcome = executor.check(stop);
  check.conditions = outcome.conditions;
  observer.checked(outcome, when + " the run");
  check.state = outcome.findings.empty() ? CheckResult::State::passed : CheckResult::State::failed;
  check.findings = std::move(outcome.findings);
  return check;
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
      if (!interrupted) reasons.push_back(fmt::format("after the run: {}", error.what()));
    }
  }
};

/// Whether there is reason to doubt that the target is still there.
bool doubts_target(const RunOutcome& outcome) {
  return std::any_of(outcome.groups.begin(), outcome.groups.end(), [&](const GroupOutcome& group) {
    const auto samples = group.failures.samples();
    return group.abandoned > 0 || std::any_of(samples.begin(), samples.end(), [&](const auto& sample) {
             // Cancelled by the drain's end, if not by whoever stopped the run.
             return sample.kind == FailureKind::disconnected || sample.kind == FailureKind::timeout ||
                    sample.kind == FailureKind::overloaded ||
                    (sample.kind == FailureKind::cancelled && !outcome.partial);
           });
  });
}

bool passed(const CheckResult& check) { return check.findings.empty(); }

}  // namespace

JobEnd carry_out_run(const JobSetup& setup, Executor& executor, const LoadConditions& conditions, JobObserver& observer,
                     const std::stop_token& stop, const std::stop_token& stop_after) {
  const Options& own = setup.own();
  observer.step(JobStep::opening);
  conditions.require_names(setup);
  const ServerFacts server = executor.facts();
  if (own.flag("prepare") && !executor.joins()) {
    observer.step(JobStep::prepare);
    executor.prepare(stop);
    observer.step(JobStep::opening);
  }
  // From here on the data is in place.
  RunPlan plan = executor.plan();
  const std::map<std::string, std::string> in_force = executor.options_in_force();
  tell_in_force(setup.request.workload_options, in_force, observer.progress());
  conditions.require_names(plan);
  const bool check = !executor.joins() && (own.flag("check") || setup.verify());
  std::vector<CheckResult> checks;
  if (check) checks.push_back(check_data(executor, observer, "before", stop));
  observer.step(JobStep::run);
  const auto document_of = [&](const Load& load, Statements statements, std::vector<std::string> reasons,
                               const std::vector<Threshold>& fail_if) {
    Document document = make_document({.setup = setup,
                                       .plan = load.plan,
                                       .outcome = load.outcome,
                                       .server = server,
                                       .options_in_force = in_force,
                                       .checks = checks,
                                       .statements = std::move(statements),
                                       .reasons = std::move(reasons),
                                       .fail_if = fail_if,
                                       .search = load.search});
    executor.complete(document);
    return document;
  };
  // A load is saved before anything that may take long or fail.
  Load load = carry_out_load(setup, executor, std::move(plan), conditions, stop, observer, [&](const Load& so_far) {
    observer.save(document_of(
        so_far, {}, {"saved right after the load: what comes behind it, the check for one, did not end"}, {}));
  });
  // What remains is to say what it came to. A stop in the run ended the run, and what it left is still looked at; a stop
  // now ends this.
  const bool stopped = stop.stop_requested();
  const std::stop_token stop_rest = stopped ? stop_after : stop;
  const runtime::StopScope scope(stop_rest);
  Aftermath aftermath;
  observer.step(JobStep::after_run);
  {
    std::optional<runtime::TimeLimit> limit;  // whoever stopped the run does not wait for a target that stands still
    if (stopped) limit.emplace(kPatienceWhenStopped);
    aftermath.attempt([&] { executor.after_run(); });
    if (doubts_target(load.outcome)) aftermath.attempt([&] { executor.require_target(); });
  }
  Statements statements = executor.conclude(load.plan, load.outcome);
  aftermath.attempt([&] {
    if (check) {
      checks.push_back({.when = "after"});  // not run, should it be interrupted
      checks.back() = check_data(executor, observer, "after", stop_rest);
    }
    if (!own.flag("cleanup") || executor.joins()) return;
    if (std::all_of(checks.begin(), checks.end(), passed)) {
      observer.step(JobStep::cleanup);
      executor.cleanup(stop_rest);
    } else {
      observer.progress().note("not cleaned up: the data is what shows the inconsistency");
    }
  });
  const bool contradicted =
      std::any_of(statements.requirements.begin(), statements.requirements.end(),
                  [](const Requirement& r) { return r.of_data && r.verdict == Requirement::Verdict::fail; });
  if (own.flag("strict"))
    for (Requirement& requirement : statements.requirements) requirement.decides = true;
  for (Requirement& requirement : load.requirements) statements.requirements.push_back(std::move(requirement));
  load.reasons.insert(load.reasons.end(), aftermath.reasons.begin(), aftermath.reasons.end());
  JobEnd end;
  end.document = document_of(load, std::move(statements), load.reasons, conditions.fail_if);
  end.code = aftermath.interrupted ? ExitCode::interrupted : exit_code_of(end.document, contradicted, aftermath.gone);
  return end;
}

}  // namespace assay
