#include "job/outcome.h"

#include "base/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>

namespace assay {
namespace {

using nlohmann::json;

constexpr std::size_t kMostGroups = 1000;  // of a piece: more are no run

constexpr std::size_t kMeasure = static_cast<std::size_t>(Phase::measure);

Nanos length_of(const Document& document, Phase phase) {
  Nanos length{};
  for (const PhaseSpan& span : document.phases)
    if (span.phase == phase) length += span.length;
  return length;
}

json stats_json(const GroupStats& stats) {
  json operations = json::array();
  const auto put = [](json& into, const char* name, const Histogram& histogram) {
    if (!histogram.empty()) into[name] = histogram.encode();
  };
  for (const OperationStats& s : stats.operations) {
    json o{{"completed", s.completed}, {"items", s.items}, {"bytes", s.bytes}, {"retries", s.retries}};
    if (s.in_doubt > 0) o["in_doubt"] = s.in_doubt;
    if (s.errors() > 0) o["failures"] = s.failures;
    put(o, "response", s.response);
    put(o, "service", s.service);
    put(o, "wait", s.wait);
    put(o, "lag", s.lag);
    put(o, "failed", s.failed);
    operations.push_back(std::move(o));
  }
  return {{"operations", std::move(operations)}, {"counters", stats.counters}};
}

/// Into memory that is there, if it is of as many operations.
void read_stats(const json& value, GroupStats& stats) {
  const json& operations = value.at("operations");
  if (stats.operations.size() == operations.size())
    stats.clear();
  else
    stats = GroupStats(operations.size(), 0);
  stats.counters = value.at("counters").get<std::vector<std::uint64_t>>();
  const auto take = [](const json& from, const char* name, Histogram& histogram) {
    if (const auto found = from.find(name); found != from.end())
      histogram.decode_from(found->get_ref<const std::string&>());
  };
  for (std::size_t i = 0; i < operations.size(); i++) {
    const json& o = operations[i];
    OperationStats& s = stats.operations[i];
    s.completed = o.at("completed").get<std::uint64_t>();
    s.items = o.at("items").get<std::uint64_t>();
    s.bytes = o.at("bytes").get<std::uint64_t>();
    s.retries = o.at("retries").get<std::uint64_t>();
    s.in_doubt = o.value("in_doubt", std::uint64_t{0});
    if (o.contains("failures")) s.failures = o["failures"].get<std::array<std::uint64_t, kFailureKinds>>();
    take(o, "response", s.response);
    take(o, "service", s.service);
    take(o, "wait", s.wait);
    take(o, "lag", s.lag);
    take(o, "failed", s.failed);
  }
}

Phase phase_from(const std::string& text) {
  for (int p = 0; p < kPhases; p++)
    if (to_string(static_cast<Phase>(p)) == text) return static_cast<Phase>(p);
  throw Error(fmt::format("'{}' is no phase", text));
}

/// Adds up cells of one operation in one interval.
void add(OperationStats& into, const SeriesCell& cell) {
  const auto merge = [](Histogram& histogram, const std::string& encoded) {
    if (!encoded.empty()) histogram.merge(Histogram::decode(encoded));
  };
  into.completed += cell.completed;
  into.retries += cell.retries;
  into.in_doubt += cell.in_doubt;
  into.items += cell.items;
  into.bytes += cell.bytes;
  into.failures[0] += cell.errors;  // a series knows how many, and not of which kind
  merge(into.response, cell.response);
  merge(into.service, cell.service);
  merge(into.wait, cell.wait);
  merge(into.lag, cell.lag);
}

/// The sum of the time lines of one group, at the interval of the coarsest.
Series merged_series(std::span<const RunOutcome> parts, std::size_t group) {
  Nanos interval{};
  std::size_t operations = 0;
  for (const RunOutcome& part : parts) {
    const Series& series = part.groups[group].series;
    interval = std::max(interval, series.interval());
    operations = std::max(operations, series.operations());
  }
  Series sum(interval, operations);
  std::vector<std::size_t> next(parts.size(), 0);
  const auto index_of = [&](const Series& series, std::size_t i) {
    return series.intervals()[i].index * series.interval().count() / interval.count();
  };
  while (true) {
    std::int64_t index = std::numeric_limits<std::int64_t>::max();
    for (std::size_t p = 0; p < parts.size(); p++)
      if (const Series& series = parts[p].groups[group].series; next[p] < series.intervals().size())
        index = std::min(index, index_of(series, next[p]));
    if (index == std::numeric_limits<std::int64_t>::max()) return sum;
    GroupStats stats(operations, 0);
    Phase phase = Phase::ramp;
    bool first = true;
    for (std::size_t p = 0; p < parts.size(); p++)
      for (const Series& series = parts[p].groups[group].series;
           next[p] < series.intervals().size() && index_of(series, next[p]) == index; next[p]++) {
        const SeriesInterval& at = series.intervals()[next[p]];
        if (first || at.phase == Phase::measure) phase = at.phase;
        first = false;
        for (std::size_t o = 0; o < at.operations.size(); o++) add(stats.operations[o], at.operations[o]);
      }
    sum.add(index, phase, stats);
  }
}

void require_same_groups(const RunOutcome& a, const RunOutcome& b) {
  bool same = a.groups.size() == b.groups.size();
  for (std::size_t g = 0; same && g < a.groups.size(); g++)
    same = a.groups[g].phases[0].operations.size() == b.groups[g].phases[0].operations.size() &&
           a.groups[g].phases[0].counters.size() == b.groups[g].phases[0].counters.size();
  if (!same) throw Error("results of one run must have the same groups; these do not", ExitCode::internal);
}

}  // namespace

RunPlan plan_of(const Document& document) {
  RunPlan plan;
  plan.seed = document.seed;
  for (const GroupResult& from : document.groups) {
    GroupPlan group;
    group.group.name = from.name;
    for (const OperationResult& operation : from.operations)
      group.group.operations.push_back({operation.name, "", operation.nested});
    for (const CounterResult& counter : from.counters) group.group.counters.push_back(counter.name);
    group.clients = from.clients;
    group.sessions = from.sessions;
    plan.groups.push_back(std::move(group));
  }
  return plan;
}

RunOutcome outcome_of(const Document& document) {
  RunOutcome out;
  for (const GroupResult& from : document.groups) {
    GroupOutcome& group = out.groups.emplace_back();
    for (std::size_t p = 0; p < kPhases; p++) {
      group.phases[p] = GroupStats(from.operations.size(), from.counters.size());
      for (std::size_t o = 0; o < from.operations.size(); o++)
        group.phases[p].operations[o] = from.operations[o].phases[p];
    }
    for (std::size_t c = 0; c < from.counters.size(); c++) {
      group.phases[kMeasure].counters[c] = from.counters[c].measured;
      group.phases[0].counters[c] = from.counters[c].whole_run - from.counters[c].measured;
    }
    group.series = from.series;
    group.failures = FailureLog(from.failures, from.other_failures);
    group.abandoned = from.abandoned;
    group.round_trips = from.round_trips;
  }
  out.events = document.events;
  out.target_series = document.target_series;
  if (document.verdict.verdict == Verdict::invalid) out.invalid = document.verdict.reasons;
  out.warnings = document.warnings;
  out.started = document.started;
  out.ended = document.ended;
  out.ramp_up = length_of(document, Phase::ramp);
  out.warmup = length_of(document, Phase::warmup);
  out.measure = length_of(document, Phase::measure);
  out.drain = length_of(document, Phase::drain);
  out.cost = {.cpu_seconds = document.own_cost.cpu_seconds,
              .operations = document.own_cost.operations,
              .peak_rss_bytes = document.own_cost.peak_rss_bytes,
              .busiest_loop = document.own_cost.busiest_loop,
              .loops = document.own_cost.loops,
              .io_uring_loops = document.own_cost.io_uring_loops};
  out.partial = document.partial;
  return out;
}

RunOutcome merged(std::span<RunOutcome> parts, std::span<const std::string> names) {
  ASSAY_ASSERT(!parts.empty() && parts.size() == names.size());
  if (parts.size() == 1) return std::move(parts.front());
  std::vector<Series> series;
  for (std::size_t g = 0; g < parts.front().groups.size(); g++) {
    for (const RunOutcome& part : parts) require_same_groups(parts.front(), part);
    series.push_back(merged_series(parts, g));
  }
  RunOutcome sum = std::move(parts.front());
  for (std::size_t g = 0; g < sum.groups.size(); g++) sum.groups[g].series = std::move(series[g]);
  const auto named = [&](std::size_t p, std::string text) { return fmt::format("{}: {}", names[p], text); };
  for (Event& event : sum.events) event.text = named(0, event.text);
  for (std::string& reason : sum.invalid) reason = named(0, reason);
  for (std::string& warning : sum.warnings) warning = named(0, warning);
  for (std::size_t p = 1; p < parts.size(); p++) {
    RunOutcome& part = parts[p];
    for (std::size_t g = 0; g < sum.groups.size(); g++) {
      GroupOutcome &into = sum.groups[g], &from = part.groups[g];
      for (std::size_t phase = 0; phase < kPhases; phase++) into.phases[phase].merge(from.phases[phase]);
      into.failures.merge(from.failures);
      into.abandoned += from.abandoned;
      into.round_trips += from.round_trips;
    }
    for (const Event& event : part.events)
      sum.events.push_back({event.at, event.length, event.kind, named(p, event.text)});
    for (const std::string& reason : part.invalid) sum.invalid.push_back(named(p, reason));
    for (const std::string& warning : part.warnings) sum.warnings.push_back(named(p, warning));
    if (sum.target_series.empty()) sum.target_series = std::move(part.target_series);
    sum.started = std::min(sum.started, part.started);
    sum.ended = std::max(sum.ended, part.ended);
    for (Nanos RunOutcome::*length :
         {&RunOutcome::ramp_up, &RunOutcome::warmup, &RunOutcome::measure, &RunOutcome::drain})
      sum.*length = std::max(sum.*length, part.*length);
    sum.cost.cpu_seconds += part.cost.cpu_seconds;
    sum.cost.operations += part.cost.operations;
    sum.cost.peak_rss_bytes += part.cost.peak_rss_bytes;
    sum.cost.busiest_loop = std::max(sum.cost.busiest_loop, part.cost.busiest_loop);
    sum.cost.loops += part.cost.loops;
    sum.cost.io_uring_loops += part.cost.io_uring_loops;
    sum.partial = sum.partial || part.partial;
  }
  std::stable_sort(sum.events.begin(), sum.events.end(), [](const Event& a, const Event& b) { return a.at < b.at; });
  return sum;
}

json to_json(std::size_t group, const Interval& interval) {
  json out{{"group", group},
           {"index", interval.index},
           {"phase", to_string(interval.phase)},
           {"stats", stats_json(interval.stats)}};
  for (const auto& [phase, stats] : interval.strays) out["strays"][std::string(to_string(phase))] = stats_json(stats);
  return out;
}

std::size_t read_interval(const json& value, std::vector<Interval>& by_group) {
  try {
    const auto group = value.at("group").get<std::size_t>();
    if (group >= kMostGroups) throw Error(fmt::format("a piece of a time line is of the group {}", group));
    while (by_group.size() <= group) by_group.emplace_back(0, 0);
    Interval& interval = by_group[group];
    read_stats(value.at("stats"), interval.stats);
    interval.index = value.at("index").get<std::int64_t>();
    interval.phase = phase_from(value.at("phase").get<std::string>());
    interval.strays.clear();
    if (value.contains("strays"))
      for (const auto& [phase, stray] : value["strays"].items())
        read_stats(stray, interval.strays.emplace(phase_from(phase), GroupStats(0, 0)).first->second);
    return group;
  } catch (const json::exception& error) {
    throw Error(fmt::format("a piece of a time line is none: {}", error.what()));
  }
}

}  // namespace assay
