// The charts of a comparison: of each operation throughput, response times and their distribution, a line for each side.

#include "base/units.h"
#include "results/measured_series.h"
#include "results/render_comparison.h"
#include "results/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace assay {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kColors = 8;

ChartLine look_of(const Comparison& c, std::size_t side) {
  static const std::vector<double> kDashes[] = {{}, {6, 4}, {2, 3}, {8, 3, 2, 3}};
  ChartLine line;
  line.name = c.sides[side].label + " " + c.sides[side].title;
  line.color = fmt::format("line-{}", side % kColors + 1);
  line.dash = kDashes[side / kColors % 4];
  return line;
}

/// Values at places of a side's own measured time.
struct Curve {
  std::vector<double> at, value;
};

/// What the curve is at `x`: on the line between its neighbours, as a chart draws it, so that a place that only another side has
/// does not bend it.
double value_at(const Curve& curve, double x, bool log) {
  const auto after = std::lower_bound(curve.at.begin(), curve.at.end(), x - 1e-9);
  if (after == curve.at.end()) return kNothing;
  const auto i = static_cast<std::size_t>(after - curve.at.begin());
  if (*after <= x + 1e-9) return curve.value[i];
  if (i == 0) return kNothing;
  const double share = (x - curve.at[i - 1]) / (curve.at[i] - curve.at[i - 1]);
  const double low = curve.value[i - 1], high = curve.value[i];
  return log ? std::exp(std::lerp(std::log(low), std::log(high), share)) : std::lerp(low, high, share);
}

/// The curves on one axis: all places that any of them has.
void put_curves(Chart& chart, const Comparison& c, const std::vector<Curve>& curves) {
  for (const Curve& curve : curves) chart.x.insert(chart.x.end(), curve.at.begin(), curve.at.end());
  std::sort(chart.x.begin(), chart.x.end());
  chart.x.erase(std::unique(chart.x.begin(), chart.x.end(), [](double a, double b) { return b - a < 1e-9; }),
                chart.x.end());
  for (std::size_t i = 0; i < curves.size(); i++) {
    if (curves[i].at.empty()) continue;
    chart.lines.push_back(look_of(c, i));
    for (const double x : chart.x) chart.lines.back().values.push_back(value_at(curves[i], x, chart.log));
  }
}

/// A row of all sides: the series from which it was compared.
struct Row {
  std::string group, operation, name;
  std::vector<MeasuredSeries> sides;
  std::vector<double> interval_s;  // of each side's rates
};

std::vector<double> middles(std::size_t n, double length) {
  std::vector<double> at;
  for (std::size_t i = 0; i < n; i++) at.push_back((static_cast<double>(i) + 0.5) * length);
  return at;
}

Chart over_time(const Comparison& c, const Row& row) {
  Chart chart;
  chart.x_label = "time since the measured time began, s";
  chart.choice = row.name == "all" ? "all operations" : row.name;
  for (const SideFacts& side : c.sides)
    chart.x_to = std::max(chart.x_to, to_seconds(side.runs.front()->measured_length()));
  return chart;
}

Chart throughput(const Comparison& c, const Row& row) {
  Chart chart = over_time(c, row);
  chart.id = "throughput";
  chart.title = "Throughput, " + row.name;
  chart.unit = "operations/s";
  chart.summary = "A line for each result.";
  std::vector<Curve> curves;
  for (std::size_t i = 0; i < row.sides.size(); i++)
    curves.push_back({middles(row.sides[i].rate.size(), row.interval_s[i]), row.sides[i].rate});
  put_curves(chart, c, curves);
  return chart;
}

Chart response_time(const Comparison& c, const Row& row, double quantile, const char* name, bool micros) {
  Chart chart = over_time(c, row);
  chart.id = std::string("response-") + name;
  chart.title = fmt::format("Response time {}, {}", name, row.name);
  chart.unit = micros ? "µs" : "ms";
  chart.log = true;
  chart.summary = "A line for each result.";
  std::vector<Curve> curves;
  for (std::size_t i = 0; i < row.sides.size(); i++) {
    const std::vector<Histogram>& blocks = row.sides[i].responses;
    const std::size_t n = row.sides[i].rate.size();
    const std::size_t per_block = blocks.empty() ? 1 : (n + blocks.size() - 1) / blocks.size();
    Curve& curve = curves.emplace_back();
    for (std::size_t b = 0; b < blocks.size(); b++) {
      const double first = static_cast<double>(b * per_block),
                   past = static_cast<double>(std::min(n, (b + 1) * per_block));
      curve.at.push_back((first + past) / 2 * row.interval_s[i]);
      const double value = to_millis(blocks[b].quantile(quantile)) * (micros ? 1000 : 1);
      curve.value.push_back(value > 0 ? value : kNothing);
    }
  }
  put_curves(chart, c, curves);
  return chart;
}

Chart distribution(const Comparison& c, const Row& row, bool micros) {
  std::vector<Histogram> merged(c.sides.size());
  std::vector<ChartedHistogram> lines;
  for (std::size_t i = 0; i < c.sides.size(); i++) {
    for (NamedHistogram& all : merged_histograms(*c.sides[i].runs.front()))
      if (all.group == row.group && all.operation == row.operation) merged[i] = std::move(all.response);
    lines.push_back({look_of(c, i), &merged[i]});
  }
  Chart chart = percentile_chart(lines, micros);
  chart.choice = row.name == "all" ? "all operations" : row.name;
  chart.title += ", " + row.name;
  chart.summary = "A line for each result.";
  return chart;
}

double interval_of(const Document& document) {
  Nanos length{};
  for (const GroupResult& group : document.groups)
    if (!group.series.intervals().empty()) length = std::max(length, group.series.interval());
  return to_seconds(length);
}

std::vector<Row> rows_of(const Comparison& c) {
  std::vector<Row> rows;
  for (const ComparedFigure& figure : c.operations) {
    if (!rows.empty() && rows.back().group == figure.group && rows.back().operation == figure.operation) continue;
    Row& row = rows.emplace_back(Row{figure.group, figure.operation, row_name(c, figure), {}, {}});
    for (const SideFacts& side : c.sides) {
      row.sides.push_back(measured_series(*side.runs.front(), row.group, row.operation));
      row.interval_s.push_back(interval_of(*side.runs.front()));
    }
  }
  // The totals first: they are what a page shows until somebody chooses.
  std::reverse(rows.begin(), rows.end());
  return rows;
}

/// What happened in each side, on the common axis.
std::vector<ChartSpan> spans_of(const Comparison& c) {
  std::vector<ChartSpan> spans;
  for (const SideFacts& side : c.sides) {
    const Document& run = *side.runs.front();
    Nanos begin{};
    for (const PhaseSpan& span : run.phases)
      if (span.phase == Phase::measure) begin = span.start;
    for (const Event& event : run.events)
      if (event.at >= begin)
        spans.push_back({to_seconds(event.at - begin), to_seconds(event.at - begin + event.length),
                         event.length > Nanos(0) ? ChartSpan::Kind::outage : ChartSpan::Kind::instant,
                         side.label + " " + event.kind});
  }
  return spans;
}

}  // namespace

Charts charts_of(const Comparison& c) {
  if (c.paired()) return {};
  Charts out;
  out.spans = spans_of(c);
  const std::vector<Row> rows = rows_of(c);
  const auto short_times = [](const Row& row) {  // where the median of each side is, times are read in µs
    return std::all_of(row.sides.begin(), row.sides.end(), [](const MeasuredSeries& side) {
      Histogram all;
      for (const Histogram& block : side.responses) all.merge(block);
      return all.quantile(0.5) < Nanos(100'000);
    });
  };
  for (const Row& row : rows) out.charts.push_back(throughput(c, row));
  for (const auto& [quantile, name] : {std::pair{0.5, "p50"}, {0.99, "p99"}})
    for (const Row& row : rows) out.charts.push_back(response_time(c, row, quantile, name, short_times(row)));
  for (const Row& row : rows) out.charts.push_back(distribution(c, row, short_times(row)));
  return out;
}

}  // namespace assay
