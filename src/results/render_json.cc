#include "base/units.h"
#include "results/agents.h"
#include "results/render.h"
#include "results/report_json.h"
#include "results/summary.h"

#include <optional>

namespace assay {
namespace {

constexpr std::int64_t kReportVersion = 1;

void put_latency(JsonText& json, std::string_view name, const LatencySummary& s) {
  json.key(name);
  if (s.count == 0) {
    json.null();
    return;
  }
  json.compact()
      .open('{')
      .member("mean", to_millis(s.mean))
      .member("p50", to_millis(s.p50))
      .member("p90", to_millis(s.p90));
  json.member("p95", to_millis(s.p95)).member("p99", to_millis(s.p99)).member("p999", to_millis(s.p999));
  json.member("max", to_millis(s.max)).close('}');
}

void put_settings(JsonText& json, std::string_view name, const Settings& settings) {
  json.key(name).open('{');
  for (const auto& [key, value] : settings) json.member(key, std::string_view(value));
  json.close('}');
}

void put_texts(JsonText& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name).open('[');
  for (const std::string& text : texts) json.value(std::string_view(text));
  json.close(']');
}

template <class T>
void put_optional(JsonText& json, std::string_view name, const std::optional<T>& v) {
  json.key(name);
  if (v)
    json.value(*v);
  else
    json.null();
}

void put_identity(JsonText& json, const Document& d) {
  json.member("format", "assay-report").member("version", kReportVersion);
  json.member("id", std::string_view(d.id)).member("assay_version", std::string_view(d.assay_version));
  json.member("started", std::string_view(format_wall(d.started)));
  json.member("ended", std::string_view(format_wall(d.ended)));
  json.member("partial", d.partial).member("seed", std::string_view(std::to_string(d.seed)));
  json.key("verdict").open('{').member("verdict", to_string(d.verdict.verdict));
  put_texts(json, "reasons", d.verdict.reasons);
  json.close('}');
  put_texts(json, "warnings", d.warnings);
  json.key("workload").open('{').member("name", std::string_view(d.workload.name));
  put_settings(json, "options", d.workload.options);
  json.close('}').key("targets").open('[');
  for (const TargetFacts& t : d.targets) {
    json.open('{').member("name", std::string_view(t.name)).member("driver", std::string_view(t.driver));
    json.member("url", std::string_view(t.url)).member("server", std::string_view(t.server));
    json.member("server_version", std::string_view(t.server_version));
    put_settings(json, "settings", t.settings);
    json.close('}');
  }
  json.close(']').member("schedule", std::string_view(d.schedule)).key("phases").open('[');
  for (const PhaseSpan& p : d.phases) {
    json.compact().open('{').member("phase", to_string(p.phase)).member("start_s", to_seconds(p.start));
    json.member("length_s", to_seconds(p.length)).close('}');
  }
  json.close(']').member("length_s", to_seconds(d.length())).member("measured_s", to_seconds(d.measured_length()));
}

void put_groups(JsonText& json, const Document& d) {
  json.key("groups").open('[');
  for (const GroupResult& g : d.groups) {
    json.open('{').member("name", std::string_view(g.name)).member("target", std::string_view(g.target));
    json.member("clients", g.clients).member("sessions", g.sessions).member("abandoned", g.abandoned);
    json.member("round_trips", g.round_trips).member("schedule", std::string_view(g.schedule));
    json.key("counters").open('[');
    for (const CounterResult& c : g.counters) {
      json.compact().open('{').member("name", std::string_view(c.name)).member("measured", c.measured);
      json.member("whole_run", c.whole_run).close('}');
    }
    json.close(']').close('}');
  }
  json.close(']').key("operations").open('[');
  for (const OperationSummary& row : summarize(d)) {
    json.open('{').member("group", std::string_view(row.group)).member("operation", std::string_view(row.operation));
    json.member("count", row.count).member("completed", row.completed).member("errors", row.errors);
    json.member("retries", row.retries).member("in_doubt", row.in_doubt).member("items", row.items);
    json.member("bytes", row.bytes).member("rate", row.rate);
    put_latency(json, "response_ms", row.response);
    put_latency(json, "service_ms", row.service);
    put_latency(json, "wait_ms", row.wait);
    put_latency(json, "lag_ms", row.lag);
    json.close('}');
  }
  json.close(']').key("failures").open('[');
  for (const FailureSummary& f : summarize_failures(d)) {
    json.open('{').member("group", std::string_view(f.group)).member("operation", std::string_view(f.operation));
    json.member("kind", std::string_view(f.kind)).member("native_code", std::string_view(f.native_code));
    json.member("message", std::string_view(f.message)).member("count", f.count).close('}');
  }
  json.close(']');
}

void put_statements(JsonText& json, const Document& d) {
  json.key("figures").open('[');
  for (const Figure& f : d.figures) {
    json.open('{').member("name", std::string_view(f.name)).key("value");
    if (f.available)
      json.value(f.value);
    else
      json.null();
    json.member("unit", std::string_view(f.unit)).member("formula", std::string_view(f.formula)).close('}');
  }
  json.close(']').key("requirements").open('[');
  for (const Requirement& r : d.requirements) {
    json.open('{').member("name", std::string_view(r.name)).member("clause", std::string_view(r.clause));
    json.member("limit", std::string_view(r.limit)).member("actual", std::string_view(r.actual));
    json.member("verdict", to_string(r.verdict)).member("decides", r.decides).close('}');
  }
  json.close(']').key("checks").open('[');
  for (const CheckResult& c : d.checks) {
    json.open('{').member("when", std::string_view(c.when)).member("state", to_string(c.state));
    json.member("conditions", c.conditions).key("findings").open('[');
    for (const Finding& f : c.findings) {
      json.open('{').member("condition", std::string_view(f.condition)).member("text", std::string_view(f.text));
      json.member("violations", f.violations);
      put_texts(json, "rows", f.rows);
      json.close('}');
    }
    json.close(']').close('}');
  }
  json.close(']');
  if (!d.search.steps.empty()) {
    json.key("search").open('{').member("condition", std::string_view(d.search.condition));
    json.member("summary", std::string_view(describe_search(d.search))).member("highest", d.search.highest);
    json.member("lowest_failed", d.search.lowest_failed).member("held", d.search.held);
    json.member("complete", d.search.complete).key("steps").open('[');
    for (const RateSearchStep& step : d.search.steps) {
      json.open('{').member("rate", step.rate).member("completed", step.completed).member("held", step.held);
      json.member("why", std::string_view(step.why)).close('}');
    }
    json.close(']').close('}');
  }
  json.key("events").open('[');
  for (const Event& e : d.events) {
    json.open('{').member("at_s", to_seconds(e.at)).member("length_s", to_seconds(e.length));
    json.member("kind", std::string_view(e.kind)).member("text", std::string_view(e.text)).close('}');
  }
  json.close(']').member("in_doubt", d.in_doubt);
}

void put_agents(JsonText& json, const Document& d) {
  const std::vector<AgentSummary> all = summarize_agents(d);
  if (all.empty()) return;
  json.key("agents").open('[');
  for (const AgentSummary& agent : all) {
    const auto figure = [&](std::string_view name, auto value) {
      put_optional(json, name, agent.told ? std::optional(value) : std::nullopt);
    };
    const auto figure_of_end = [&](std::string_view name, double value) {
      put_optional(json, name, agent.ended ? std::optional(value) : std::nullopt);
    };
    json.compact().open('{').member("name", std::string_view(agent.name)).member("shard", std::uint64_t{agent.shard});
    json.member("lost", std::string_view(agent.lost));
    figure("completed", agent.completed);
    figure("errors", agent.errors);
    figure("rate", agent.rate);
    figure("share", agent.share);
    figure_of_end("cpu_cores", agent.cores);
    figure_of_end("busiest_loop", agent.busiest_loop);
    figure("lag_p99_ms", to_millis(agent.p99_lag));
    figure("lag_max_ms", to_millis(agent.max_lag));
    json.member("clock_offset_ms", to_millis(agent.clock_offset))
        .member("clock_error_ms", to_millis(agent.clock_error));
    figure_of_end("late_ms", to_millis(agent.late));
    json.member("bottleneck", agent.bottleneck()).member("slow", agent.slow).member("began_late", agent.began_late);
    put_texts(json, "remarks", remarks_of(agent));
    json.close('}');
  }
  json.close(']').member("driver_bottleneck", std::string_view(describe_bottleneck(all)));
  json.member("agent_lag_limit_ms", to_millis(most_agent_lag(d)));
}

void put_environment(JsonText& json, const Document& d) {
  json.key("own_cost").open('{').member("cpu_seconds", d.own_cost.cpu_seconds);
  json.member("operations", d.own_cost.operations);
  put_optional(json, "cpu_us_per_operation", cpu_us_per_operation(d));
  json.member("peak_rss_bytes", d.own_cost.peak_rss_bytes).member("threads", std::uint64_t{d.own_cost.threads});
  json.member("busiest_loop", d.own_cost.busiest_loop);
  json.member("loops", std::uint64_t{d.own_cost.loops});
  json.member("io_uring_loops", std::uint64_t{d.own_cost.io_uring_loops});
  const LatencySummary lag = measured_lag(d);
  put_optional(json, "lag_p99_ms", lag.count > 0 ? std::optional(to_millis(lag.p99)) : std::nullopt);
  const MachineFacts& m = d.machine;
  json.close('}').key("machine").open('{').member("os", std::string_view(m.os));
  json.member("kernel", std::string_view(m.kernel)).member("cpu_model", std::string_view(m.cpu_model));
  json.member("cpus", std::uint64_t{m.cpus}).member("memory_bytes", m.memory_bytes);
  json.member("cgroup_version", std::uint64_t{m.cgroup_version});
  put_optional(json, "cgroup_cpus", m.cgroup_cpus);
  put_optional(json, "cgroup_memory_bytes", m.cgroup_memory_bytes);
  json.close('}');
}

}  // namespace

void put_report(JsonText& json, const Document& d) {
  put_identity(json, d);
  put_groups(json, d);
  put_statements(json, d);
  put_environment(json, d);
  put_agents(json, d);
}

std::string render_json(const Document& document) {
  JsonText json;
  json.open('{');
  put_report(json, document);
  json.close('}');
  return json.take();
}

}  // namespace assay
