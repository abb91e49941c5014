// The charts of a comparison: of each operation throughput, response times and their distribution, a line for each side.

#include "base/units.h"
#include "results/measured_series.h"
#include "results/render_comparison.h"
#include "results/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

ChartLine look_of(const Comparison& c, std::size_t side) {
  ChartLine line = line_look(side);
  line.name = c.sides[side].label + " " + c.sides[side].title;
  return line;
}

/// Values at places of a side's own measured time.
struct Curve {
  std::vector<double> at, value;
};

/// What the curve is at `x`: on the line between its neighbours, as a chart draws it, so that a place that only another
/// side has does not bend it.
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

/// The curves on one axis: all places that any of them has. One without a value is left out.
void put_curves(Chart& chart, const Comparison& c, std::vector<Curve> curves) {
  for (Curve& curve : curves)
    if (std::ranges::all_of(curve.value, [](double v) { return std::isnan(v); })) curve = {};
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

/// A row of all sides: the series from which it was compared, empty of a side that measured nothing of it.
struct Row {
  std::string group, operation, name;
  std::vector<MeasuredSeries> sides;
  std::vector<ChartedHistogram> times = {};  // of the sides that timed anything

  /// Whether this quantile of every side is so short that it is read in µs.
  bool micros(double quantile) const {
    return std::ranges::all_of(times, [&](const ChartedHistogram& side) {
      return side.values->quantile(quantile) < std::chrono::milliseconds(1);
    });
  }
};

/// What all charts of a row share.
Chart chart_of(const Row& row, Chart chart) {
  chart.choice = row.name == "all" ? "all operations" : row.name;
  chart.title += ", " + row.name;
  chart.summary = "A line for each result.";
  return chart;
}

Chart over_time(const Comparison& c, const Row& row, std::string id, std::string title) {
  Chart chart;
  chart.id = std::move(id);
  chart.title = std::move(title);
  chart.x_label = "time since the measured time began, s";
  for (const SideFacts& side : c.sides)
    chart.x_to = std::max(chart.x_to, to_seconds(side.runs.front()->measured_length()));
  return chart_of(row, std::move(chart));
}

Chart throughput(const Comparison& c, const Row& row) {
  Chart chart = over_time(c, row, "throughput", "Throughput");
  chart.unit = "operations/s";
  std::vector<Curve> curves;
  for (const MeasuredSeries& side : row.sides) {
    Curve& curve = curves.emplace_back();
    curve.value = side.rate;
    for (std::size_t i = 0; i < side.rate.size(); i++)
      curve.at.push_back(side.first_s + (static_cast<double>(i) + 0.5) * side.interval_s);
  }
  put_curves(chart, c, std::move(curves));
  return chart;
}

Chart response_time(const Comparison& c, const Row& row, double quantile, const std::string& name) {
  Chart chart = over_time(c, row, "response-" + name, "Response time " + name);
  const bool micros = row.micros(quantile);
  chart.unit = micros ? "µs" : "ms";
  chart.log = true;
  std::vector<Curve> curves;
  for (const MeasuredSeries& side : row.sides) {
    Curve& curve = curves.emplace_back();
    for (std::size_t b = 0; b < side.responses.size(); b++) {
      const std::size_t first = b * side.per_block, past = std::min(side.rate.size(), first + side.per_block);
      curve.at.push_back(side.first_s + static_cast<double>(first + past) / 2 * side.interval_s);
      const double value = to_millis(side.responses[b].quantile(quantile)) * (micros ? 1000 : 1);
      curve.value.push_back(value > 0 ? value : kNothing);
    }
  }
  put_curves(chart, c, std::move(curves));
  return chart;
}

std::vector<Row> rows_of(const Comparison& c) {
  std::vector<Row> rows;
  for (const ComparedFigure& figure : c.operations) {
    if (!rows.empty() && rows.back().group == figure.group && rows.back().operation == figure.operation) continue;
    Row& row = rows.emplace_back(Row{figure.group, figure.operation, row_name(c, figure), {}});
    for (std::size_t i = 0; i < c.sides.size(); i++)
      row.sides.push_back(figure.values[i] ? measured_series(*c.sides[i].runs.front(), row.group, row.operation)
                                           : MeasuredSeries{});
  }
  // The totals first: they are what a page shows until somebody chooses.
  std::ranges::reverse(rows);
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
  std::vector<std::vector<NamedHistogram>> merged;
  for (const SideFacts& side : c.sides) merged.push_back(merged_histograms(*side.runs.front()));
  std::vector<Chart> spread, percentiles;
  std::vector<Row> rows = rows_of(c);
  for (Row& row : rows) {
    for (std::size_t i = 0; i < merged.size(); i++)
      for (const NamedHistogram& all : merged[i])
        if (all.group == row.group && all.operation == row.operation && !all.response.empty())
          row.times.push_back({look_of(c, i), &all.response});
    if (row.times.empty()) continue;
    spread.push_back(chart_of(row, spread_chart(row.times)));
    percentiles.push_back(chart_of(row, percentile_chart(row.times, row.micros(0.99))));
  }
  const auto keep = [&](Chart chart) {
    if (!chart.lines.empty()) out.charts.push_back(std::move(chart));
  };
  for (const Row& row : rows) keep(throughput(c, row));
  for (const auto& [quantile, name] : {std::pair{0.5, "p50"}, {0.99, "p99"}})
    for (const Row& row : rows) keep(response_time(c, row, quantile, name));
  std::ranges::move(spread, std::back_inserter(out.charts));
  std::ranges::move(percentiles, std::back_inserter(out.charts));
  return out;
}

}  // namespace assay
