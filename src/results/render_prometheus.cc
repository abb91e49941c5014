// The metrics of a result in the text format of Prometheus 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/): HELP, TYPE, and a line for each sample.

#include "results/metrics.h"
#include "results/render.h"

#include <fmt/format.h>

#include <iterator>

namespace assay {
namespace {

/// In a label's value a backslash, a quote and a line break are escaped; in a help text there are none.
std::string label_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"')
      out += '\\', out += c;
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

std::string labels_text(const MetricLabels& labels) {
  std::string out;
  for (const auto& [name, value] : labels)
    fmt::format_to(std::back_inserter(out), "{}{}=\"{}\"", out.empty() ? "" : ",", name, label_text(value));
  return out;
}

void put_histogram(std::string& out, std::string_view name, const std::string& labels, const Histogram& h) {
  const std::vector<std::uint64_t> counts = cumulative_counts(h);
  const std::span<const double> bounds = metric_bounds();
  const auto line = std::back_inserter(out);
  for (std::size_t i = 0; i < counts.size(); i++)
    fmt::format_to(line, "{}_bucket{{{},le=\"{}\"}} {}\n", name, labels,
                   i < bounds.size() ? fmt::format("{}", bounds[i]) : "+Inf", counts[i]);
  fmt::format_to(line, "{}_sum{{{}}} {}\n", name, labels, h.mean_ns() * static_cast<double>(h.count()) / 1e9);
  fmt::format_to(line, "{}_count{{{}}} {}\n", name, labels, h.count());
}

}  // namespace

std::string render_prometheus(const Document& d) {
  std::string out;
  const MetricLabels common = common_labels(d);
  for (const Metric& metric : metrics()) {
    if (metric.kind == Metric::Kind::timeline) continue;  // samples have no time here
    const std::vector<MetricSample> samples = metric.samples(d);
    if (samples.empty()) continue;
    const bool histogram = metric.kind == Metric::Kind::histogram;
    fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n", metric.name, metric.help,
                   histogram ? "histogram" : "gauge");
    for (const MetricSample& sample : samples) {
      MetricLabels labels = common;
      labels.insert(labels.end(), sample.labels.begin(), sample.labels.end());
      if (histogram)
        put_histogram(out, metric.name, labels_text(labels), *sample.histogram);
      else
        fmt::format_to(std::back_inserter(out), "{}{{{}}} {}\n", metric.name, labels_text(labels), sample.value);
    }
  }
  return out;
}

}  // namespace assay
