#include "core/collector.h"

#include "runtime/wait.h"

#include <algorithm>
#include <condition_variable>
#include <map>

namespace assay {
namespace {
constexpr Nanos kHandOver = std::chrono::milliseconds(100);
// What ended in an interval is recorded by then, also by a thread that the scheduler let wait.
constexpr Nanos kRecorded = std::chrono::milliseconds(50);
}  // namespace

/// The figures of one target, read about once an interval.
struct Collector::Sampling {
  Sampling(std::unique_ptr<Sampler> sampler, TimePoint start, Nanos interval) : sampler(std::move(sampler)) {
    thread = std::jthread([this, start, interval](std::stop_token stop) { sample(stop, start, interval); });
  }

  void sample(const std::stop_token& stop, TimePoint start, Nanos interval) {
    const runtime::StopScope scope(stop);  // a target that stands still does not hold up the end of the run
    std::mutex sleeping;
    std::condition_variable_any woken;
    for (TimePoint next = start; !stop.stop_requested(); next += interval) {
      std::unique_lock lock(sleeping);
      woken.wait_until(lock, stop, next, [] { return false; });
      if (stop.stop_requested()) return;
      const Result<std::vector<TargetMetric>> metrics = sampler->sample();
      const TimePoint now = real_clock().now();
      if (metrics) add(*metrics, now - start);
      next = std::max(next, now - interval);  // a slow target is asked less often, not all at once afterwards
    }
  }

  void add(const std::vector<TargetMetric>& metrics, Nanos at) {
    const std::lock_guard lock(mutex);
    for (const TargetMetric& metric : metrics) {
      auto [found, isNew] = index.try_emplace(metric.name, series.size());
      if (isNew) {
        series.push_back({metric.name, metric.unit, metric.counter, {}});
        first.push_back(metric.value);
      }
      TargetSeries& s = series[found->second];
      s.samples.emplace_back(at, metric.counter ? metric.value - first[found->second] : metric.value);
      if (s.samples.size() > Series::kMostIntervals) {  // halve: every second sample stays
        std::vector<std::pair<Nanos, double>> kept;
        for (std::size_t i = 0; i < s.samples.size(); i += 2) kept.push_back(s.samples[i]);
        s.samples = std::move(kept);
      }
    }
  }

  std::unique_ptr<Sampler> sampler;
  std::mutex mutex;
  std::vector<TargetSeries> series;
  std::vector<double> first;
  std::map<std::string, std::size_t> index;
  std::jthread thread;
};

Collector::Collector(const RunPlan& plan, const std::vector<std::unique_ptr<GroupRun>>& groups, const Phases& phases,
                     RunObserver& observer)
    : plan_(plan), groups_(groups), phases_(phases), observer_(observer), told_(phases.start()) {
  for (const GroupPlan& group : plan.groups) add(group);
}

void Collector::add(const GroupPlan& group) {
  const std::size_t operations = group.group.operations.size(), counters = group.group.counters.size();
  GroupOutcome& outcome = outcomes_.emplace_back();
  outcome.series = Series(plan_.interval, operations);
  for (GroupStats& stats : outcome.phases) stats = GroupStats(operations, counters);
  recent_.emplace_back(operations, counters);
  if (std::find(targets_.begin(), targets_.end(), group.target) != targets_.end()) return;
  targets_.push_back(group.target);
  if (std::unique_ptr<Sampler> sampler = group.target->sampler())
    samplings_.push_back(std::make_unique<Sampling>(std::move(sampler), phases_.start(), plan_.interval));
}

Collector::~Collector() = default;

void Collector::take(std::size_t g, const Interval& interval) {
  observer_.interval(g, interval);
  GroupOutcome& outcome = outcomes_[g];
  outcome.phases[static_cast<std::size_t>(interval.phase)].merge(interval.stats);
  outcome.series.add(interval.index, interval.phase, interval.stats);
  recent_[g].merge(interval.stats);
  for (const auto& [phase, stats] : interval.strays) {
    outcome.phases[static_cast<std::size_t>(phase)].merge(stats);
    outcome.series.add(interval.index, interval.phase, stats);
    recent_[g].merge(stats);
  }
}

bool Collector::collect(TimePoint now) {
  for (std::size_t g = 0; g < groups_.size(); g++) {
    Mailbox& mailbox = groups_[g]->mailbox;
    mailbox.close_shared(now - kRecorded);
    for (std::unique_ptr<Interval>& interval : mailbox.collect()) {
      take(g, *interval);
      mailbox.give_back(std::move(interval));
    }
  }
  std::vector<Series*> all;
  for (GroupOutcome& outcome : outcomes_) all.push_back(&outcome.series);
  Series::keep_within(Series::kMostBytes, all);
  // Recorders hand an interval over when it has ended: told a little later, the figures are of whole intervals.
  if (now - told_ < plan_.interval || (now - phases_.start()) % plan_.interval <= kHandOver) return false;
  tell(now);
  return true;
}

void Collector::tell(TimePoint now) {
  Live live;
  live.phase = phases_.at(now);
  live.since_start = now - phases_.start();
  const TimePoint end = phases_.measure_end();
  live.left = end == TimePoint::max() ? Nanos::max() : std::max(Nanos(0), end - now);
  for (std::size_t g = 0; g < groups_.size(); g++) {
    const Group& known = groups_[g]->plan.group;
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
    group.rate = static_cast<double>(completed) / to_seconds(now - told_);
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
  told_ = now;
  observer_.live(live);
}

void Collector::finish(RunOutcome& out, TimePoint now) {
  for (std::size_t g = 0; g < groups_.size(); g++)
    for (const std::unique_ptr<Interval>& interval : groups_[g]->mailbox.collect()) take(g, *interval);
  const auto untold = [](const GroupStats& stats) { return !stats.empty(); };
  if (now > told_ && std::any_of(recent_.begin(), recent_.end(), untold))
    tell(now);  // so that what was told adds up to what was done
  out.groups = std::move(outcomes_);
  for (const auto& sampling : samplings_) {
    sampling->thread.request_stop();
    sampling->thread.join();
    for (TargetSeries& series : sampling->series) out.target_series.push_back(std::move(series));
  }
}

}  // namespace assay
