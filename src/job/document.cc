#include "job/document.h"

#include "base/error.h"
#include "base/units.h"
#include "core/url.h"
#include "results/machine.h"
#include "results/measured_run.h"
#include "results/summary.h"
#include "results/text_forms.h"

#include <algorithm>

namespace assay {
namespace {

const GroupStats& measured(const GroupOutcome& group) { return group.phases[static_cast<std::size_t>(Phase::measure)]; }

void add_phases(Document& document, const RunOutcome& outcome) {
  Nanos at{};
  for (const auto& [phase, length] : {std::pair{Phase::ramp, outcome.ramp_up},
                                      {Phase::warmup, outcome.warmup},
                                      {Phase::measure, outcome.measure},
                                      {Phase::drain, outcome.drain}}) {
    if (length > Nanos(0)) document.phases.push_back({phase, at, length});
    at += std::max(length, Nanos(0));
  }
}

GroupResult make_group(const GroupPlan& plan, const GroupOutcome& outcome) {
  GroupResult group{.name = plan.group.name, .target = "main", .clients = plan.clients, .sessions = plan.sessions};
  group.round_trips = outcome.round_trips;
  group.schedule = plan.group.triggered ? "when another group's operation asks for it" : plan.schedule.describe();
  for (std::size_t o = 0; o < plan.group.operations.size(); o++) {
    OperationResult operation{
        .name = plan.group.operations[o].name, .nested = plan.group.operations[o].nested, .phases = {}};
    for (std::size_t p = 0; p < kPhases; p++) operation.phases[p] = outcome.phases[p].operations[o];
    group.operations.push_back(std::move(operation));
  }
  for (std::size_t c = 0; c < plan.group.counters.size(); c++) {
    CounterResult counter{.name = plan.group.counters[c], .measured = measured(outcome).counters[c]};
    for (const GroupStats& stats : outcome.phases) counter.whole_run += stats.counters[c];
    group.counters.push_back(std::move(counter));
  }
  group.failures = outcome.failures.samples();
  group.other_failures = outcome.failures.others();
  group.abandoned = outcome.abandoned;
  group.series = outcome.series;
  return group;
}

/// Event loops, or a thread for each session of a driver that waits inside its library.
std::uint32_t threads_of(const RunPlan& plan, const std::vector<GroupPlan>& joined) {
  const auto threads = [&](const std::vector<GroupPlan>& groups) {
    std::uint64_t loops = 0, sessions = 0;
    for (const GroupPlan& group : groups)
      if (group.waiting == Waiting::fiber)
        loops = std::max(loops, std::min({static_cast<std::uint64_t>(plan.threads), group.sessions, group.clients}));
      else
        sessions += group.sessions;
    return static_cast<std::uint32_t>(loops + sessions);
  };
  return threads(plan.groups) + threads(joined);
}

constexpr const char* kNothingOfPartial =
    "nothing was measured: the run ended before anything succeeded in the measured time";
constexpr std::uint64_t kEnoughToTell = 10;  // operations of a kind that all failed are no accident

/// A run that measured nothing proves nothing, nor does one that measured nothing of a kind of operation; one with many
/// failures should not look like one without.
void judge_failures(Document& document, std::vector<std::string>& reasons) {
  std::uint64_t succeeded = 0, failed = 0;
  std::vector<std::string> kinds;
  for (const GroupResult& group : document.groups)
    for (const OperationResult& operation : group.operations)
      if (!operation.nested) {
        const OperationStats& measured = operation.measured();
        succeeded += measured.count();
        failed += measured.errors();
        if (measured.count() == 0 && measured.errors() >= kEnoughToTell)
          kinds.push_back(fmt::format("all {} {} of the measured time failed", measured.errors(), operation.name));
      }
  if (succeeded > 0 && static_cast<double>(failed) > 0.01 * static_cast<double>(succeeded + failed))
    document.warnings.push_back(
        fmt::format("{} of {} operations failed: the figures are of those that succeeded", failed, succeeded + failed));
  if (document.partial && succeeded > 0) return;  // the figures are of what there is
  if (succeeded > 0)
    reasons.insert(reasons.end(), kinds.begin(), kinds.end());
  else
    reasons.push_back(document.partial ? kNothingOfPartial
                      : failed == 0    ? "nothing was measured: no operation was due and ended in the measured time"
                                       : fmt::format("all {} operations of the measured time failed", failed));
}

/// A condition that holds fails the run, and so does one that cannot be judged: a pipeline must not pass because nothing was
/// measured.
void judge_conditions(Document& document, const std::vector<Threshold>& fail_if) {
  const MeasuredRun run = MeasuredRun::of(document);
  std::vector<Requirement> judged;
  for (const Threshold& condition : fail_if) {
    Threshold::Outcome outcome;
    try {
      outcome = condition.evaluate([&](const ThresholdValue& value) { return value_in(run, value); });
    } catch (const Error& error) {  // which figures and requirements there are is known only now
      outcome.actual = error.what();
    }
    judged.push_back({condition.text(), "--fail-if",
                      outcome.truth == Threshold::Truth::unknown ? "a value to judge it by" : "that it does not hold",
                      outcome.actual,
                      outcome.truth == Threshold::Truth::no ? Requirement::Verdict::pass : Requirement::Verdict::fail,
                      true});
  }
  for (Requirement& requirement : judged) document.requirements.push_back(std::move(requirement));
}

RunVerdict decide(const Document& document, const RunOutcome& outcome, std::vector<std::string> reasons) {
  if (!outcome.invalid.empty()) return {Verdict::invalid, outcome.invalid};
  for (const CheckResult& check : document.checks)
    if (check.state == CheckResult::State::failed)
      reasons.push_back(fmt::format(
          "the check {} the run found {}", check.when,
          one_or_more(check.findings.size(), "condition that does not hold", "conditions that do not hold")));
  for (const Requirement& requirement : document.requirements)
    if (requirement.decides && requirement.verdict == Requirement::Verdict::fail)
      reasons.push_back(fmt::format("{}{}: {}, required {}", requirement.name,
                                    requirement.clause.empty() ? "" : fmt::format(" ({})", requirement.clause),
                                    requirement.actual, requirement.limit));
  return {reasons.empty() ? Verdict::pass : Verdict::fail, std::move(reasons)};
}

}  // namespace

RunSummary summarize_run(const RunPlan& plan, const RunOutcome& outcome) {
  RunSummary summary;
  summary.ramp = outcome.ramp_up;
  summary.warmup = outcome.warmup;
  summary.measure = outcome.measure;
  summary.partial = outcome.partial;
  summary.of_whole_job = outcome.of_whole_job;
  const Nanos begin = outcome.ramp_up + outcome.warmup, end = begin + outcome.measure;
  for (std::size_t g = 0; g < plan.groups.size(); g++) {  // of the workload; groups that joined are not its own
    const GroupOutcome& group = outcome.groups[g];
    RunSummary::Phased& phased = summary.groups.emplace_back();
    phased.measure = measured(group);
    phased.whole = GroupStats(plan.groups[g].group.operations.size(), plan.groups[g].group.counters.size());
    for (const GroupStats& stats : group.phases) phased.whole.merge(stats);
    // Completions in each whole measured interval; the intervals of all groups are those of the first.
    const Nanos interval = group.series.interval();
    if (g == 0) summary.interval = interval;
    auto& completed = summary.interval_completed.emplace_back(plan.groups[g].group.operations.size());
    const std::int64_t first = (begin + interval - Nanos(1)) / interval, past = end / interval;
    for (std::int64_t i = first; i < past; i++) {
      if (g == 0) summary.interval_ends.push_back(interval * (i + 1));
      for (auto& of_operation : completed) of_operation.push_back(0);
    }
    for (const SeriesInterval& at : group.series.intervals())
      if (at.index >= first && at.index < past)
        for (std::size_t o = 0; o < completed.size(); o++)
          completed[o][static_cast<std::size_t>(at.index - first)] = at.operations[o].completed;
  }
  return summary;
}

Document measured_document(const RunPlan& plan, const RunOutcome& outcome) {
  Document document;
  document.id = "measured";
  document.started = outcome.started;
  document.ended = outcome.ended;
  document.partial = outcome.partial;
  add_phases(document, outcome);
  for (std::size_t g = 0; g < outcome.groups.size(); g++) {
    const std::size_t planned = plan.groups.size();
    document.groups.push_back(
        make_group(g < planned ? plan.groups[g] : outcome.joined[g - planned], outcome.groups[g]));
  }
  return document;
}

Document make_document(DocumentInput input) {
  const RunOutcome& outcome = input.outcome;
  Document document = measured_document(input.plan, outcome);
  document.id = input.setup.id;
  document.assay_version = ASSAY_VERSION;
  document.seed = input.setup.seed;
  document.workload.name = input.setup.type->info().name;
  const std::map<std::string, std::string>& in_force = input.options_in_force;
  for (const auto& [name, value] : input.setup.request.workload_options.all())
    document.workload.options.emplace_back(name, in_force.contains(name) ? in_force.at(name) : value);
  for (const auto* options : {&input.setup.request.own, &input.setup.request.job})
    for (const auto& [name, value] : options->all()) document.workload.options.emplace_back("run." + name, value);
  TargetFacts target{.name = "main",
                     .driver = std::string(input.setup.driver->info().name),
                     .url = without_secrets(input.setup.url()),
                     .server = input.server.server,
                     .server_version = input.server.version,
                     .settings = {}};
  for (const auto& [name, value] : input.server.settings) target.settings.emplace_back(name, value);
  document.targets.push_back(std::move(target));
  document.schedule = input.plan.groups.front().schedule.describe();
  for (const GroupResult& group : document.groups)
    for (const OperationResult& operation : group.operations)
      for (const OperationStats& stats : operation.phases) document.in_doubt += stats.in_doubt;
  document.events = outcome.events;
  document.search = std::move(input.search);
  document.figures = std::move(input.statements.figures);
  if (!document.search.steps.empty())
    document.figures.push_back({"highest_rate", document.search.highest, "1/s",
                                "highest rate at which held: " + document.search.condition + "; 0 where none did"});
  document.requirements = std::move(input.statements.requirements);
  document.checks = std::move(input.checks);
  document.target_series = outcome.target_series;
  document.own_cost = {.cpu_seconds = outcome.cost.cpu_seconds,
                       .operations = outcome.cost.operations,
                       .peak_rss_bytes = outcome.cost.peak_rss_bytes,
                       .threads = threads_of(input.plan, outcome.joined),
                       .busiest_loop = outcome.cost.busiest_loop,
                       .loops = outcome.cost.loops,
                       .io_uring_loops = outcome.cost.io_uring_loops};
  document.machine = gather_machine_facts();
  document.warnings = outcome.warnings;
  if (const std::string doubt = doubt_of_search(document.search); !doubt.empty())
    document.warnings.push_back("--find-max: " + doubt);
  std::uint64_t round_trips = 0;
  double operations = 0;
  for (const GroupOutcome& group : outcome.groups) {
    round_trips += group.round_trips;
    operations -= static_cast<double>(group.abandoned);  // counted as failed, and never begun
    for (const GroupStats& stats : group.phases)
      for (const OperationStats& operation : stats.operations)
        operations += static_cast<double>(operation.completed + operation.errors());
  }
  if (round_trips > 0 && operations > 0)
    document.figures.push_back({"round_trips_per_operation", static_cast<double>(round_trips) / operations, "",
                                "round trips of all sessions / operations that began, whole run",
                                std::none_of(outcome.events.begin(), outcome.events.end(),
                                             [](const Event& e) { return e.kind == "agent_lost"; })});
  judge_failures(document, input.reasons);
  judge_conditions(document, input.fail_if);
  document.verdict = decide(document, outcome, std::move(input.reasons));
  return document;
}

ExitCode exit_code_of(const Document& document, bool contradicted, bool gone) {
  // Somebody stopped it before there was anything to judge.
  const bool nothing = document.partial && document.verdict.reasons == std::vector<std::string>{kNothingOfPartial};
  const bool check_failed = std::any_of(document.checks.begin(), document.checks.end(),
                                        [](const CheckResult& c) { return c.state == CheckResult::State::failed; });
  if (check_failed || contradicted) return ExitCode::check_failed;
  if (document.verdict.verdict == Verdict::invalid) return ExitCode::run_invalid;
  if (gone) return ExitCode::unreachable;
  if (document.verdict.verdict == Verdict::fail && !nothing) return ExitCode::thresholds_failed;
  return document.partial ? ExitCode::interrupted : ExitCode::ok;
}

}  // namespace assay
