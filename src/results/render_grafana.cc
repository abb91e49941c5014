// A dashboard for Grafana (the JSON model of "Import dashboard", schema 36 of Grafana 9 and later) over the metrics of
// results/metrics.h in Prometheus. A panel names a metric of that table, and takes its description from there.

#include "base/error.h"
#include "results/json_text.h"
#include "results/metrics.h"
#include "results/render.h"

#include <fmt/format.h>

namespace assay {
namespace {

struct Query {
  std::string_view metric;
  std::string_view suffix = "";       // "_bucket" of a histogram
  std::string_view matchers = "";     // beside those of the workload and the driver: ",percentile=\"99\""
  std::string_view expression = "@";  // PromQL, with @ for the selection
  std::string_view legend = "{{group}} / {{operation}}";
};

struct Panel {
  std::string_view title, type;  // "timeseries", "stat", "table"
  std::string_view unit;         // as Grafana calls it: "s", "ops", "bytes", "short"
  int width, height;             // of a grid of 24 columns
  std::vector<Query> queries;
};

constexpr std::string_view kNotNested = ",nested=\"\"";  // what a sum may add up

const std::vector<Panel>& panels() {
  static const std::vector<Panel> all = {
      {"Verdict of the last run", "stat", "short", 6, 4, {{"assay_run_verdict", "", "", "@ == 1", "{{verdict}}"}}},
      {"Throughput of the last run",
       "stat",
       "ops",
       6,
       4,
       {{"assay_operations_per_second", "", kNotNested, "sum(@)", "operations"}}},
      {"Response time of the last run, p99",
       "stat",
       "s",
       6,
       4,
       {{"assay_response_percentile_seconds", "", ",group=\"all\",percentile=\"99\"", "@", "p99"}}},
      {"Errors of the last run", "stat", "short", 6, 4, {{"assay_errors", "", kNotNested, "sum(@)", "errors"}}},
      {"Throughput", "timeseries", "ops", 12, 8, {{"assay_operations_per_second"}}},
      {"Response time, p99",
       "timeseries",
       "s",
       12,
       8,
       {{"assay_response_percentile_seconds", "", ",percentile=\"99\""}}},
      {"Response time, median",
       "timeseries",
       "s",
       12,
       8,
       {{"assay_response_percentile_seconds", "", ",percentile=\"50\""}}},
      {"Response time, longest",
       "timeseries",
       "s",
       12,
       8,
       {{"assay_response_percentile_seconds", "", ",percentile=\"100\""}}},
      {"Spread of response times of the last run",
       "bargauge",
       "short",
       12,
       8,
       {{"assay_response_seconds", "_bucket", kNotNested, "sum by (le) (@)", "{{le}}"}}},
      {"Where the time goes: service, wait and lag, p99",
       "timeseries",
       "s",
       12,
       8,
       {{"assay_service_seconds", "_bucket", kNotNested, "histogram_quantile(0.99, sum by (le) (@))", "service"},
        {"assay_wait_seconds", "_bucket", kNotNested, "histogram_quantile(0.99, sum by (le) (@))", "wait"},
        {"assay_lag_seconds", "_bucket", kNotNested, "histogram_quantile(0.99, sum by (le) (@))", "lag"}}},
      {"Errors and retries",
       "timeseries",
       "short",
       12,
       8,
       {{"assay_errors", "", kNotNested, "sum(@)", "errors"},
        {"assay_retries", "", kNotNested, "sum(@)", "retries"},
        {"assay_in_doubt_commits", "", "", "@", "commits in doubt"}}},
      {"Failures by kind",
       "timeseries",
       "short",
       12,
       8,
       {{"assay_failures", "", "", "sum by (kind, code) (@)", "{{kind}} {{code}}"}}},
      {"Figures", "timeseries", "short", 12, 8, {{"assay_figure", "", "", "@", "{{figure}} {{unit}}"}}},
      {"Events",
       "timeseries",
       "short",
       12,
       8,
       {{"assay_events", "", "", "@", "{{kind}}"}, {"assay_event_seconds", "", "", "@", "{{kind}}, seconds"}}},
      {"Requirements: 1 is met",
       "timeseries",
       "short",
       12,
       8,
       {{"assay_requirement_met", "", "", "@", "{{requirement}}"},
        {"assay_check_passed", "", "", "@", "data consistent {{when}} the run"}}},
      {"What measuring cost",
       "timeseries",
       "s",
       12,
       8,
       {{"assay_client_cpu_seconds_per_operation", "", "", "@", "client CPU per operation"}}},
      {"Memory of assay", "timeseries", "bytes", 12, 8, {{"assay_client_peak_memory_bytes", "", "", "@", "peak"}}},
      {"Throughput of each agent",
       "timeseries",
       "ops",
       12,
       8,
       {{"assay_agent_operations_per_second", "", "", "@", "{{agent}}"}}},
      {"Lag of each agent, p99", "timeseries", "s", 12, 8, {{"assay_agent_lag_p99_seconds", "", "", "@", "{{agent}}"}}},
      {"Agents that were the bottleneck, or lost",
       "timeseries",
       "short",
       12,
       8,
       {{"assay_agent_bottleneck", "", "", "sum(@)", "bottleneck"}, {"assay_agent_lost", "", "", "sum(@)", "lost"}}},
      {"The last run", "table", "short", 12, 8, {{"assay_run_info", "", "", "@", ""}}},
  };
  return all;
}

const Metric& metric_named(std::string_view name) {
  for (const Metric& metric : metrics())
    if (metric.name == name && metric.kind != Metric::Kind::timeline) return metric;
  throw Error(fmt::format("the dashboard shows {}, which is no metric", name), ExitCode::internal);
}

std::string expression_of(const Query& query) {
  const std::string selection = fmt::format("{}{}{{workload=~\"$workload\",driver=~\"$driver\"{}}}",
                                            metric_named(query.metric).name, query.suffix, query.matchers);
  std::string out(query.expression);
  return out.replace(out.find('@'), 1, selection);
}

void put_source(JsonText& json) {
  json.key("datasource").compact().open('{').member("type", "prometheus").member("uid", "${source}").close('}');
}

void put_panel(JsonText& json, const Panel& panel, std::int64_t id, int x, int y) {
  json.open('{').member("id", id).member("title", panel.title).member("type", panel.type);
  json.member("description", metric_named(panel.queries[0].metric).help);
  put_source(json);
  json.key("gridPos").compact().open('{').member("x", std::int64_t{x}).member("y", std::int64_t{y});
  json.member("w", std::int64_t{panel.width}).member("h", std::int64_t{panel.height}).close('}');
  json.key("fieldConfig").open('{').key("defaults").open('{').member("unit", panel.unit);
  if (panel.type == "timeseries") {  // a run is a point; between runs there is no value, and the line says so
    json.key("custom").compact().open('{').member("drawStyle", "line").member("lineInterpolation", "stepAfter");
    json.member("showPoints", "never").close('}');
  }
  json.close('}').key("overrides").open('[').close(']').close('}');
  json.key("options").open('{');
  if (panel.type == "stat" || panel.type == "bargauge") {
    json.key("reduceOptions").compact().open('{').key("calcs").open('[').value("lastNotNull").close(']').close('}');
    if (panel.type == "stat") json.member("textMode", panel.queries[0].legend == "{{verdict}}" ? "name" : "value");
  }
  json.close('}').key("targets").open('[');
  for (std::size_t i = 0; i < panel.queries.size(); i++) {
    const bool last = panel.type != "timeseries";
    json.open('{').member("refId", std::string_view(std::string(1, static_cast<char>('A' + i))));
    put_source(json);
    json.member("expr", std::string_view(expression_of(panel.queries[i])));
    json.member("legendFormat", panel.queries[i].legend).member("instant", last).member("range", !last);
    json.member("format", panel.type == "table" ? "table" : "time_series").close('}');
  }
  json.close(']').close('}');
}

/// A list at the top of the dashboard, filled from a label.
void put_choice(JsonText& json, std::string_view label) {
  json.open('{').member("name", label).member("label", label).member("type", "query");
  put_source(json);
  json.member("query", std::string_view(fmt::format("label_values(assay_run_info, {})", label)));
  json.member("refresh", std::int64_t{2})
      .member("includeAll", true)
      .member("multi", true)
      .member("sort", std::int64_t{1});
  json.key("current").compact().open('{').member("text", "All").member("value", "$__all").close('}').close('}');
}

}  // namespace

std::string render_grafana() {
  JsonText json;
  json.open('{').member("title", "assay").member("uid", "assay").member("schemaVersion", std::int64_t{36});
  json.member("description", "Runs of assay, from what assay report --format prometheus --push sent");
  json.member("editable", true).member("graphTooltip", std::int64_t{1});
  json.key("tags").open('[').value("assay").value("benchmark").close(']');
  json.key("time").compact().open('{').member("from", "now-30d").member("to", "now").close('}');
  json.key("templating").open('{').key("list").open('[');
  json.open('{').member("name", "source").member("label", "data source").member("type", "datasource");
  json.member("query", "prometheus").close('}');
  put_choice(json, "workload");
  put_choice(json, "driver");
  json.close(']').close('}').key("panels").open('[');
  int x = 0, y = 0;
  std::int64_t id = 1;
  for (const Panel& panel : panels()) {
    if (x + panel.width > 24) x = 0, y += panel.height;
    put_panel(json, panel, id++, x, y);
    x += panel.width;
    if (x == 24) x = 0, y += panel.height;
  }
  json.close(']').close('}');
  return json.take();
}

}  // namespace assay
