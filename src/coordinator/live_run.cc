#include "coordinator/live_run.h"

#include "base/error.h"
#include "job/outcome.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace assay::coordinator {
namespace {

constexpr std::size_t kMostPending = 8;  // intervals, each of as much memory as its histograms

std::vector<GroupOutcome> empty_outcomes(const RunPlan& plan) {
  std::vector<GroupOutcome> out;
  for (const GroupPlan& group : plan.groups) {
    GroupOutcome& outcome = out.emplace_back();
    outcome.series = Series(plan.interval, group.group.operations.size());
  }
  return out;
}

/// Of a phase there is nothing before it begins: for many agents that would be much.
void merge(GroupStats& into, const GroupStats& stats) {
  if (into.operations.empty()) into = GroupStats(stats.operations.size(), stats.counters.size());
  into.merge(stats);
}

void take_into_phases(GroupOutcome& outcome, const Interval& interval) {
  merge(outcome.phases[static_cast<std::size_t>(interval.phase)], interval.stats);
  for (const auto& [phase, stats] : interval.strays) merge(outcome.phases[static_cast<std::size_t>(phase)], stats);
}

void take(GroupOutcome& outcome, const Interval& interval) {
  take_into_phases(outcome, interval);
  outcome.series.add(interval.index, interval.phase, interval.stats);
  for (const auto& [phase, stats] : interval.strays) outcome.series.add(interval.index, interval.phase, stats);
}

void give_all_phases(GroupOutcome& outcome, const Group& group) {
  for (GroupStats& stats : outcome.phases)
    if (stats.operations.empty()) stats = GroupStats(group.operations.size(), group.counters.size());
}

}  // namespace

LiveRun::LiveRun(const RunPlan& plan, std::size_t agents)
    : plan_(plan), merged_(empty_outcomes(plan)), pending_(merged_.size()), told_(agents), recent_of_(agents) {
  for (std::size_t g = 0; g < merged_.size(); g++) give_all_phases(merged_[g], plan.groups[g].group);
  for (auto& told : told_) told = empty_outcomes(plan);
  for (Recent& own : recent_of_) {
    own.completed.resize(plan.groups.size());
    own.rates.resize(plan.groups.size());
  }
  for (const GroupPlan& group : plan.groups)
    recent_.emplace_back(group.group.operations.size(), group.group.counters.size());
}

void LiveRun::add(std::size_t agent, const nlohmann::json& piece, RunObserver& observer) {
  const std::size_t g = read_interval(piece, read_);
  const Interval& interval = read_[g];
  if (g >= merged_.size()) return;  // of a group that joined an agent's run by another hand
  if (interval.stats.operations.size() != recent_[g].operations.size() ||
      interval.stats.counters.size() != recent_[g].counters.size())
    throw Error("an agent tells of other operations than it announced", ExitCode::internal);
  observer.interval(g, interval);
  take_into_phases(merged_[g], interval);
  const auto [pending, first] = pending_[g].try_emplace({interval.index, interval.phase}, 0, 0);
  merge(pending->second, interval.stats);
  for (const auto& [phase, stats] : interval.strays) merge(pending->second, stats);
  if (pending_[g].size() > kMostPending) add_pending(g);  // nobody asks for the series meanwhile
  take(told_[agent][g], interval);
  recent_[g].merge(interval.stats);
  for (const auto& [phase, stats] : interval.strays) recent_[g].merge(stats);
  Recent& own = recent_of_[agent];
  (interval.phase == Phase::drain ? own.drained : own.intervals).insert(interval.index);
  const auto count = [&own, &completed = own.completed[g],
                      &known = plan_.groups[g].group.operations](const GroupStats& stats) {
    for (std::size_t o = 0; o < stats.operations.size(); o++) {
      if (known[o].nested) continue;
      completed += stats.operations[o].completed;
      own.errors += stats.operations[o].errors();
      own.lag.merge(stats.operations[o].lag);
    }
  };
  count(interval.stats);
  for (const auto& [phase, stats] : interval.strays) count(stats);
  std::vector<Series*> all;
  for (GroupOutcome& outcome : merged_) all.push_back(&outcome.series);
  Series::keep_within(Series::kMostBytes, all);
}

void LiveRun::tell_cpu(std::size_t agent, Nanos used, TimePoint at) { recent_of_[agent].now = Recent::Cpu{used, at}; }

void LiveRun::Recent::take(Nanos interval, Nanos measured_until) {
  shown.cpu.reset();
  if (before && now && now->at > before->at)
    shown.cpu = to_seconds(now->used - before->used) / to_seconds(now->at - before->at);
  before = now;
  if (intervals.empty() && drained.empty() && !repeated) {
    repeated = true;
    return;
  }
  repeated = false;
  Nanos time{};
  for (const std::int64_t index : intervals)
    time += std::clamp(measured_until - index * interval, Nanos(std::chrono::milliseconds(1)), interval);
  // What is behind the end is of no known length, and of little in a closed loop: it counts when there is nothing else.
  if (intervals.empty()) time = interval * static_cast<std::int64_t>(std::max<std::size_t>(1, drained.size()));
  const double seconds = to_seconds(time);
  shown.rate = 0;
  for (std::size_t g = 0; g < completed.size(); g++) {
    rates[g] = static_cast<double>(completed[g]) / seconds;
    shown.rate += rates[g];
    completed[g] = 0;
  }
  shown.error_rate = static_cast<double>(errors) / seconds;
  shown.p99_lag = lag.quantile(0.99);
  errors = 0;
  lag.clear();
  intervals.clear();
  drained.clear();
}

Live LiveRun::take_live(Phase phase, Nanos since_start, Nanos left, Nanos measured_until) {
  Live live;
  for (Recent& own : recent_of_) {
    own.take(plan_.interval, measured_until);
    live.agents.push_back(own.shown);
  }
  live.phase = phase;
  live.since_start = since_start;
  live.left = left;
  for (std::size_t g = 0; g < recent_.size(); g++) {
    const Group& known = plan_.groups[g].group;
    LiveGroup group{.name = known.name};
    Histogram response;
    std::uint64_t completed = 0;
    for (std::size_t o = 0; o < recent_[g].operations.size(); o++) {
      if (known.operations[o].nested) continue;
      const OperationStats& stats = recent_[g].operations[o];
      response.merge(stats.response);
      completed += stats.completed;
      group.errors += stats.errors();
      group.retries += stats.retries;
    }
    for (const Recent& own : recent_of_) group.rate += own.rates[g];
    group.p50 = response.quantile(0.5);
    group.p99 = response.quantile(0.99);
    group.max = response.max();
    operations_ += completed;
    errors_ += group.errors;
    live.groups.push_back(std::move(group));
    recent_[g].clear();
  }
  live.operations = operations_;
  live.errors = errors_;
  return live;
}

const std::vector<GroupOutcome>& LiveRun::merged() {
  for (std::size_t g = 0; g < merged_.size(); g++) add_pending(g);
  return merged_;
}

void LiveRun::add_pending(std::size_t g) {
  for (const auto& [when, stats] : pending_[g]) merged_[g].series.add(when.first, when.second, stats);
  pending_[g].clear();
}

RunOutcome LiveRun::of_agent(std::size_t agent) const {
  RunOutcome outcome;
  outcome.groups = told_[agent];
  for (std::size_t g = 0; g < outcome.groups.size(); g++) give_all_phases(outcome.groups[g], plan_.groups[g].group);
  return outcome;
}

}  // namespace assay::coordinator
