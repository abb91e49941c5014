#include "results/report_json.h"

#include <cmath>

namespace assay {
namespace {

/// Five significant digits are more than a chart shows, and half the size; places on an axis must stay apart.
constexpr int kValueDigits = 5, kPlaceDigits = 9;

double rounded(double v, int digits) {
  if (v == 0 || !std::isfinite(v)) return v;
  const double scale = std::pow(10.0, digits - 1 - std::floor(std::log10(std::fabs(v))));
  return std::round(v * scale) / scale;
}

void put_numbers(JsonText& json, std::string_view name, const std::vector<double>& values, int digits) {
  json.key(name).compact().open('[');
  for (const double v : values) json.value(rounded(v, digits));  // NaN is written as null
  json.close(']');
}

std::string_view name_of(Chart::Section section) {
  return section == Chart::Section::timeline ? "timeline"
         : section == Chart::Section::target ? "target"
                                             : "distribution";
}

std::string_view name_of(Chart::Axis axis) {
  return axis == Chart::Axis::time ? "time" : axis == Chart::Axis::percentile ? "percentile" : "duration";
}

std::string_view name_of(ChartLine::Shape shape) {
  return shape == ChartLine::Shape::line ? "line" : shape == ChartLine::Shape::bars ? "bars" : "steps";
}

std::string_view name_of(ChartSpan::Kind kind) {
  return kind == ChartSpan::Kind::phase ? "phase" : kind == ChartSpan::Kind::outage ? "outage" : "instant";
}

void put_line(JsonText& json, const ChartLine& line) {
  json.open('{').member("name", std::string_view(line.name)).member("color", std::string_view(line.color));
  json.member("width", line.width).member("hidden", line.hidden).member("shape", name_of(line.shape));
  put_numbers(json, "dash", line.dash, kValueDigits);
  put_numbers(json, "values", line.values, kValueDigits);
  json.close('}');
}

void put_chart(JsonText& json, const Chart& chart, const std::vector<double>& time) {
  json.open('{').member("section", name_of(chart.section)).member("id", std::string_view(chart.id));
  json.member("choice", std::string_view(chart.choice)).member("title", std::string_view(chart.title));
  json.member("summary", std::string_view(chart.summary)).member("axis", name_of(chart.axis));
  // Rounded as the places are: one beyond the axis would not count when the other axis is chosen.
  json.member("x_label", std::string_view(chart.x_label));
  json.member("x_from", rounded(chart.x_from, kPlaceDigits)).member("x_to", rounded(chart.x_to, kPlaceDigits));
  if (chart.axis != Chart::Axis::time || chart.x != time) put_numbers(json, "x", chart.x, kPlaceDigits);
  json.key("ticks").open('[');
  for (const auto& [at, label] : chart.ticks)
    json.compact().open('[').value(at).value(std::string_view(label)).close(']');
  json.close(']').member("unit", std::string_view(chart.unit)).member("log", chart.log);
  json.member("height", std::int64_t{chart.height}).key("lines").open('[');
  for (const ChartLine& line : chart.lines) put_line(json, line);
  json.close(']').close('}');
}

}  // namespace

void put_charts(JsonText& json, const Charts& charts) {
  static const std::vector<double> none;
  const std::vector<double>& time = charts.charts.empty() ? none : charts.charts.front().x;
  json.key("charts").open('{');
  put_numbers(json, "time", time, kPlaceDigits);
  json.key("spans").open('[');
  for (const ChartSpan& span : charts.spans) {
    json.compact().open('{').member("from", span.from).member("to", span.to).member("kind", name_of(span.kind));
    json.member("label", std::string_view(span.label)).close('}');
  }
  json.close(']').key("list").open('[');
  for (const Chart& chart : charts.charts) put_chart(json, chart, time);
  json.close(']').close('}');
}

}  // namespace assay
