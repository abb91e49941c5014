// A history as text: a table for a terminal, Markdown, CSV.

#include "results/render_history.h"

#include "base/units.h"
#include "results/text_forms.h"
#include "results/text_table.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace assay {
namespace {

using State = HistorySeries::State;

std::string percent(double relative) {
  if (std::isinf(relative)) return "from 0";
  return fmt::format("{}{:.1f} %", relative < 0 ? "−" : "+", std::abs(relative) * 100);
}

Tint tint_of(State state) {
  switch (state) {
    case State::worse:
      return Tint::bad;
    case State::better:
      return Tint::good;
    case State::changed:
    case State::unjudged:
      return Tint::odd;
    case State::too_short:
      return Tint::dim;
    case State::steady:
      break;
  }
  return Tint::none;
}

std::string shown_state(const HistorySeries& series) {
  switch (series.state) {
    case State::worse:
      return "WORSE";
    case State::too_short:
      return fmt::format("too few runs to tell: {} needed", series.needed);
    case State::unjudged:
      return fmt::format("too few to judge: newest {} ({}) unlike all before",
                         series.unlike == 1 ? "run" : fmt::format("{} runs", series.unlike),
                         shown_value(series, series.unlike_mean));
    default:
      return std::string(to_string(series.state));
  }
}

std::string_view verdict_of(const History& history) {
  return history.worse() ? "WORSE" : history.decided() ? "not worse" : "CANNOT TELL";
}

/// The series in at most `most` characters, each the mean of its runs, from the lowest to the highest.
std::string trend(const std::vector<double>& values, std::size_t most) {
  static constexpr const char* kBars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::size_t count = std::min(most, values.size());
  std::vector<double> means(count, 0);
  for (std::size_t i = 0; i < count; i++) {
    const std::size_t begin = i * values.size() / count, end = (i + 1) * values.size() / count;
    for (std::size_t k = begin; k < end; k++) means[i] += values[k] / static_cast<double>(end - begin);
  }
  const auto [low, high] = std::minmax_element(means.begin(), means.end());
  std::string out;
  for (const double mean : means)
    out += kBars[*high > *low ? static_cast<std::size_t>((mean - *low) / (*high - *low) * 7 + 0.5) : 3];
  return out;
}

const HistoryRun& run_of_change(const HistorySetup& setup, const HistorySeries& series, const ChangePoint& change) {
  return setup.runs[series.runs[change.index]];
}

/// The changes of a setup by the run that is the first one of the new segment, newest first.
std::map<std::size_t, std::vector<std::pair<const HistorySeries*, const ChangePoint*>>, std::greater<>> by_run(
    const HistorySetup& setup) {
  std::map<std::size_t, std::vector<std::pair<const HistorySeries*, const ChangePoint*>>, std::greater<>> runs;
  for (const HistorySeries& series : setup.series)
    for (const ChangePoint& change : series.changes) runs[series.runs[change.index]].emplace_back(&series, &change);
  return runs;
}

/// A change for the worse or the better, whatever came after it.
std::string direction(const HistorySeries& series, const ChangePoint& change) {
  if (series.better == Better::neither || change.mean_after == change.mean_before) return "";
  return (change.mean_after > change.mean_before) == (series.better == Better::larger) ? "better" : "worse";
}

double relative_of(const ChangePoint& change) {
  return change.mean_before == 0 ? std::numeric_limits<double>::infinity() : change.relative();
}

std::string described(const CircumstanceDifference& d) {
  const auto shown = [](const std::string& value) { return value.empty() ? std::string("none") : value; };
  return fmt::format("{}: {} → {}", d.name, shown(d.before), shown(d.after));
}

std::string head(const HistorySetup& setup, const History& history) {
  std::string out =
      fmt::format("{}: {} run{}", title_of(setup, history), setup.runs.size(), setup.runs.size() == 1 ? "" : "s");
  if (setup.runs.size() == 1) out += " at " + format_wall(setup.runs.front().started);
  if (setup.runs.size() > 1)
    out +=
        fmt::format(" from {} to {}", format_wall(setup.runs.front().started), format_wall(setup.runs.back().started));
  return out;
}

class Table {
 public:
  Table(const History& history, const TableStyle& style) : history_(history), style_(style) {}

  std::string text() {
    for (const HistorySetup& setup : history_.setups) add(setup);
    out_ += verdict();
    return out_;
  }

 private:
  void line(const std::string& text, Tint tint = Tint::none, std::size_t indent = 0) {
    const auto width = static_cast<std::size_t>(std::max(style_.width, 40));
    out_ += std::string(indent, ' ') + tinted(wrapped(text, width - indent, indent + 2), tint, style_.color) + "\n";
  }

  void add(const HistorySetup& setup) {
    line(head(setup, history_), Tint::bold);
    for (const HistoryRun& run : setup.left_out)
      line(fmt::format("left out {}: {}", run.path, run.left_out), Tint::odd, 2);
    out_ += "\n";
    if (setup.runs.empty()) return;
    add_series(setup);
    add_changes(setup);
  }

  void add_series(const HistorySetup& setup) {
    using Align = TextTable::Align;
    TextTable table(
        {Align::left, Align::right, Align::right, Align::right, Align::left, Align::right, Align::left, Align::left});
    table.row({{"value", Tint::dim},
               {"newest", Tint::dim},
               {"before", Tint::dim},
               {"change", Tint::dim},
               {"since", Tint::dim},
               {"runs", Tint::dim},
               {"trend", Tint::dim},
               {"", Tint::dim}});
    for (const HistorySeries& series : setup.series) {
      const Tint tint = tint_of(series.state);
      const bool moved = !series.changes.empty();
      table.row({{series.what.text()},
                 {shown_value(series, series.newest)},
                 {moved ? shown_value(series, series.baseline) : "–"},
                 {moved ? percent(series.relative()) : "–", tint},
                 {moved ? format_wall(run_of_change(setup, series, series.changes.back()).started).substr(0, 10) : "–"},
                 {fmt::format("{}", series.values.size() - series.newest_begin())},
                 {trend(series.values, 24)},
                 {shown_state(series), tint}});
    }
    out_ += table.text(static_cast<std::size_t>(style_.width), style_.color) + "\n";
  }

  void add_changes(const HistorySetup& setup) {
    for (const auto& [index, changes] : by_run(setup)) {
      const HistoryRun& run = setup.runs[index];
      line(fmt::format("changed with {} of {} (run {} of {})", run.id, format_wall(run.started), index + 1,
                       setup.runs.size()),
           Tint::bold, 2);
      for (const auto& [series, change] : changes)
        line(fmt::format("{}: {} → {}, {}{} (p = {:.2g})", series->what.text(),
                         shown_value(*series, change->mean_before), shown_value(*series, change->mean_after),
                         percent(relative_of(*change)),
                         series->better == Better::neither ? "" : ", " + direction(*series, *change), change->p_value),
             Tint::none, 4);
      for (const CircumstanceDifference& difference : new_with(setup, index))
        line("new with it: " + described(difference), Tint::dim, 4);
      out_ += "\n";
    }
  }

  std::string verdict() const {
    std::size_t worse = 0, better = 0, all = 0, untested = 0, unjudged = 0;
    for (const HistorySetup& setup : history_.setups)
      for (const HistorySeries& series : setup.series) {
        all++;
        worse += series.state == State::worse;
        better += series.state == State::better;
        untested += series.state == State::too_short;
        unjudged += series.state == State::unjudged;
      }
    const Tint tint = worse > 0 ? Tint::bad : history_.decided() ? Tint::good : Tint::odd;
    std::string out = tinted(std::string(verdict_of(history_)), tint, style_.color);
    out += fmt::format(": of {} values {} are worse in the newest segment, {} better", all, worse, better);
    if (untested > 0) out += fmt::format(", {} have too few runs to tell", untested);
    if (unjudged > 0)
      out += fmt::format(", of {} the newest runs are unlike all before and too few to judge", unjudged);
    return out + "\n";
  }

  const History& history_;
  const TableStyle style_;
  std::string out_;
};

}  // namespace

std::string render_history_table(const History& history, const TableStyle& style) {
  return Table(history, style).text();
}

std::string render_history_markdown(const History& history) {
  std::string out = fmt::format("## assay history: {}\n", history.worse()     ? "❌ WORSE"
                                                          : history.decided() ? "✅ not worse"
                                                                              : "⚠️ cannot tell");
  for (const HistorySetup& setup : history.setups) {
    out += fmt::format("\n### {}\n\n", markdown_text(head(setup, history)));
    for (const HistoryRun& run : setup.left_out)
      out += fmt::format("- left out {}: {}\n", markdown_text(run.path), markdown_text(run.left_out));
    if (setup.runs.empty()) continue;
    out += "| value | newest | before | change | since | runs | |\n|---|--:|--:|--:|---|--:|---|\n";
    for (const HistorySeries& series : setup.series) {
      const bool moved = !series.changes.empty();
      out += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", markdown_text(series.what.text()),
                         shown_value(series, series.newest), moved ? shown_value(series, series.baseline) : "–",
                         moved ? percent(series.relative()) : "–",
                         moved ? markdown_text(run_of_change(setup, series, series.changes.back()).id) : "–",
                         series.values.size() - series.newest_begin(),
                         series.state == State::worse ? "❌ worse" : shown_state(series));
    }
    for (const auto& [index, changes] : by_run(setup)) {
      out += fmt::format("\n- **{}**\n", markdown_text(setup.runs[index].id));
      for (const auto& [series, change] : changes)
        out += fmt::format("  - {}: {} → {}, {} {}\n", markdown_text(series->what.text()),
                           shown_value(*series, change->mean_before), shown_value(*series, change->mean_after),
                           percent(relative_of(*change)), direction(*series, *change));
      for (const CircumstanceDifference& difference : new_with(setup, index))
        out += fmt::format("  - new with it: {}\n", markdown_text(described(difference)));
    }
  }
  for (const SkippedFile& file : history.skipped)
    out += fmt::format("\n> skipped {}: {}\n", markdown_text(file.path), markdown_text(file.reason));
  return out;
}

std::string render_history_csv(const History& history) {
  std::string out = "setup,value,unit,run,started,number,segment,segment_mean,p\n";
  for (const HistorySetup& setup : history.setups) {
    const std::string title = csv_text(title_of(setup, history));
    for (const HistorySeries& series : setup.series) {
      std::size_t segment = 0;
      for (std::size_t i = 0; i < series.values.size(); i++) {
        while (segment < series.changes.size() && series.changes[segment].index <= i) segment++;
        const double mean = series.changes.empty() ? series.newest
                            : segment == 0         ? series.changes[0].mean_before
                                                   : series.changes[segment - 1].mean_after;
        const bool first = segment > 0 && series.changes[segment - 1].index == i;
        const HistoryRun& run = setup.runs[series.runs[i]];
        out += fmt::format("{},{},{},{},{},{},{},{},{}\n", title, csv_text(series.what.text()),
                           csv_text(unit_of(series)), csv_text(run.id), format_wall(run.started), series.values[i],
                           segment + 1, mean, first ? fmt::format("{}", series.changes[segment - 1].p_value) : "");
      }
    }
  }
  return out;
}

std::string unit_of(const HistorySeries& series) {
  switch (series.what.quantity) {
    case Quantity::duration:
      return "ns";
    case Quantity::rate:
      return "1/s";
    case Quantity::share:
    case Quantity::count:
      return "1";
    case Quantity::number:
      break;
  }
  return series.unit;
}

}  // namespace assay
