#include "results/report_json.h"
#include "results/summary.h"

#include <cmath>
#include <limits>

namespace assay {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();  // written as null

/// Five significant digits: more than a chart shows, and half the size.
double rounded(double v) {
  if (v == 0 || !std::isfinite(v)) return v;
  const double scale = std::pow(10.0, 4 - std::floor(std::log10(std::fabs(v))));
  return std::round(v * scale) / scale;
}

struct Columns {
  std::vector<double> rate, errors, p50, p99, max;
};

void put_numbers(JsonText& json, std::string_view name, const std::vector<double>& values) {
  json.key(name).compact().open('[');
  for (const double v : values) json.value(rounded(v));
  json.close(']');
}

void put_series(JsonText& json, const Document& d) {
  std::vector<double> start, length;
  std::vector<std::pair<std::string, std::string>> names;
  std::vector<Columns> rows;
  for_each_interval(d, [&](const IntervalSummary& interval) {
    start.push_back(to_seconds(interval.start));
    length.push_back(to_seconds(interval.length));
    rows.resize(interval.rows.size());
    for (std::size_t i = 0; i < interval.rows.size(); i++) {
      const OperationSummary& row = interval.rows[i];
      if (names.size() == i) names.emplace_back(row.group, row.operation);
      const bool any = row.response.count > 0;
      rows[i].rate.push_back(row.rate);
      rows[i].errors.push_back(static_cast<double>(row.errors) / to_seconds(interval.length));
      rows[i].p50.push_back(any ? to_millis(row.response.p50) : kNothing);
      rows[i].p99.push_back(any ? to_millis(row.response.p99) : kNothing);
      rows[i].max.push_back(any ? to_millis(row.response.max) : kNothing);
    }
  });
  json.key("series").open('{');
  put_numbers(json, "start_s", start);
  put_numbers(json, "length_s", length);
  json.key("rows").open('[');
  for (std::size_t i = 0; i < rows.size(); i++) {
    json.open('{')
        .member("group", std::string_view(names[i].first))
        .member("operation", std::string_view(names[i].second));
    put_numbers(json, "rate", rows[i].rate);
    put_numbers(json, "errors", rows[i].errors);
    put_numbers(json, "p50_ms", rows[i].p50);
    put_numbers(json, "p99_ms", rows[i].p99);
    put_numbers(json, "max_ms", rows[i].max);
    json.close('}');
  }
  json.close(']').close('}');
}

/// The quantiles at 0 and 1 - 10^(-k/20): evenly spaced on the axis of "how many nines", as far as there are values.
void put_distribution(JsonText& json, const Document& d) {
  json.key("distribution").open('[');
  for (const NamedHistogram& row : merged_histograms(d)) {
    if (row.response.empty()) continue;
    std::vector<double> nines, response, service;
    const double most = std::log10(static_cast<double>(row.response.count()));
    for (int k = 0;; k++) {
      const double at = std::min(k / 20.0, most);
      const double q = 1 - std::pow(10.0, -at);
      nines.push_back(at);
      response.push_back(to_millis(row.response.quantile(q)));
      service.push_back(to_millis(row.service.quantile(q)));
      if (at >= most) break;
    }
    json.open('{').member("group", std::string_view(row.group)).member("operation", std::string_view(row.operation));
    put_numbers(json, "nines", nines);
    put_numbers(json, "response_ms", response);
    put_numbers(json, "service_ms", service);
    json.close('}');
  }
  json.close(']');
}

}  // namespace

void put_charts(JsonText& json, const Document& d) {
  put_series(json, d);
  put_distribution(json, d);
  json.key("target_series").open('[');
  for (const TargetSeries& t : d.target_series) {
    std::vector<double> at, value;
    for (const auto& [time, v] : t.samples) {
      at.push_back(to_seconds(time));
      value.push_back(v);
    }
    json.open('{').member("name", std::string_view(t.name)).member("unit", std::string_view(t.unit));
    json.member("counter", t.counter).key("at_s").compact().open('[');
    for (const double v : at) json.value(v);
    json.close(']').key("value").compact().open('[');
    for (const double v : value) json.value(v);  // a counter is not rounded: its small steps are what is shown
    json.close(']').close('}');
  }
  json.close(']');
}

}  // namespace assay
