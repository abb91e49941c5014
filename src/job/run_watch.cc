#include "job/run_watch.h"

#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

bool within(const std::optional<Steadiness>& s, double limit) {
  return s && std::abs(s->drift) <= limit && s->uncertainty <= limit;
}

std::string describe(std::string_view what, const std::optional<Steadiness>& s, double limit) {
  if (!s) return fmt::format("{} n/a", what);
  const double most = 100 * limit;
  return fmt::format("{} drift {}{} %, known to ±{} %", what, s->drift < 0 ? "" : "+",
                     format_fixed(100 * s->drift, 1, {-most, most}), format_fixed(100 * s->uncertainty, 1, {most}));
}

}  // namespace

MeasuredRun view_of(const RunPlan& plan) {
  MeasuredRun run;
  for (const GroupPlan& group : plan.groups) {
    MeasuredRun::Group& view = run.groups.emplace_back(MeasuredRun::Group{group.group.name, {}, 0});
    for (const OperationInfo& operation : group.group.operations)
      view.operations.push_back({operation.name, operation.nested, nullptr});
  }
  return run;
}

MeasuredRun view_of(const RunPlan& plan, const std::vector<GroupOutcome>& groups, Nanos measured,
                    const std::vector<Event>& events) {
  MeasuredRun run = view_of(plan);
  for (std::size_t g = 0; g < run.groups.size(); g++) {
    const GroupStats& stats = groups[g].phases[static_cast<std::size_t>(Phase::measure)];
    for (std::size_t o = 0; o < run.groups[g].operations.size(); o++)
      run.groups[g].operations[o].stats = &stats.operations[o];
  }
  run.length = measured;
  run.events = &events;
  return run;
}

RecentFigures recent_figures(const GroupPlan& plan, const GroupOutcome& outcome, const SoFar& so_far, Nanos window) {
  const Nanos interval = outcome.series.interval(), end = so_far.measure_begin + so_far.measured;
  const std::int64_t past = end / interval, first = (end - window + interval - Nanos(1)) / interval;
  if (so_far.measured < window || past <= first) return {};
  RecentFigures figures;
  figures.rate.assign(static_cast<std::size_t>(past - first), 0);
  figures.response_ns.assign(figures.rate.size(), 0);
  for (const SeriesInterval& at : outcome.series.intervals()) {
    if (at.index < first || at.index >= past) continue;
    Histogram response;
    const auto i = static_cast<std::size_t>(at.index - first);
    for (std::size_t o = 0; o < at.operations.size(); o++) {
      if (plan.group.operations[o].nested) continue;
      figures.rate[i] += static_cast<double>(at.operations[o].completed) / to_seconds(interval);
      if (!at.operations[o].response.empty()) response.merge(Histogram::decode(at.operations[o].response));
    }
    if (!response.empty()) figures.response_ns[i] = response.mean_ns();
  }
  for (std::size_t i = 1; i < figures.response_ns.size(); i++)
    if (figures.response_ns[i] == 0) figures.response_ns[i] = figures.response_ns[i - 1];
  return figures;
}

bool RunWatch::is_steady(const SoFar& so_far) {
  if (so_far.measured < steady_.window) {
    seen_ = fmt::format("only {} were measured", format_duration(so_far.measured));
    return false;
  }
  bool steady = true;
  seen_.clear();
  for (std::size_t g = 0; g < plan_.groups.size(); g++) {
    if (plan_.groups[g].group.triggered) continue;
    const RecentFigures recent = recent_figures(plan_.groups[g], so_far.groups[g], so_far, steady_.window);
    const std::optional<Steadiness> rate = steadiness(recent.rate), response = steadiness(recent.response_ns);
    steady = steady && within(rate, steady_.limit) && within(response, steady_.limit);
    seen_ +=
        fmt::format("{}{}: {}; {}", seen_.empty() ? "" : "; ", plan_.groups[g].group.name,
                    describe("throughput", rate, steady_.limit), describe("mean response", response, steady_.limit));
  }
  return steady;
}

std::optional<Ending> RunWatch::ends_for(const SoFar& so_far) {
  for (const Threshold& condition : abort_if_) {
    const MeasuredRun run = view_of(plan_, so_far.groups, so_far.measured, so_far.events);
    const Threshold::Outcome outcome =
        condition.evaluate([&](const ThresholdValue& value) { return value_in(run, value); });
    if (outcome.truth != Threshold::Truth::yes) continue;
    aborted_ =
        fmt::format("{} after {} of measuring: {}", condition.text(), format_duration(so_far.measured), outcome.actual);
    return Ending{"aborted", aborted_, true};
  }
  if (steady_.window > Nanos(0) && is_steady(so_far)) {
    became_steady_ = true;
    return Ending{"steady", seen_, false};
  }
  return std::nullopt;
}

std::vector<Requirement> RunWatch::requirements() const {
  if (steady_.window <= Nanos(0)) return {};
  const std::string limit = fmt::format("drift ≤ {0:g} % and mean known to ±{0:g} %, over {1}", 100 * steady_.limit,
                                        format_duration(steady_.window));
  return {{"steady", "--until-steady", limit, seen_.empty() ? "nothing was measured" : seen_,
           became_steady_ ? Requirement::Verdict::pass : Requirement::Verdict::fail, true}};
}

}  // namespace assay
