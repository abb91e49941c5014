#include "results/charts.h"

#include "results/summary.h"
#include "results/text_forms.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace assay {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kColors = 8;  // line-1 to line-8 of the style sheet

/// A row of the summary that is drawn: those that say nothing new (the total of one operation, of one group) are not.
struct Row {
  std::size_t index = 0;  // in summarize()
  std::string name;
  bool total = false;
  std::string color;
  std::vector<double> dash;

  ChartLine line(std::vector<double> values) const {
    return {name, color, dash, total ? 2.0 : 1.5, false, ChartLine::Shape::line, std::move(values)};
  }
};

/// The rows of the document with a look for each, the same in every chart: totals are drawn in the colour of text.
std::vector<Row> rows_of(const Document& d) {
  const bool one_group = d.groups.size() == 1;
  std::vector<Row> rows;
  std::size_t index = 0, next = 0;
  for (const GroupResult& g : d.groups) {
    for (const OperationResult& o : g.operations) {
      rows.push_back(
          {index++, one_group ? o.name : g.name + " / " + o.name, false, line_look(next).color, line_look(next).dash});
      next++;
    }
    if (one_group || g.operations.size() > 1)
      rows.push_back({index, one_group ? "all" : g.name + " / all", true, "all",
                      one_group ? std::vector<double>{} : line_look(kColors).dash});
    index++;
  }
  if (!one_group) rows.push_back({index, "all", true, "all", {}});
  return rows;
}

/// Very short times are shown in µs, as in the table.
struct TimeUnit {
  bool micros = false;
  const char* name() const { return micros ? "µs" : "ms"; }
  double of(Nanos t) const { return to_millis(t) * (micros ? 1000 : 1); }
};

/// A number of milliseconds in the unit that suits it. Limits lie a little lower: 10^-3 may come out as 0.000999….
std::pair<double, const char*> scaled(double ms) {
  constexpr double kAlmost = 1 - 1e-9;
  if (ms != 0 && ms < 1e-3 * kAlmost) return {ms * 1e6, "ns"};
  if (ms != 0 && ms < kAlmost) return {ms * 1e3, "µs"};
  if (ms < 1000 * kAlmost) return {ms, "ms"};
  return {ms / 1000, "s"};
}

std::string latency_text(double ms) {
  const auto [value, unit] = scaled(ms);
  return fmt::format("{} {}", digits(value), unit);
}

// --- Over time ---------------------------------------------------------------------------------------------------

/// The columns of a row of the summary over the intervals of the run.
struct Columns {
  std::vector<double> rate, errors, p50, p99, max;
};

struct Timeline {
  std::vector<double> middles, lengths;
  std::vector<Columns> rows;
};

Timeline timeline_of(const Document& d, const TimeUnit& unit) {
  Timeline out;
  for_each_interval(d, [&](const IntervalSummary& interval) {
    const double length = to_seconds(interval.length);
    out.middles.push_back(to_seconds(interval.start) + length / 2);
    out.lengths.push_back(length);
    out.rows.resize(interval.rows.size());
    for (std::size_t i = 0; i < interval.rows.size(); i++) {
      const OperationSummary& row = interval.rows[i];
      const bool any = row.response.count > 0;
      out.rows[i].rate.push_back(row.rate);
      out.rows[i].errors.push_back(length > 0 ? static_cast<double>(row.errors) / length : 0);
      out.rows[i].p50.push_back(any ? unit.of(row.response.p50) : kNothing);
      out.rows[i].p99.push_back(any ? unit.of(row.response.p99) : kNothing);
      out.rows[i].max.push_back(any ? unit.of(row.response.max) : kNothing);
    }
  });
  return out;
}

Chart over_time(const Document& d, const std::vector<double>& x) {
  Chart chart;
  chart.x_label = "time since the start, s";
  chart.x = x;
  chart.x_to = std::max({to_seconds(d.length()), x.empty() ? 0 : x.back(), 1e-3});
  return chart;
}

Chart throughput(const Document& d, const Timeline& time, const std::vector<Row>& rows) {
  Chart chart = over_time(d, time.middles);
  chart.id = "throughput";
  chart.title = "Throughput";
  chart.unit = "operations/s";
  for (const Row& row : rows) chart.lines.push_back(row.line(time.rows[row.index].rate));
  const auto [least, most] = std::ranges::minmax(time.rows[rows.back().index].rate);
  chart.summary = fmt::format("All operations: between {} and {} a second.", digits(least), digits(most));
  return chart;
}

Chart response_time(const Document& d, const Timeline& time, const Row& row, const TimeUnit& unit) {
  Chart chart = over_time(d, time.middles);
  const Columns& columns = time.rows[row.index];
  chart.id = "latency";
  chart.choice = row.name == "all" ? "all operations" : row.name;
  chart.title = "Response time, " + row.name;
  chart.unit = unit.name();
  chart.log = true;
  chart.lines = {{"p50", "line-1", {}, 1.5, false, ChartLine::Shape::line, columns.p50},
                 {"p99", "line-2", {}, 1.5, false, ChartLine::Shape::line, columns.p99},
                 {"max", "line-3", {2, 3}, 1.5, false, ChartLine::Shape::line, columns.max}};
  double worst = kNothing;
  for (const double v : columns.max) worst = std::fmax(worst, v);
  chart.summary = std::isnan(worst)
                      ? "Nothing was timed."
                      : fmt::format("The longest took {}.", latency_text(worst / (unit.micros ? 1000 : 1)));
  return chart;
}

Chart errors(const Document& d, const Timeline& time, const std::vector<Row>& rows) {
  Chart chart = over_time(d, time.middles);
  chart.id = "errors";
  chart.title = "Errors";
  chart.unit = "failed operations/s";
  chart.height = 160;
  const std::vector<double>& all = time.rows[rows.back().index].errors;
  chart.lines.push_back({"all", "bad", {}, 0, false, ChartLine::Shape::bars, all});
  std::vector<ChartLine> failing;
  for (const Row& row : rows) {
    const std::vector<double>& values = time.rows[row.index].errors;
    if (row.total || std::ranges::none_of(values, [](double v) { return v > 0; })) continue;
    failing.push_back(row.line(values));
    failing.back().hidden = true;
  }
  if (failing.size() > 1) std::ranges::move(failing, std::back_inserter(chart.lines));
  double total = 0;
  for (std::size_t i = 0; i < all.size(); i++) total += all[i] * time.lengths[i];
  chart.summary = total > 0 ? fmt::format("{:.0f} operations failed in the run.", total) : "No operation failed.";
  return chart;
}

// --- Distribution ------------------------------------------------------------------------------------------------

/// "50 %", "99.9 %": as many digits as tell it from 100 %.
std::string percent_text(double nines) {
  const double percent = 100 * (1 - std::pow(10.0, -nines));
  std::string out = fmt::format("{:.{}f}", percent, std::max(0, static_cast<int>(std::ceil(nines - 1e-9)) - 2));
  return out + " %";
}

Chart percentiles(const std::vector<ChartedHistogram>& histograms, const TimeUnit& unit) {
  Chart chart = percentile_chart(histograms, unit.micros);
  chart.summary =
      fmt::format("All operations: the longest took {}.", latency_text(to_millis(histograms.back().values->max())));
  return chart;
}

/// Bins of the chart: 20 to a decade of time, of which a histogram's own buckets are a small part.
constexpr int kBinsPerDecade = 20;

int bin_of(const Histogram::Bucket& bucket) {
  const double middle_ns = static_cast<double>((bucket.low + (bucket.high - bucket.low) / 2).count());
  return static_cast<int>(std::floor(std::log10(std::max(1.0, middle_ns)) * kBinsPerDecade + 1e-9));
}

double bin_edge(int bin) { return static_cast<double>(bin) / kBinsPerDecade - 6; }  // log10 of milliseconds

std::string tick_text(double ms) {
  const auto [value, unit] = scaled(ms);
  return fmt::format("{:.4g} {}", value, unit);
}

/// How the response times of each operation are spread, and of all of them.
Chart distribution(const std::vector<ChartedHistogram>& histograms) {
  Chart chart = spread_chart(histograms);
  const std::vector<double>& shares = chart.lines.back().values;
  const auto peak = static_cast<std::size_t>(
      std::ranges::max_element(shares, {}, [](double v) { return std::isnan(v) ? 0 : v; }) - shares.begin());
  chart.summary = fmt::format("Of all operations most, {} %, took between {} and {}.", digits(shares[peak]),
                              latency_text(std::pow(10.0, chart.x[peak])),
                              latency_text(std::pow(10.0, chart.x[std::min(peak + 1, chart.x.size() - 1)])));
  return chart;
}

// --- The target's own series -------------------------------------------------------------------------------------

struct Points {
  std::vector<double> at, value;
};

/// A counter's growth between samples, shown at the later one; a gauge as it is.
Points points_of(const TargetSeries& series) {
  Points out;
  for (std::size_t i = 0; i < series.samples.size(); i++) {
    const auto& [at, value] = series.samples[i];
    out.at.push_back(to_seconds(at));
    if (!series.counter) {
      out.value.push_back(value);
      continue;
    }
    const double seconds = i > 0 ? to_seconds(at - series.samples[i - 1].first) : 0;
    // A server that restarted counts from 0 again.
    out.value.push_back(seconds > 0 ? std::max(0.0, (value - series.samples[i - 1].second) / seconds) : kNothing);
  }
  return out;
}

/// A hole where samples are missing, so that no line is drawn over the time in which the target did not answer.
Points with_holes(const Points& points) {
  std::vector<double> steps;
  for (std::size_t i = 1; i < points.at.size(); i++) steps.push_back(points.at[i] - points.at[i - 1]);
  std::ranges::sort(steps);
  const double usual = steps.empty() ? 0 : steps[steps.size() / 2];
  Points out;
  for (std::size_t i = 0; i < points.at.size(); i++) {
    if (i > 0 && usual > 0 && points.at[i] - points.at[i - 1] > 2.5 * usual) {
      out.at.push_back((points.at[i] + points.at[i - 1]) / 2);
      out.value.push_back(kNothing);
    }
    out.at.push_back(points.at[i]);
    out.value.push_back(points.value[i]);
  }
  return out;
}

Chart target_chart(const Document& d, const TargetSeries& series, std::size_t index) {
  Points points = with_holes(points_of(series));
  Chart chart = over_time(d, points.at);
  chart.section = Chart::Section::target;
  chart.id = fmt::format("target-{}", index);
  chart.title = series.name;
  chart.unit = series.counter        ? (series.unit.empty() ? "count" : series.unit) + "/s"
               : series.unit.empty() ? "value"
                                     : series.unit;
  chart.height = 170;
  double least = kNothing, most = kNothing;
  for (const double v : points.value) least = std::fmin(least, v), most = std::fmax(most, v);
  chart.summary =
      std::isnan(most) ? "No value." : fmt::format("Between {} and {} {}.", digits(least), digits(most), chart.unit);
  ChartLine line;
  line.name = series.counter ? "per second" : "value";
  line.color = line_look(index).color;
  line.values = std::move(points.value);
  chart.lines = {std::move(line)};
  return chart;
}

std::vector<ChartSpan> spans_of(const Document& d) {
  std::vector<ChartSpan> spans;
  for (const PhaseSpan& p : d.phases)
    if (p.phase != Phase::measure && p.length > Nanos(0))
      spans.push_back({to_seconds(p.start), to_seconds(p.start + p.length), ChartSpan::Kind::phase,
                       p.phase == Phase::warmup ? "warm-up" : std::string(to_string(p.phase))});
  for (std::size_t i = 0; i < d.events.size(); i++) {
    const Event& e = d.events[i];
    spans.push_back({to_seconds(e.at), to_seconds(e.at + e.length),
                     e.length > Nanos(0) ? ChartSpan::Kind::outage : ChartSpan::Kind::instant,
                     fmt::format("{} {}", i + 1, e.kind)});
  }
  return spans;
}

}  // namespace

ChartLine line_look(std::size_t index) {
  static const std::vector<double> dashes[] = {{}, {6, 4}, {2, 3}, {8, 3, 2, 3}};
  ChartLine line;
  line.color = fmt::format("line-{}", index % kColors + 1);
  line.dash = dashes[index / kColors % std::size(dashes)];
  return line;
}

Chart spread_chart(const std::vector<ChartedHistogram>& histograms) {
  Chart chart;
  chart.section = Chart::Section::distribution;
  chart.id = "histogram";
  chart.title = "How response times are spread";
  chart.axis = Chart::Axis::duration;
  chart.x_label = "response time";
  chart.unit = "% of the operations";
  chart.height = 280;
  int first = std::numeric_limits<int>::max(), last = std::numeric_limits<int>::min();
  for (const ChartedHistogram& line : histograms)
    for (const Histogram::Bucket& bucket : line.values->buckets()) {
      first = std::min(first, bin_of(bucket));
      last = std::max(last, bin_of(bucket));
    }
  for (int bin = first - 1; bin <= last + 2; bin++) chart.x.push_back(bin_edge(bin));
  chart.x_from = chart.x.front();
  chart.x_to = chart.x.back();
  const bool wide = chart.x_to - chart.x_from > 3;
  for (double ten = std::floor(chart.x_from); ten <= chart.x_to; ten++)
    for (const double step : {1.0, 2.0, 5.0}) {
      const double at = ten + std::log10(step);
      if (at >= chart.x_from && at <= chart.x_to && (step == 1 || !wide))
        chart.ticks.emplace_back(at, tick_text(std::pow(10.0, at)));
    }
  for (const ChartedHistogram& line : histograms) {
    const Histogram& h = *line.values;
    if (h.empty()) continue;
    // The outline begins and ends at 0; beyond it there is nothing.
    std::vector<double> values(chart.x.size(), kNothing);
    const std::vector<Histogram::Bucket> buckets = h.buckets();
    for (int bin = bin_of(buckets.front()) - 1; bin <= bin_of(buckets.back()) + 1; bin++)
      values[static_cast<std::size_t>(bin - first + 1)] = 0;
    for (const Histogram::Bucket& bucket : buckets)
      values[static_cast<std::size_t>(bin_of(bucket) - first + 1)] +=
          100 * static_cast<double>(bucket.count) / static_cast<double>(h.count());
    chart.lines.push_back(line.look);
    chart.lines.back().shape = ChartLine::Shape::steps;
    chart.lines.back().values = std::move(values);
  }
  return chart;
}

Chart percentile_chart(const std::vector<ChartedHistogram>& histograms, bool micros) {
  const TimeUnit unit{micros};
  Chart chart;
  chart.section = Chart::Section::distribution;
  chart.id = "percentiles";
  chart.title = "Response time by percentile";
  chart.axis = Chart::Axis::percentile;
  chart.x_label = "percentile of the operations";
  chart.unit = unit.name();
  chart.log = true;
  chart.height = 280;
  std::uint64_t longest = 1;  // a nested operation may be more frequent than all others together
  for (const ChartedHistogram& line : histograms) longest = std::max(longest, line.values->count());
  const double most = std::log10(static_cast<double>(longest));
  for (int k = 0; k / 20.0 < most; k++) chart.x.push_back(k / 20.0);
  chart.x.push_back(most);
  chart.x_to = std::max(most, 0.05);
  for (const double at : {0.0, std::log10(2.0), 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0})
    if (at <= chart.x_to) chart.ticks.emplace_back(at, percent_text(at));
  for (const ChartedHistogram& line : histograms) {
    const Histogram& h = *line.values;
    if (h.empty()) continue;
    // One in count() took longest: there the curve ends with it. That of a rarer operation ends at the next place.
    const double end = std::log10(static_cast<double>(h.count()));
    chart.lines.push_back(line.look);
    bool ended = false;
    for (const double at : chart.x) {
      const Nanos value = at < end ? h.quantile(1 - std::pow(10.0, -at)) : h.max();
      chart.lines.back().values.push_back(ended ? kNothing : unit.of(value));
      ended = ended || at >= end;
    }
  }
  return chart;
}

Charts charts_of(const Document& d) {
  Charts out{.spans = spans_of(d), .charts = {}};
  const std::vector<NamedHistogram> histograms = merged_histograms(d);
  const Histogram& all = histograms.back().response;
  const TimeUnit unit{!all.empty() && all.quantile(0.5) < std::chrono::microseconds(100)};
  if (const std::vector<Row> rows = rows_of(d); !rows.empty()) {
    if (const Timeline time = timeline_of(d, unit); !time.middles.empty()) {
      out.charts.push_back(throughput(d, time, rows));
      // The total first: it is what a page shows until somebody chooses.
      for (auto row = rows.rbegin(); row != rows.rend(); ++row)
        out.charts.push_back(response_time(d, time, *row, unit));
      out.charts.push_back(errors(d, time, rows));
    }
    if (!all.empty()) {
      std::vector<ChartedHistogram> lines;
      lines.reserve(rows.size());
      for (const Row& row : rows) lines.push_back({row.line({}), &histograms[row.index].response});
      out.charts.push_back(distribution(lines));
      out.charts.push_back(percentiles(lines, unit));
    }
  }
  std::size_t index = 0;
  for (const TargetSeries& series : d.target_series)
    if (!series.samples.empty()) out.charts.push_back(target_chart(d, series, index++));
  return out;
}

}  // namespace assay
