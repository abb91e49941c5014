// The metrics of a result as an ExportMetricsServiceRequest of OTLP in JSON
// (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): 64-bit integers are text, enumerations are numbers.

#include "results/json_text.h"
#include "results/metrics.h"
#include "results/render.h"

namespace assay {
namespace {

constexpr std::int64_t kCumulative = 2;  // AGGREGATION_TEMPORALITY_CUMULATIVE

void put_time(JsonText& json, std::string_view name, WallTime t) {
  json.member(name, std::string_view(std::to_string(t.time_since_epoch().count())));
}

void put_attributes(JsonText& json, const MetricLabels& labels) {
  json.key("attributes").open('[');
  for (const auto& [name, value] : labels)
    json.open('{')
        .member("key", std::string_view(name))
        .key("value")
        .open('{')
        .member("stringValue", std::string_view(value))
        .close('}')
        .close('}');
  json.close(']');
}

void put_histogram(JsonText& json, const Histogram& h) {
  json.member("count", std::string_view(std::to_string(h.count())));
  json.member("sum", h.mean_ns() * static_cast<double>(h.count()) / 1e9);
  json.key("bucketCounts").open('[');
  std::uint64_t below = 0;
  for (const std::uint64_t count : cumulative_counts(h)) {
    json.value(std::string_view(std::to_string(count - below)));
    below = count;
  }
  json.close(']').key("explicitBounds").open('[');
  for (const double bound : metric_bounds()) json.value(bound);
  json.close(']');
  if (!h.empty()) json.member("min", to_seconds(h.min())).member("max", to_seconds(h.max()));
}

void put_points(JsonText& json, const Document& d, const Metric& metric, const std::vector<MetricSample>& samples) {
  const bool histogram = metric.kind == Metric::Kind::histogram;
  json.key(histogram ? "histogram" : "gauge").open('{').key("dataPoints").open('[');
  for (const MetricSample& sample : samples) {
    json.compact().open('{');
    put_attributes(json, sample.labels);
    if (histogram) put_time(json, "startTimeUnixNano", d.started);
    put_time(json, "timeUnixNano", sample.at.value_or(d.ended));
    if (histogram)
      put_histogram(json, *sample.histogram);
    else
      json.member("asDouble", sample.value);
    json.close('}');
  }
  json.close(']');
  if (histogram) json.member("aggregationTemporality", kCumulative);
  json.close('}');
}

}  // namespace

std::string render_otlp(const Document& d, bool series) {
  JsonText json;
  json.open('{').key("resourceMetrics").open('[').open('{').key("resource").open('{');
  MetricLabels resource{{"service.name", "assay"}, {"service.version", d.assay_version}};
  for (auto& [name, value] : common_labels(d)) resource.emplace_back("assay." + name, std::move(value));
  put_attributes(json, resource);
  json.close('}').key("scopeMetrics").open('[').open('{').key("scope").open('{').member("name", "assay");
  json.member("version", std::string_view(d.assay_version)).close('}').key("metrics").open('[');
  for (const Metric& metric : metrics()) {
    if (metric.kind == Metric::Kind::timeline && !series) continue;
    const std::vector<MetricSample> samples = metric.samples(d);
    if (samples.empty()) continue;
    json.open('{').member("name", metric.name).member("description", metric.help).member("unit", metric.unit);
    put_points(json, d, metric, samples);
    json.close('}');
  }
  json.close(']').close('}').close(']').close('}').close(']').close('}');
  return json.take();
}

}  // namespace assay
