#include "job/load.h"

#include "base/error.h"
#include "base/units.h"
#include "core/rate_search.h"
#include "job/run_watch.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

/// A step completes less than it is asked for when the target cannot keep up, and then what waits grows without end.
constexpr double kKeptUp = 0.97;
constexpr Nanos kLongestTrial = std::chrono::seconds(5);  // of the run without a rate that a search begins with
constexpr int kTakesOfStep = 3;  // runs of one step, of which the first that was valid is judged, or the last

/// Completed operations of the scheduled groups per second of the measured time.
double completed_rate(const RunPlan& plan, const RunOutcome& outcome) {
  double operations = 0;
  for (std::size_t g = 0; g < plan.groups.size(); g++) {
    if (plan.groups[g].group.triggered) continue;
    const GroupStats& measured = outcome.groups[g].phases[static_cast<std::size_t>(Phase::measure)];
    for (std::size_t o = 0; o < measured.operations.size(); o++)
      if (!plan.groups[g].group.operations[o].nested)
        operations += static_cast<double>(measured.operations[o].completed);
  }
  return outcome.measure > Nanos(0) ? operations / to_seconds(outcome.measure) : 0;
}

void at_rate(RunPlan& plan, double rate) {
  for (GroupPlan& group : plan.groups)
    if (!group.group.triggered)
      group.schedule = Schedule::open_loop(group.schedule.kind() == Schedule::Kind::poisson, {{rate, rate, Nanos(0)}});
}

struct Run {
  RunOutcome outcome;
  std::vector<Requirement> requirements;
  std::string aborted;
};

/// Whether a condition held in a run at a rate, and why.
RateSearchStep judge(const Threshold& condition, double rate, const RunPlan& plan, const Run& run) {
  RateSearchStep step{.rate = rate, .completed = completed_rate(plan, run.outcome), .held = false, .why = {}};
  const auto groups = static_cast<double>(std::count_if(plan.groups.begin(), plan.groups.end(),
                                                        [](const GroupPlan& group) { return !group.group.triggered; }));
  const MeasuredRun view = view_of(plan, run.outcome.groups, run.outcome.measure, run.outcome.events);
  const Threshold::Outcome outcome =
      condition.evaluate([&](const ThresholdValue& value) { return value_in(view, value); });
  if (!run.aborted.empty()) {
    step.why = "aborted: " + run.aborted;
  } else if (!run.outcome.invalid.empty()) {
    step.why = "assay itself was the limit: " + run.outcome.invalid.front();
  } else {
    const bool kept_up = step.completed >= kKeptUp * rate * groups;
    step.held = kept_up && outcome.truth == Threshold::Truth::yes;
    step.why = outcome.actual;
    if (!kept_up) step.why += fmt::format("; completed less than {:.0f} % of the rate", 100 * kKeptUp);
    if (outcome.truth == Threshold::Truth::unknown) step.why += "; nothing was measured to judge it by";
  }
  return step;
}

class Loader {
 public:
  Loader(const JobSetup& setup, Executor& executor, const LoadConditions& conditions, std::stop_token stop,
         JobObserver& observer, const std::function<void(const Load&)>& save)
      : own_(setup.own()),
        executor_(executor),
        conditions_(conditions),
        stop_(std::move(stop)),
        observer_(observer),
        save_(save) {}

  Load once(RunPlan plan) {
    Load load;
    load.plan = std::move(plan);
    take(load, carry_out(load.plan));
    save_(load);
    return load;
  }

  Load search(RunPlan plan) {
    const Threshold& condition = *conditions_.find_max;
    RateSearch search({.first = first_rate(plan),
                       .precision = own_.number("find-max-precision") / 100,
                       .confirmations = static_cast<int>(own_.count("find-max-steps"))});
    Load load;
    load.plan = std::move(plan);
    load.search.condition = condition.text();
    bool interrupted = false;
    for (std::optional<double> rate; !interrupted && (rate = search.next());) {
      if (!load.search.steps.empty()) {
        executor_.after_run();
        load.plan = executor_.plan();  // what a workload counts is of one run
      }
      at_rate(load.plan, *rate);
      Run run = carry_out(load.plan);
      std::string disturbed;
      for (int take = 1; take < kTakesOfStep && !run.outcome.invalid.empty() && !run.outcome.partial; take++) {
        disturbed += fmt::format("; taken again because assay itself was the limit: {}", run.outcome.invalid.front());
        observer_.progress().note(fmt::format("find-max: step {}: {} is taken again: assay itself was the limit: {}",
                                              load.search.steps.size() + 1, format_rate(*rate),
                                              run.outcome.invalid.front()));
        executor_.after_run();
        load.plan = executor_.plan();
        at_rate(load.plan, *rate);
        run = carry_out(load.plan);
      }
      interrupted = run.outcome.partial && run.aborted.empty();
      if (!interrupted) {
        RateSearchStep step = judge(condition, *rate, load.plan, run);
        step.why += disturbed;
        search.tell(step.held);
        observer_.progress().note(fmt::format("find-max: step {}: {} {}: {}", load.search.steps.size() + 1,
                                              format_rate(*rate), step.held ? "held" : "did not hold", step.why));
        load.search.steps.push_back(step);
        run.aborted.clear();  // is why a step did not hold, and no more
        run.outcome.partial = interrupted = stop_.stop_requested();
      }
      take(load, std::move(run));
      state(load, search);
      save_(load);
    }
    if (!load.search.complete && !interrupted)
      load.reasons.push_back("--find-max did not find the highest rate with " + condition.text());
    return load;
  }

 private:
  /// --rate, or what the clients complete without one, in a short run of its own.
  double first_rate(const RunPlan& planned) {
    if (!own_.text("rate").empty()) return planned.groups.front().schedule.rate_at(planned.ramp_up + planned.warmup);
    RunPlan plan = executor_.plan();
    plan.duration = std::min(plan.duration, kLongestTrial);
    const Run run = carry_out(plan);
    executor_.after_run();
    if (stop_.stop_requested()) throw Error("interrupted", ExitCode::interrupted);
    const double rate = completed_rate(plan, run.outcome);
    if (rate <= 0)
      throw Error(
          "--find-max: nothing succeeded without a rate, so there is none to begin with; expected a target on which "
          "the same run without --find-max succeeds",
          ExitCode::thresholds_failed);
    observer_.progress().note(
        fmt::format("find-max: without a rate {} were completed; that is tried first", format_rate(rate)));
    return rate;
  }

  Run carry_out(const RunPlan& plan) {
    observer_.run_begins(plan);
    RunWatch watch(plan, conditions_.abort_if, {own_.duration("until-steady"), own_.number("steady-limit") / 100},
                   observer_);
    Run out{.outcome = executor_.run(plan, stop_, watch), .requirements = {}, .aborted = {}};
    observer_.run_ended();
    out.requirements = watch.requirements();
    out.aborted = watch.aborted();
    return out;
  }

  static void state(Load& load, const RateSearch& search) {
    load.search.highest = search.highest().value_or(0);
    load.search.lowest_failed = search.lowest_failed().value_or(0);
    load.search.held = static_cast<std::uint64_t>(search.held());
    load.search.complete = search.complete();
  }

  static void take(Load& load, Run run) {
    load.outcome = std::move(run.outcome);
    load.requirements = std::move(run.requirements);
    load.reasons.clear();
    if (!run.aborted.empty()) load.reasons.push_back("aborted: " + run.aborted);
  }

  const Options& own_;
  Executor& executor_;
  const LoadConditions& conditions_;
  std::stop_token stop_;
  JobObserver& observer_;
  const std::function<void(const Load&)>& save_;
};

}  // namespace

Load carry_out_load(const JobSetup& setup, Executor& executor, RunPlan plan, const LoadConditions& conditions,
                    std::stop_token stop, JobObserver& observer, const std::function<void(const Load&)>& save) {
  Loader loader(setup, executor, conditions, std::move(stop), observer, save);
  return conditions.find_max ? loader.search(std::move(plan)) : loader.once(std::move(plan));
}

}  // namespace assay
