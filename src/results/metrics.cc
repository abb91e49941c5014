#include "results/metrics.h"

#include "results/agents.h"
#include "results/summary.h"

#include <fmt/format.h>

#include <cmath>
#include <map>

namespace assay {
namespace {

using Samples = std::vector<MetricSample>;

double unix_seconds(WallTime t) { return to_seconds(t.time_since_epoch()); }

/// Calls `f(labels, operation)` for each operation; a nested one says so, because a sum must leave it out.
template <class F>
void each_operation(const Document& d, F f) {
  for (const GroupResult& g : d.groups)
    for (const OperationResult& o : g.operations) {
      MetricLabels labels{{"group", g.name}, {"operation", o.name}};
      if (o.nested) labels.emplace_back("nested", "true");
      f(std::move(labels), o);
    }
}

template <class Value>
Samples by_operation(const Document& d, Value value) {
  Samples out;
  each_operation(d, [&](MetricLabels labels, const OperationResult& o) {
    out.push_back({std::move(labels), static_cast<double>(value(o))});
  });
  return out;
}

template <Histogram OperationStats::*member>
Samples histograms(const Document& d) {
  Samples out;
  each_operation(d, [&](MetricLabels labels, const OperationResult& o) {
    out.push_back({std::move(labels), 0, o.measured().*member});
  });
  return out;
}

Samples one(double value) { return {{{}, value}}; }

Samples info(const Document& d) {
  MetricLabels labels{{"result", d.id}, {"version", d.assay_version}, {"seed", std::to_string(d.seed)}};
  if (!d.targets.empty()) {
    labels.emplace_back("server", d.targets[0].server);
    labels.emplace_back("server_version", d.targets[0].server_version);
  }
  labels.emplace_back("schedule", d.schedule);
  return {{std::move(labels), 1}};
}

Samples verdict(const Document& d) {
  Samples out;
  for (const Verdict v : {Verdict::pass, Verdict::fail, Verdict::invalid})
    out.push_back({{{"verdict", std::string(to_string(v))}}, d.verdict.verdict == v ? 1.0 : 0.0});
  return out;
}

/// The percentiles that are shown everywhere, exact to the result's own buckets. 100 is the longest.
constexpr std::pair<const char*, Nanos LatencySummary::*> kPercentiles[] = {
    {"50", &LatencySummary::p50}, {"90", &LatencySummary::p90},    {"95", &LatencySummary::p95},
    {"99", &LatencySummary::p99}, {"99.9", &LatencySummary::p999}, {"100", &LatencySummary::max}};

void add_percentiles(Samples& out, const OperationSummary& row, std::optional<WallTime> at) {
  if (row.response.count == 0) return;
  for (const auto& [name, member] : kPercentiles)
    out.push_back({{{"group", row.group}, {"operation", row.operation}, {"percentile", name}},
                   to_seconds(row.response.*member),
                   {},
                   at});
}

Samples percentiles(const Document& d) {
  Samples out;
  for (const OperationSummary& row : summarize(d)) add_percentiles(out, row, {});
  return out;
}

Samples failures(const Document& d) {
  // One sample for each set of labels: messages are told in the report, not here.
  std::map<std::vector<std::string>, std::uint64_t> counts;
  for (const FailureSummary& f : summarize_failures(d))
    counts[{f.group, f.operation, f.kind, f.native_code}] += f.count;
  Samples out;
  for (const auto& [key, count] : counts)
    out.push_back(
        {{{"group", key[0]}, {"operation", key[1]}, {"kind", key[2]}, {"code", key[3]}}, static_cast<double>(count)});
  return out;
}

Samples figures(const Document& d) {
  Samples out;
  for (const Figure& f : d.figures)
    if (f.available) out.push_back({{{"figure", f.name}, {"unit", f.unit}}, f.value});
  return out;
}

Samples requirements(const Document& d) {
  Samples out;
  for (const Requirement& r : d.requirements)
    if (r.verdict != Requirement::Verdict::not_applicable)
      out.push_back({{{"requirement", r.name}, {"clause", r.clause}, {"decides", r.decides ? "true" : "false"}},
                     r.verdict == Requirement::Verdict::pass ? 1.0 : 0.0});
  return out;
}

Samples checks(const Document& d) {
  Samples out;
  for (const CheckResult& c : d.checks)
    if (c.state != CheckResult::State::not_run)
      out.push_back({{{"when", c.when}}, c.state == CheckResult::State::passed ? 1.0 : 0.0});
  return out;
}

template <class Value>
Samples by_event_kind(const Document& d, Value value) {
  std::map<std::string, double> sums;
  for (const Event& e : d.events) sums[e.kind] += value(e);
  Samples out;
  for (const auto& [kind, sum] : sums) out.push_back({{{"kind", kind}}, sum});
  return out;
}

/// A sample at the end of each interval for each row of the summary.
template <class Add>
Samples over_time(const Document& d, Add add) {
  Samples out;
  for_each_interval(d, [&](const IntervalSummary& interval) {
    const WallTime at = d.started + interval.start + interval.length;
    for (const OperationSummary& row : interval.rows) add(out, row, interval, at);
  });
  return out;
}

Samples interval_rates(const Document& d) {
  return over_time(d, [](Samples& out, const OperationSummary& row, const IntervalSummary&, WallTime at) {
    out.push_back({{{"group", row.group}, {"operation", row.operation}}, row.rate, {}, at});
  });
}

Samples interval_errors(const Document& d) {
  return over_time(d, [](Samples& out, const OperationSummary& row, const IntervalSummary&, WallTime at) {
    out.push_back({{{"group", row.group}, {"operation", row.operation}}, static_cast<double>(row.errors), {}, at});
  });
}

Samples interval_percentiles(const Document& d) {
  return over_time(d, [](Samples& out, const OperationSummary& row, const IntervalSummary&, WallTime at) {
    add_percentiles(out, row, at);
  });
}

Samples target_series(const Document& d) {
  Samples out;
  for (const TargetSeries& series : d.target_series)
    for (const auto& [at, value] : series.samples)
      out.push_back({{{"series", series.name}, {"unit", series.unit}, {"counter", series.counter ? "true" : "false"}},
                     value,
                     {},
                     d.started + at});
  return out;
}

/// A sample for each agent that told what it did; `ended`: that did so to its end.
template <class Value>
Samples by_agent(const Document& d, Value value, bool ended = false) {
  Samples out;
  for (const AgentSummary& agent : summarize_agents(d))
    if (ended ? agent.ended : agent.told)
      out.push_back(
          {{{"agent", agent.name}, {"shard", std::to_string(agent.shard)}}, static_cast<double>(value(agent))});
  return out;
}

Samples agents_lost(const Document& d) {
  Samples out;
  for (const AgentResult& agent : d.agents)
    out.push_back({{{"agent", agent.name}, {"shard", std::to_string(agent.shard)}}, agent.lost.empty() ? 0.0 : 1.0});
  return out;
}

using Kind = Metric::Kind;

constexpr Metric kMetrics[] = {
    {"assay_run_info", "The run that the other metrics are of; always 1.", "", Kind::gauge, info},
    {"assay_run_start_time_seconds", "When the run began, Unix time.", "s", Kind::gauge,
     [](const Document& d) { return one(unix_seconds(d.started)); }},
    {"assay_run_end_time_seconds", "When the run ended, Unix time.", "s", Kind::gauge,
     [](const Document& d) { return one(unix_seconds(d.ended)); }},
    {"assay_run_measured_seconds", "How long was measured.", "s", Kind::gauge,
     [](const Document& d) { return one(to_seconds(d.measured_length())); }},
    {"assay_run_verdict", "1 for the verdict of the run, 0 for the others.", "", Kind::gauge, verdict},
    {"assay_run_partial", "1 when the run was interrupted.", "", Kind::gauge,
     [](const Document& d) { return one(d.partial ? 1 : 0); }},
    {"assay_operations", "Operations that were due in the measured time and succeeded.", "", Kind::gauge,
     [](const Document& d) { return by_operation(d, [](const OperationResult& o) { return o.measured().count(); }); }},
    {"assay_operations_per_second", "Operations that completed in the measured time, for each second of it.", "",
     Kind::gauge,
     [](const Document& d) {
       const double length = to_seconds(d.measured_length());
       return by_operation(d, [length](const OperationResult& o) {
         return length > 0 ? static_cast<double>(o.measured().completed) / length : 0;
       });
     }},
    {"assay_errors", "Operations of the measured time that failed.", "", Kind::gauge,
     [](const Document& d) { return by_operation(d, [](const OperationResult& o) { return o.measured().errors(); }); }},
    {"assay_retries", "Attempts of the measured time beyond the first of an operation.", "", Kind::gauge,
     [](const Document& d) { return by_operation(d, [](const OperationResult& o) { return o.measured().retries; }); }},
    {"assay_response_seconds", "From the moment an operation was due to its end.", "s", Kind::histogram,
     histograms<&OperationStats::response>},
    {"assay_service_seconds", "From the moment an operation was sent to its end.", "s", Kind::histogram,
     histograms<&OperationStats::service>},
    {"assay_wait_seconds", "How long no session was free for an operation that was due.", "s", Kind::histogram,
     histograms<&OperationStats::wait>},
    {"assay_lag_seconds", "How long a session was free and assay was late.", "s", Kind::histogram,
     histograms<&OperationStats::lag>},
    {"assay_response_percentile_seconds",
     "Percentiles of the response time, exact to 0.4 %; group and operation \"all\" are those of all operations "
     "together.",
     "s", Kind::gauge, percentiles},
    {"assay_failures", "Operations that failed over the whole run, by kind and the target's own code.", "", Kind::gauge,
     failures},
    {"assay_in_doubt_commits", "Commits over the whole run whose outcome nobody knows.", "", Kind::gauge,
     [](const Document& d) { return one(static_cast<double>(d.in_doubt)); }},
    {"assay_figure", "The figures of the workload, each in its own unit.", "", Kind::gauge, figures},
    {"assay_requirement_met", "1 when a requirement is met, 0 when it is missed.", "", Kind::gauge, requirements},
    {"assay_check_passed", "1 when the data of the target was consistent.", "", Kind::gauge, checks},
    {"assay_events", "What happened on the time line of the run, by kind.", "", Kind::gauge,
     [](const Document& d) { return by_event_kind(d, [](const Event&) { return 1.0; }); }},
    {"assay_event_seconds", "How long the events of a kind lasted together.", "s", Kind::gauge,
     [](const Document& d) { return by_event_kind(d, [](const Event& e) { return to_seconds(e.length); }); }},
    {"assay_client_cpu_seconds", "CPU time of assay itself in the measured time.", "s", Kind::gauge,
     [](const Document& d) { return one(d.own_cost.cpu_seconds); }},
    {"assay_client_cpu_seconds_per_operation", "CPU time of assay itself for each operation.", "s", Kind::gauge,
     [](const Document& d) {
       const auto micros = cpu_us_per_operation(d);
       return micros ? one(*micros / 1e6) : Samples{};
     }},
    {"assay_client_peak_memory_bytes", "The most memory that assay itself had resident.", "By", Kind::gauge,
     [](const Document& d) { return one(static_cast<double>(d.own_cost.peak_rss_bytes)); }},
    {"assay_agent_lost", "1 for an agent that was not there to the end, 0 for the others.", "", Kind::gauge,
     agents_lost},
    {"assay_agent_operations_per_second",
     "Operations that an agent completed in the measured time, for each second of it.", "", Kind::gauge,
     [](const Document& d) { return by_agent(d, [](const AgentSummary& a) { return a.rate; }); }},
    {"assay_agent_errors", "Operations of the measured time that failed in an agent.", "", Kind::gauge,
     [](const Document& d) { return by_agent(d, [](const AgentSummary& a) { return a.errors; }); }},
    {"assay_agent_client_cpu_seconds", "CPU time of an agent in the measured time.", "s", Kind::gauge,
     [](const Document& d) {
       return by_agent(
           d, [](const AgentSummary& a) { return a.cpu_seconds; }, true);
     }},
    {"assay_agent_busiest_loop_ratio",
     "How much of the measured time the busiest event loop of an agent was at work; 0 without loops.", "1", Kind::gauge,
     [](const Document& d) {
       return by_agent(
           d, [](const AgentSummary& a) { return a.busiest_loop; }, true);
     }},
    {"assay_agent_lag_p99_seconds", "The p99 of how long a session of an agent was free and the agent was late.", "s",
     Kind::gauge,
     [](const Document& d) { return by_agent(d, [](const AgentSummary& a) { return to_seconds(a.p99_lag); }); }},
    {"assay_agent_lag_max_seconds", "The longest that a session of an agent was free and the agent was late.", "s",
     Kind::gauge,
     [](const Document& d) { return by_agent(d, [](const AgentSummary& a) { return to_seconds(a.max_lag); }); }},
    {"assay_agent_clock_offset_seconds", "The clock of an agent minus the coordinator's.", "s", Kind::gauge,
     [](const Document& d) { return by_agent(d, [](const AgentSummary& a) { return to_seconds(a.clock_offset); }); }},
    {"assay_agent_clock_error_seconds", "How far off the offset of an agent's clock may be.", "s", Kind::gauge,
     [](const Document& d) { return by_agent(d, [](const AgentSummary& a) { return to_seconds(a.clock_error); }); }},
    {"assay_agent_start_delay_seconds", "How long after the instant agreed upon an agent began.", "s", Kind::gauge,
     [](const Document& d) {
       return by_agent(
           d, [](const AgentSummary& a) { return to_seconds(a.late); }, true);
     }},
    {"assay_agent_bottleneck", "1 for an agent whose lag or CPU says that it, and not the target, held the load back.",
     "", Kind::gauge,
     [](const Document& d) { return by_agent(d, [](const AgentSummary& a) { return a.bottleneck() ? 1 : 0; }); }},
    {"assay_interval_operations_per_second", "Operations that completed in an interval, for each second of it.", "",
     Kind::timeline, interval_rates},
    {"assay_interval_errors", "Operations that failed in an interval.", "", Kind::timeline, interval_errors},
    {"assay_interval_response_percentile_seconds", "Percentiles of the response time of what ended in an interval.",
     "s", Kind::timeline, interval_percentiles},
    {"assay_target_series", "What the target says of itself; counters are totals since the first sample.", "",
     Kind::timeline, target_series},
};

/// 1, 2, 5, 10, … µs to 1,000 s. Each is the double nearest to the decimal number, so that it is written as such.
constexpr double kBounds[] = {1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02,
                              0.05, 0.1,  0.2,  0.5,  1,    2,    5,    10,   20,   50,   100,  200,  500,  1000};

}  // namespace

std::span<const Metric> metrics() { return kMetrics; }

MetricLabels common_labels(const Document& d) {
  return {{"workload", d.workload.name}, {"driver", d.targets.empty() ? "" : d.targets[0].driver}};
}

std::span<const double> metric_bounds() { return kBounds; }

std::vector<std::uint64_t> cumulative_counts(const Histogram& h) {
  std::vector<std::uint64_t> out;
  const std::vector<Histogram::Bucket> buckets = h.buckets();
  std::size_t next = 0;
  std::uint64_t seen = 0;
  for (const double bound : kBounds) {
    // A bucket that a bound cuts counts below it when its middle is.
    const auto limit = Nanos(static_cast<std::int64_t>(std::llround(bound * 1e9)));
    while (next < buckets.size() && buckets[next].low + (buckets[next].high - buckets[next].low) / 2 <= limit)
      seen += buckets[next++].count;
    out.push_back(seen);
  }
  out.push_back(h.count());
  return out;
}

}  // namespace assay
