#include "agent/metrics.h"

#include "base/units.h"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <utility>

namespace assay::agent {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<std::pair<std::string, std::string>>;

/// Upper bounds in seconds: a quarter of a millisecond to a minute, 2 to 2.5 times as long each.
constexpr std::array kBounds{0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                             0.25,    0.5,    1.0,   2.5,    5.0,   10.0, 30.0,  60.0};

ClientMetric labelled(const Labels& labels) {
  ClientMetric metric;
  for (const auto& [name, value] : labels) {
    ClientMetric::Label label;
    label.name = name;
    label.value = value;
    metric.label.push_back(std::move(label));
  }
  return metric;
}

class Families {
 public:
  MetricFamily& family(std::string name, std::string help, MetricType type) {
    for (MetricFamily& known : all_)
      if (known.name == name) return known;
    MetricFamily made;
    made.name = std::move(name);
    made.help = std::move(help);
    made.type = type;
    return all_.emplace_back(std::move(made));
  }
  void counter(std::string name, std::string help, const Labels& labels, double value) {
    ClientMetric metric = labelled(labels);
    metric.counter.value = value;
    family(std::move(name), std::move(help), MetricType::Counter).metric.push_back(std::move(metric));
  }
  void gauge(std::string name, std::string help, const Labels& labels, double value) {
    ClientMetric metric = labelled(labels);
    metric.gauge.value = value;
    family(std::move(name), std::move(help), MetricType::Gauge).metric.push_back(std::move(metric));
  }
  void histogram(std::string name, std::string help, const Labels& labels, const Histogram& values) {
    ClientMetric metric = labelled(labels);
    metric.histogram.sample_count = values.count();
    metric.histogram.sample_sum = values.mean_ns() * static_cast<double>(values.count()) / 1e9;
    for (const double bound : kBounds) {
      ClientMetric::Bucket bucket;
      bucket.upper_bound = bound;
      bucket.cumulative_count = values.count_at_or_below(Nanos(static_cast<std::int64_t>(bound * 1e9)));
      metric.histogram.bucket.push_back(bucket);
    }
    ClientMetric::Bucket rest;
    rest.upper_bound = std::numeric_limits<double>::infinity();
    rest.cumulative_count = values.count();
    metric.histogram.bucket.push_back(rest);
    family(std::move(name), std::move(help), MetricType::Histogram).metric.push_back(std::move(metric));
  }
  const std::vector<MetricFamily>& all() const noexcept { return all_; }

 private:
  std::vector<MetricFamily> all_;
};

void add_totals(Families& families, const Totals& totals, const std::string& workload) {
  for (const Totals::Operation& operation : totals.operations) {
    const Labels labels{{"workload", workload}, {"group", operation.group}, {"operation", operation.name}};
    const OperationStats& stats = operation.stats;
    families.counter("assay_operations_total", "Operations that succeeded, of all phases of the run", labels,
                     static_cast<double>(stats.completed));
    families.counter("assay_retries_total", "Tries beyond the first", labels, static_cast<double>(stats.retries));
    for (int kind = 0; kind < kFailureKinds; kind++) {
      Labels of_kind = labels;
      of_kind.emplace_back("kind", to_string(static_cast<FailureKind>(kind)));
      families.counter("assay_errors_total", "Operations that failed", of_kind,
                       static_cast<double>(stats.failures[static_cast<std::size_t>(kind)]));
    }
    families.histogram("assay_response_seconds", "From when an operation was due until it succeeded", labels,
                       stats.response);
    families.histogram("assay_service_seconds", "From when an operation was sent until it succeeded", labels,
                       stats.service);
    families.histogram("assay_lag_seconds", "What assay itself was late", labels, stats.lag);
  }
}

}  // namespace

std::string metrics_text(const Tasks& tasks) {
  Families families;
  const std::shared_ptr<Task> task = tasks.current();
  const bool busy = task != nullptr && !has_ended(task->record().state);
  families.gauge("assay_busy", "1 while a task is under way", {}, busy ? 1 : 0);
  std::map<std::pair<std::string, std::string>, double> ended;
  for (const TaskRecord& record : tasks.all())
    if (has_ended(record.state)) ended[{record.workload + "/" + record.verb, std::string(to_string(record.state))}]++;
  for (const auto& [what, count] : ended)
    families.counter("assay_tasks_total", "Tasks that ended, by how", {{"task", what.first}, {"state", what.second}},
                     count);
  if (const std::shared_ptr<Task> run = tasks.last_run()) {
    const TaskRecord record = run->record();
    add_totals(families, run->totals(), record.workload);
    const nlohmann::json live = run->live_figures();
    if (!has_ended(record.state) && live.is_object()) {
      for (const nlohmann::json& group : live.at("groups")) {
        const Labels labels{{"workload", record.workload}, {"group", group.at("name").get<std::string>()}};
        families.gauge("assay_rate", "Completed operations per second over the last interval", labels,
                       group.at("rate").get<double>());
        families.gauge("assay_p99_seconds", "99th percentile of the response times of the last interval", labels,
                       group.at("p99_ms").get<double>() / 1e3);
      }
    }
  }
  return prometheus::TextSerializer().Serialize(families.all());
}

}  // namespace assay::agent
