#include "results/comparison.h"

#include "base/error.h"
#include "base/units.h"
#include "results/compared_rows.h"
#include "results/compared_sides.h"
#include "results/comparison_text.h"
#include "results/measured_run.h"
#include "stats/mean.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

constexpr double kLeastBeyond = 10;    // operations beyond a percentile, in each run
constexpr double kLeastTimed = 10;     // operations of a mean in each run, of a rate in both together
constexpr double kLeastFailures = 10;  // in both runs together

/// By how much it is worse: the interval of the change, or of its opposite.
ConfidenceInterval worsening(const ComparedFigure& figure, const Difference& d) {
  if (figure.better == Better::larger) return {-d.interval.high, -d.interval.low};
  return d.interval;
}

/// What differs from 0 by the rounding of doubles alone is 0.
void settle(ConfidenceInterval& interval) {
  constexpr double kRounding = 1e-12;
  for (double* end : {&interval.low, &interval.high})
    if (std::abs(*end) < kRounding) *end = 0;
}

/// All differences of a comparison, with their figures.
template <class Each>
void for_each_difference(const Comparison& c, Each each) {
  for (const auto* list : {&c.operations, &c.figures})
    for (const ComparedFigure& figure : *list)
      for (std::size_t i = 1; i < figure.against.size(); i++) each(figure, figure.against[i]);
}

class Comparer {
 public:
  Comparer(std::vector<ComparedSide> sides, const ComparisonOptions& options) {
    require_comparable(sides);
    for (const std::string& name : options.statistics) statistics_.push_back(Statistic::parse(name));
    c_.options = options;
    c_.workload = sides.front().runs.front()->workload.name;
    c_.sides = facts_of(sides);
    find_circumstances(c_);
  }

  Comparison compare() {
    const std::vector<ComparedRow> rows = all_rows();
    for (const ComparedRow& row : rows) add_row(row);
    add_figures();
    c_.notes = notes_of(c_);
    return std::move(c_);
  }

 private:
  std::vector<ComparedRow> all_rows() const {
    std::vector<ComparedRow> rows = compared_rows(*c_.sides.front().runs.front());
    const std::vector<ComparedRow> first = rows;
    for (const SideFacts& side : c_.sides) {
      const std::vector<ComparedRow> more = compared_rows(*side.runs.front());
      if (std::none_of(more.begin(), more.end(), [&](const ComparedRow& row) {
            return std::find(first.begin(), first.end(), row) != first.end();
          }))
        throw Error(fmt::format("{} and {} have no operation in common", c_.sides.front().name, side.name));
      for (const ComparedRow& row : more)
        if (std::find(rows.begin(), rows.end(), row) == rows.end()) rows.push_back(row);
    }
    return rows;
  }

  /// The figures of one row: a series of each side's run is taken from the document once for all statistics.
  void add_row(const ComparedRow& row) {
    std::vector<std::vector<RowOfRun>> runs;
    std::vector<MeasuredSeries> series;
    std::vector<Histogram> responses;
    for (const SideFacts& side : c_.sides) {
      std::vector<RowOfRun>& of_side = runs.emplace_back();
      for (const Document* run : side.runs) of_side.emplace_back(*run, row);
      if (c_.paired()) continue;
      series.push_back(of_side.front().series());
      responses.push_back(of_side.front().responses());
    }
    std::vector<double> quantiles;
    for (const Statistic& s : statistics_)
      if (s.quantile) quantiles.push_back(*s.quantile);
    std::vector<std::vector<Difference>> of_quantiles(c_.sides.size());
    for (std::size_t i = 1; i < series.size() && !quantiles.empty(); i++)
      if (!series[0].responses.empty() && !series[i].responses.empty())
        of_quantiles[i] = compare_quantiles(series[0].responses, series[i].responses, quantiles, c_.options.confidence);
    std::size_t quantile = 0;
    for (const Statistic& s : statistics_) {
      ComparedFigure figure{row.group, row.operation, s.name, "", "", s.quantity, s.better(), s.scale(), {}, {}, {}};
      std::vector<std::vector<double>> values = values_of(runs, s);
      set_values(figure, values);
      for (std::size_t i = 1; i < c_.sides.size(); i++) {
        SideDifference& against = figure.against[i];
        if (c_.paired()) {
          pair_up(figure, against, values[0], values[i], runs[0], runs[i], s);
          continue;
        }
        against.why = missing(runs[0].front(), runs[i].front(), s, series[0], series[i], i);
        Difference found;
        if (against.why.empty()) {
          if (s.quantile)
            found = of_quantiles[i][quantile];
          else if (s.quantity == Quantity::rate)
            found = compare_means(series[0].rate, series[i].rate, c_.options.confidence);
          else if (s.quantity == Quantity::share)
            found = compare_ratios(series[0].failed, series[i].failed, s.scale(), c_.options.confidence);
          else
            found = compare_ratios(series[0].mean, series[i].mean, s.scale(), c_.options.confidence);
          if (!found.known())
            against.why = "too few independent intervals: the values of a run depend on those before them";
        }
        if (s.name == "mean") found.effect = dominance(responses[0], responses[i]);
        state(figure, against, found, i);
      }
      if (s.quantile) quantile++;
      c_.operations.push_back(std::move(figure));
    }
  }

  /// What the runs of each side say; of pairs NaN where a run says nothing, so that pairs stay pairs.
  std::vector<std::vector<double>> values_of(const std::vector<std::vector<RowOfRun>>& runs, const Statistic& s) const {
    std::vector<std::vector<double>> values(runs.size());
    for (std::size_t i = 0; i < runs.size(); i++)
      for (const RowOfRun& run : runs[i]) values[i].push_back(run.value(s).value_or(std::nan("")));
    return values;
  }

  void set_values(ComparedFigure& figure, const std::vector<std::vector<double>>& values) const {
    figure.runs = values;
    for (std::vector<double> of_side : values) {
      std::erase_if(of_side, [](double v) { return std::isnan(v); });
      figure.values.push_back(of_side.empty() ? std::nullopt : std::optional(median_of(std::move(of_side))));
    }
    figure.against.resize(values.size());
  }

  /// Why there can be no interval; empty when there can.
  std::string missing(const RowOfRun& a, const RowOfRun& b, const Statistic& s, const MeasuredSeries& series_a,
                      const MeasuredSeries& series_b, std::size_t side) const {
    for (const auto& [run, series, label] :
         {std::tuple(&a, &series_a, c_.sides[0].label), std::tuple(&b, &series_b, c_.sides[side].label)}) {
      if (!run->value(s)) return fmt::format("{} measured nothing of it", label);
      if (series->rate.size() < kLeastBlocks)
        return fmt::format("the measured time of {} has {} whole intervals; {} are needed", label, series->rate.size(),
                           kLeastBlocks);
      if (s.name == "mean" && run->count() < kLeastTimed)
        return fmt::format("{:.0f} of {}'s operations were timed; {:.0f} are needed", run->count(), label, kLeastTimed);
      if (s.quantile && run->count() * (1 - *s.quantile) < kLeastBeyond)
        return fmt::format("{:.0f} of {}'s operations lie beyond {}; {:.0f} are needed",
                           std::floor(run->count() * (1 - *s.quantile)), label, s.name, kLeastBeyond);
    }
    if (const double count = a.count() + b.count(); s.quantity == Quantity::rate && count < kLeastTimed)
      return fmt::format("{:.0f} operations in both; {:.0f} are needed", count, kLeastTimed);
    if (const double failures = a.failures() + b.failures();
        s.quantity == Quantity::share && failures > 0 && failures < kLeastFailures)
      return fmt::format("{:.0f} failures in both; {:.0f} are needed", failures, kLeastFailures);
    return "";
  }

  void pair_up(const ComparedFigure& figure, SideDifference& against, const std::vector<double>& a,
               const std::vector<double>& b, const std::vector<RowOfRun>& runs_a, const std::vector<RowOfRun>& runs_b,
               const Statistic& s) const {
    double failures = 0;
    for (const auto* runs : {&runs_a, &runs_b})
      for (const RowOfRun& run : *runs) failures += run.failures();
    if (s.quantity == Quantity::share && failures > 0 && failures < kLeastFailures)
      against.why = fmt::format("{:.0f} failures in all runs; {:.0f} are needed", failures, kLeastFailures);
    state_pairs(figure, against, a, b);
  }

  void state_pairs(const ComparedFigure& figure, SideDifference& against, const std::vector<double>& a,
                   const std::vector<double>& b) const {
    Difference found = compare_pairs(a, b, figure.scale, c_.options.confidence);
    settle(found.interval);
    against.difference = found;
    if (against.why.empty() && !found.known())
      against.why = fmt::format("{:.0f} pairs; {} are needed", found.values_a, least_pairs(c_.options.confidence));
    if (!against.why.empty()) withhold(against.difference);
    against.standing = standing(figure, against.difference);
  }

  static void withhold(Difference& d) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    d.interval = {-kInfinity, kInfinity};
    d.detectable = kInfinity;
    d.p_value = 1;
  }

  /// The change is that of the values that are shown; the interval comes from the series.
  void state(const ComparedFigure& figure, SideDifference& against, Difference found, std::size_t side) const {
    if (!against.why.empty()) withhold(found);
    const std::optional<double> a = figure.values[0], b = figure.values[side];
    found.a = a.value_or(std::nan(""));
    found.b = b.value_or(std::nan(""));
    if (!found.known()) found.change = found.a == found.b ? 0 : change_of(found.a, found.b, figure.scale);
    settle(found.interval);
    // Nothing that is counted or timed falls by more than all of it.
    if (found.known() && figure.scale == Scale::relative) found.interval.low = std::max(found.interval.low, -1.0);
    against.difference = found;
    against.standing = standing(figure, found);
  }

  Standing standing(const ComparedFigure& figure, const Difference& d) const {
    if (!d.known() || figure.better == Better::neither) return Standing::unknown;
    const double tolerance = tolerance_of(c_, figure);
    const ConfidenceInterval worse = worsening(figure, d);
    if (c_.options.tolerance && worse.low > tolerance) return Standing::beyond;
    if (worse.high <= tolerance && worse.low >= -tolerance) return Standing::within;
    if (worse.low > 0) return Standing::worse;
    if (worse.high < 0) return Standing::better;
    return Standing::unclear;
  }

  // --- figures of the whole run -----------------------------------------------------------------------------------

  void add_figures() {
    for (const SideFacts& side : c_.sides)
      for (const Figure& figure : side.runs.front()->figures)
        if (figure.available)
          add_figure(whole_run(figure.name, figure.unit, figure.formula, Quantity::number),
                     {"figure", {figure.name}, Quantity::number});
    add_figure(whole_run("cpu", "", "assay's own CPU time for each operation", Quantity::duration),
               {"cpu", {}, Quantity::duration});
    for (const SideFacts& side : c_.sides)
      for (const Document* run : side.runs)
        for (const Event& event : run->events)
          if (event.length > Nanos(0))
            add_figure(whole_run(fmt::format("event_time({})", event.kind), "", "how long these events were together",
                                 Quantity::duration),
                       {"event_time", {event.kind}, Quantity::duration});
  }

  static ComparedFigure whole_run(std::string name, std::string unit, std::string note, Quantity quantity) {
    ComparedFigure figure;
    figure.name = std::move(name);
    figure.unit = std::move(unit);
    figure.note = std::move(note);
    figure.quantity = quantity;
    return figure;
  }

  void add_figure(ComparedFigure figure, const ThresholdValue& named) {
    if (named.name != "cpu") figure.better = better_of(named, figure.unit);  // assay's own cost is stated, not judged
    if (std::any_of(c_.figures.begin(), c_.figures.end(),
                    [&](const ComparedFigure& known) { return known.name == figure.name; }))
      return;
    std::vector<std::vector<double>> values;
    for (const SideFacts& side : c_.sides) {
      std::vector<double>& of_side = values.emplace_back();
      for (const Document* run : side.runs) of_side.push_back(value_of(*run, named).value_or(std::nan("")));
    }
    set_values(figure, values);
    for (std::size_t i = 1; i < values.size(); i++) {
      SideDifference& against = figure.against[i];
      if (c_.paired()) {
        state_pairs(figure, against, values[0], values[i]);
        continue;
      }
      against.why = "one number a run";
      state(figure, against, {}, i);
    }
    c_.figures.push_back(std::move(figure));
  }

  static std::optional<double> value_of(const Document& run, const ThresholdValue& named) {
    if (named.name == "figure" && std::none_of(run.figures.begin(), run.figures.end(),
                                               [&](const Figure& f) { return f.name == named.arguments[0]; }))
      return std::nullopt;
    return value_in(MeasuredRun::of(run), named);
  }

  std::vector<Statistic> statistics_;
  Comparison c_;
};

}  // namespace

double tolerance_of(const Comparison& comparison, const ComparedFigure& figure) noexcept {
  const ComparisonOptions& options = comparison.options;
  return figure.scale == Scale::absolute ? options.tolerance_errors : options.tolerance.value_or(0);
}

int least_pairs(double confidence) { return static_cast<int>(std::ceil(1 - std::log2(1 - confidence))); }

void require_statistic(std::string_view name) { Statistic::parse(name); }

std::string_view to_string(Standing standing) noexcept {
  switch (standing) {
    case Standing::beyond:
      return "beyond";
    case Standing::worse:
      return "worse";
    case Standing::better:
      return "better";
    case Standing::within:
      return "within";
    case Standing::unclear:
      return "unclear";
    case Standing::unknown:
      return "unknown";
  }
  return "unknown";
}

bool Comparison::invalid() const noexcept {
  return std::any_of(sides.begin(), sides.end(), [](const SideFacts& s) { return s.invalid; });
}

std::size_t Comparison::count(Standing standing) const noexcept {
  std::size_t n = 0;
  for_each_difference(*this, [&](const auto&, const SideDifference& d) { n += d.standing == standing ? 1 : 0; });
  return n;
}

std::size_t Comparison::intervals() const noexcept {
  std::size_t n = 0;
  for_each_difference(*this, [&](const auto&, const SideDifference& d) { n += d.difference.known() ? 1 : 0; });
  return n;
}

std::size_t Comparison::undecided() const noexcept {
  std::size_t n = 0;
  for_each_difference(*this, [&](const ComparedFigure& figure, const SideDifference& d) {
    if (d.standing == Standing::unknown || d.standing == Standing::beyond) return;
    if (worsening(figure, d.difference).high > tolerance_of(*this, figure)) n++;
  });
  return n;
}

Verdict Comparison::verdict() const noexcept {
  if (invalid()) return Verdict::invalid;
  if (!options.tolerance) return Verdict::pass;
  return count(Standing::beyond) > 0 || intervals() == 0 ? Verdict::fail : Verdict::pass;
}

Comparison compare(std::vector<ComparedSide> sides, const ComparisonOptions& options) {
  return Comparer(std::move(sides), options).compare();
}

bool is_idle(const ComparedFigure& figure) {
  return std::all_of(figure.values.begin(), figure.values.end(), [](const auto& v) { return v.value_or(0) == 0; });
}

std::string row_name(const Comparison& comparison, const ComparedFigure& figure) {
  const std::vector<ComparedFigure>& all = comparison.operations;
  const bool one_group =
      std::all_of(all.begin(), all.end(), [&](const ComparedFigure& f) { return f.group == all.front().group; });
  if (one_group) return figure.operation;
  return figure.group == ComparedRow::kAll ? figure.group : figure.group + "/" + figure.operation;
}

}  // namespace assay
