#include "results/history.h"

#include "base/error.h"
#include "base/units.h"
#include "results/measured_run.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

namespace assay {
namespace {

bool begins_with_any(const std::string& name, const std::vector<std::string>& parts) {
  return std::any_of(parts.begin(), parts.end(), [&](const std::string& part) { return is_of(name, part); });
}

void require_known(const std::vector<HistoryRun>& runs, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    std::set<std::string> known;
    for (const HistoryRun& run : runs)
      for (const Circumstance& c : run.circumstances) known.insert(c.name);
    if (std::none_of(known.begin(), known.end(), [&](const std::string& name) { return is_of(name, part); }))
      throw Error(
          fmt::format("history: no run has a circumstance '{}'; expected one of {}", part, fmt::join(known, ", ")));
  }
}

/// What tells setups apart.
std::string key_of(const HistoryRun& run, const HistoryOptions& options) {
  std::string key;
  for (const Circumstance& c : run.circumstances)
    if (begins_with_any(c.name, options.told_apart) || (c.configuration && !begins_with_any(c.name, options.ignored)))
      key.append(c.name).append(1, '\0').append(c.value).append(1, '\0');
  return key;
}

std::vector<Circumstance> shared_by_all(const HistorySetup& setup) {
  std::vector<const HistoryRun*> all;
  for (const HistoryRun& run : setup.runs) all.push_back(&run);
  for (const HistoryRun& run : setup.left_out) all.push_back(&run);
  std::vector<Circumstance> shared = all.front()->circumstances;
  for (const HistoryRun* run : all)
    std::erase_if(shared, [&](const Circumstance& c) {
      return std::find(run->circumstances.begin(), run->circumstances.end(), c) == run->circumstances.end();
    });
  std::stable_partition(shared.begin(), shared.end(), [](const Circumstance& c) { return c.configuration; });
  return shared;
}

/// In the order in which the newest run has them; then those that only earlier ones have.
std::vector<HistorySeries> series_of(const std::vector<HistoryRun>& runs) {
  std::vector<HistorySeries> all;
  std::map<std::string, std::size_t> places;
  for (std::size_t r = runs.size(); r-- > 0;)
    for (const HistoryValue& v : runs[r].values)
      if (places.emplace(v.what.text(), all.size()).second) {
        HistorySeries& series = all.emplace_back();
        series.what = v.what;
        series.unit = v.unit;
        series.better = better_of(v.what, v.unit);
      }
  for (std::size_t r = 0; r < runs.size(); r++)
    for (const HistoryValue& v : runs[r].values) {
      HistorySeries& series = all[places[v.what.text()]];
      series.runs.push_back(r);
      series.values.push_back(v.value);
    }
  return all;
}

double baseline_of(const HistorySeries& series, Against against) {
  const std::vector<ChangePoint>& changes = series.changes;
  double baseline = changes.back().mean_before;
  if (against == Against::before || series.better == Better::neither) return baseline;
  for (const ChangePoint& change : changes)
    baseline = series.better == Better::larger ? std::max(baseline, change.mean_before)
                                               : std::min(baseline, change.mean_before);
  return baseline;
}

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

HistorySeries::State state_of(const HistorySeries& series, const HistoryOptions& options) {
  using State = HistorySeries::State;
  const double relative = series.relative();
  if (series.changes.empty() || std::abs(relative) <= options.tolerance) return State::steady;
  if (series.better == Better::neither) return State::changed;
  return (relative > 0) == (series.better == Better::larger) ? State::better : State::worse;
}

/// How many of the newest runs, too few for a segment, lie outside of all before in theirs, on one side, by more than the
/// tolerance. Because of chance there are such ones too: it takes so many that this is rarer than the significance, or a
/// distance of the whole range of those before.
std::size_t unlike_before(const HistorySeries& series, const HistoryOptions& options) {
  const std::span<const double> segment = std::span(series.values).subspan(series.newest_begin());
  for (std::size_t later = std::min(options.least_segment - 1, segment.size() / 2); later > 0; later--) {
    const auto before = segment.first(segment.size() - later), newest = segment.last(later);
    if (before.size() < options.least_segment) continue;
    const auto [low, high] = std::minmax_element(before.begin(), before.end());
    const auto [newest_low, newest_high] = std::minmax_element(newest.begin(), newest.end());
    const double distance = std::max(*low - *newest_high, *newest_low - *high);
    const double mean = mean_of(before), moved = std::abs(mean_of(newest) - mean);
    if (distance <= 0 || moved <= options.tolerance * std::abs(mean)) continue;
    if (distance > *high - *low || smallest_p(segment.size(), later) <= options.significance) return later;
  }
  return 0;
}

void judge(HistorySeries& series, const HistoryOptions& options, std::size_t needed) {
  using State = HistorySeries::State;
  const std::size_t begin = series.newest_begin();
  series.newest = mean_of(std::span(series.values).subspan(begin));
  series.baseline = series.newest;
  if (series.changes.empty() && series.values.size() < needed) {
    series.state = State::too_short;
    series.needed = needed;
    return;
  }
  if (!series.changes.empty()) series.baseline = baseline_of(series, options.against);
  series.state = state_of(series, options);
  if (series.state == State::worse) return;
  if (const std::size_t unlike = unlike_before(series, options); unlike > 0) {
    series.state = State::unjudged;
    series.unlike = unlike;
    series.unlike_mean = mean_of(std::span(series.values).last(unlike));
  }
}

void find_changes(HistorySetup& setup, const HistoryOptions& options) {
  setup.series = series_of(setup.runs);
  setup.level = options.significance;
  ChangePointOptions how;
  how.significance = options.significance;
  how.least_segment = options.least_segment;
  std::vector<SeriesOfRuns> all;
  for (const HistorySeries& series : setup.series) all.push_back({series.values, series.runs});
  std::vector<std::vector<ChangePoint>> found = joint_change_points(all, how);
  const std::size_t needed = needed_length(how);
  for (std::size_t s = 0; s < setup.series.size(); s++) {
    setup.series[s].changes = std::move(found[s]);
    judge(setup.series[s], options, needed);
  }
}

std::vector<ThresholdValue> usual_values(const Document& document) {
  std::vector<ThresholdValue> wanted;
  const auto of_operation = [&](const std::vector<std::string>& arguments) {
    wanted.push_back({"rate", arguments, Quantity::rate});
    wanted.push_back({"p50", arguments, Quantity::duration});
    wanted.push_back({"p99", arguments, Quantity::duration});
    wanted.push_back({"errors", arguments, Quantity::share});
  };
  std::size_t operations = 0;
  for (const GroupResult& group : document.groups)
    for (const OperationResult& operation : group.operations) {
      if (!document.search.steps.empty()) continue;
      of_operation({document.groups.size() == 1 ? operation.name : group.name + "/" + operation.name});
      if (!operation.nested) operations++;
    }
  if (operations > 1) of_operation({});
  for (const Figure& figure : document.figures) {
    ThresholdValue value{"figure", {figure.name}, Quantity::number};
    if (better_of(value, figure.unit) != Better::neither) wanted.push_back(std::move(value));
  }
  return wanted;
}

}  // namespace

double HistorySeries::relative() const noexcept {
  if (newest == baseline) return 0;
  return baseline == 0 ? std::copysign(std::numeric_limits<double>::infinity(), newest) : newest / baseline - 1;
}

bool History::worse() const noexcept {
  for (const HistorySetup& setup : setups)
    for (const HistorySeries& series : setup.series)
      if (series.state == HistorySeries::State::worse) return true;
  return false;
}

bool History::decided() const noexcept {
  using State = HistorySeries::State;
  for (const HistorySetup& setup : setups)
    for (const HistorySeries& series : setup.series)
      if (series.state == State::unjudged &&
          (series.better == Better::neither ||
           (series.unlike_mean > series.newest) != (series.better == Better::larger)))
        return false;
  return !setups.empty() && std::any_of(setups.front().series.begin(), setups.front().series.end(),
                                        [](const HistorySeries& series) { return series.state != State::too_short; });
}

HistoryRun history_run(const Document& document, std::string path, std::span<const ThresholdValue> chosen) {
  HistoryRun run{std::move(path), document.id, document.started, document.verdict.verdict};
  if (run.verdict == Verdict::invalid)
    run.left_out = fmt::format("invalid: {}", fmt::join(document.verdict.reasons, "; "));
  else if (document.partial)
    run.left_out = "partial: the run was interrupted";
  else if (document.measured_length() <= Nanos(0))
    run.left_out = "nothing was measured";
  run.circumstances = circumstances_of(document);
  if (!run.left_out.empty()) return run;

  std::vector<ThresholdValue> wanted(chosen.begin(), chosen.end());
  if (chosen.empty()) wanted = usual_values(document);
  const MeasuredRun measured = MeasuredRun::of(document);
  for (ThresholdValue& what : wanted) {
    if (what.name == "errors") what.quantity = Quantity::share;  // runs are not of the same length
    std::optional<double> value;
    try {
      value = value_in(measured, what);
    } catch (const Error&) {  // there is no such operation in this run
    }
    if (!value || !std::isfinite(*value)) continue;
    std::string unit;
    if (what.name == "figure")
      for (const Figure& figure : document.figures)
        if (figure.name == what.arguments[0]) unit = figure.unit;
    run.values.push_back({std::move(what), std::move(unit), *value});
  }
  return run;
}

History make_history(std::vector<HistoryRun> runs, const HistoryOptions& options) {
  ASSAY_ASSERT(options.least_segment >= 2 && options.significance > 0 && options.significance < 1);
  require_known(runs, options.ignored);
  require_known(runs, options.told_apart);
  std::sort(runs.begin(), runs.end(), [](const HistoryRun& a, const HistoryRun& b) {
    return std::tie(a.started, a.id, a.path) < std::tie(b.started, b.id, b.path);
  });
  History history;
  std::map<std::string, std::size_t> places;
  const HistoryRun* last = nullptr;
  std::vector<HistoryRun> once;
  once.reserve(runs.size());
  for (HistoryRun& run : runs) {
    if (last != nullptr && last->id == run.id && last->started == run.started) {
      history.skipped.push_back({run.path, fmt::format("the same run as {}", last->path)});
      continue;
    }
    last = &once.emplace_back(std::move(run));
  }
  for (HistoryRun& run : once) {
    const auto [at, fresh] = places.emplace(key_of(run, options), history.setups.size());
    if (fresh) history.setups.emplace_back();
    HistorySetup& setup = history.setups[at->second];
    (run.left_out.empty() ? setup.runs : setup.left_out).push_back(std::move(run));
  }
  for (HistorySetup& setup : history.setups) {
    setup.shared = shared_by_all(setup);
    find_changes(setup, options);
  }
  const auto newest = [](const HistorySetup& setup) {
    WallTime time = WallTime::min();
    for (const auto* list : {&setup.runs, &setup.left_out})
      if (!list->empty()) time = std::max(time, list->back().started);
    return time;
  };
  std::stable_sort(history.setups.begin(), history.setups.end(),
                   [&](const HistorySetup& a, const HistorySetup& b) { return newest(a) > newest(b); });
  return history;
}

std::string title_of(const HistorySetup& setup, const History& history) {
  std::string workload, servers, differing;
  for (const Circumstance& c : setup.shared) {
    if (c.name == "workload") workload = c.value;
    if (c.name.starts_with("target.") && c.name.ends_with(".server"))
      servers += (servers.empty() ? " on " : ", ") + c.value;
  }
  for (const Circumstance& c : setup.shared) {
    if (c.name == "workload" || (c.name.starts_with("target.") && c.name.ends_with(".server"))) continue;
    const bool everywhere = std::all_of(history.setups.begin(), history.setups.end(), [&](const HistorySetup& other) {
      return std::any_of(other.shared.begin(), other.shared.end(), [&](const Circumstance& o) { return o == c; });
    });
    if (!everywhere && c.configuration) differing += fmt::format(", {} {}", c.name, c.value);
  }
  return (workload.empty() ? "runs" : workload) + servers + differing;
}

std::vector<CircumstanceDifference> new_with(const HistorySetup& setup, std::size_t run) {
  if (run == 0) return {};
  return differences(setup.runs[run - 1].circumstances, setup.runs[run].circumstances);
}

std::string shown_value(const HistorySeries& series, double value) {
  std::string text = format_value(value, series.what.quantity);
  if (series.what.name != "figure") return text;
  const std::string number = std::abs(value) >= 1000 ? format_quantity(value) : fmt::format("{:.4g}", value);
  return series.unit.empty() ? number : number + " " + series.unit;
}

std::string_view to_string(HistorySeries::State state) noexcept {
  switch (state) {
    case HistorySeries::State::too_short:
      return "too_short";
    case HistorySeries::State::unjudged:
      return "unjudged";
    case HistorySeries::State::steady:
      return "steady";
    case HistorySeries::State::better:
      return "better";
    case HistorySeries::State::worse:
      return "worse";
    case HistorySeries::State::changed:
      return "changed";
  }
  return "unknown";
}

}  // namespace assay
