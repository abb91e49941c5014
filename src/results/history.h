// Results of many runs over time: which of them can be compared, how each figure went, where it changed for good, and
// whether the newest stretch is worse.
//
// Runs belong to one setup when they agree in all circumstances that are configuration (results/circumstances.h). In a setup
// each value is a series of its runs in the order in which they were started; its changes are those of E-divisive means
// (stats/change_points.h), tested together, so that having looked at many raises no more false alarms than one would. Of what
// cannot be known yet nothing is claimed: too few runs, and newest runs that are unlike all before but too few for a segment.
// Runs that are invalid or partial are kept apart: their figures do not count.
// Pure, but for read_history(), which reads files; deterministic. Values are in the units of their Quantity. Documented in
// docs/history.md.
#pragma once

#include "results/better.h"
#include "results/circumstances.h"
#include "results/threshold.h"
#include "stats/change_points.h"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace assay {

/// A value of one run, named as conditions name it: "p99(terminals/payment)".
struct HistoryValue {
  ThresholdValue what;
  std::string unit = {};  // of a figure
  double value = 0;
};

/// What a history keeps of a result.
struct HistoryRun {
  std::string path, id;
  WallTime started{};
  Verdict verdict = Verdict::pass;
  std::string left_out = {};  // why its figures do not count; "": they do
  std::vector<Circumstance> circumstances = {};
  std::vector<HistoryValue> values = {};
};

/// Without `chosen`: of each operation its rate, p50, p99 and share of errors, and each figure that is a rate; of a search
/// (--find-max) the figures alone, as each has its operations at a rate of its own.
/// What a run does not have is left out.
HistoryRun history_run(const Document&, std::string path, std::span<const ThresholdValue> chosen = {});

enum class Against { before, best };  // the segment before the newest one; the best of all earlier ones

struct HistoryOptions {
  double significance = 0.01;     // of a setup: the chance that one without a change is said to have one
  std::size_t least_segment = 5;  // runs
  double tolerance = 0.05;        // a change for the worse by less is none
  Against against = Against::before;
  std::vector<std::string> ignored = {};     // circumstances that may differ in a setup, or what they begin with
  std::vector<std::string> told_apart = {};  // circumstances that may not
};

struct HistorySeries {
  ThresholdValue what;
  std::string unit;
  Better better = Better::neither;
  std::vector<std::size_t> runs;  // those of the setup that have the value, ascending
  std::vector<double> values;
  std::vector<ChangePoint> changes;  // indexes into `values`

  enum class State { too_short, unjudged, steady, better, worse, changed };
  /// Of the newest segment: too few runs to find even the clearest change of the newest ones; too few newest runs that lie
  /// outside of all before; no change, or one within the tolerance; a change of what has no better and worse.
  State state = State::steady;
  std::size_t needed = 0;  // too_short: so many runs would do
  std::size_t unlike = 0;  // unjudged: so many newest runs lie outside of all before in their segment
  double unlike_mean = 0;  // their mean
  double newest = 0;       // mean of the newest segment
  double baseline = 0;     // mean of what it is compared with; `newest` without a change
  /// newest / baseline - 1; infinite from 0; 0 without a change.
  double relative() const noexcept;
  std::size_t newest_begin() const noexcept { return changes.empty() ? 0 : changes.back().index; }
};

struct HistorySetup {
  std::vector<Circumstance> shared;  // in which its runs agree, configuration first
  std::vector<HistoryRun> runs;      // by start
  std::vector<HistoryRun> left_out;  // by start
  std::vector<HistorySeries> series;
  double level = 0;  // of all series together
};

struct SkippedFile {
  std::string path, reason;
};

struct History {
  std::vector<HistorySetup> setups;  // that with the newest run first
  std::vector<SkippedFile> skipped;
  bool worse() const noexcept;
  /// That nothing is worse can be said: of the setup with the newest run some value was judged, and nowhere do the newest
  /// runs lie outside of all before for the worse, too few to be judged.
  bool decided() const noexcept;
};

/// `runs` in any order; a run that is there twice (the same id and start) counts once and is named in `skipped`. Throws
/// Error when a name of the options is of no circumstance.
History make_history(std::vector<HistoryRun> runs, const HistoryOptions& options = {});

struct HistoryFiles {
  std::vector<HistoryRun> runs;
  std::vector<SkippedFile> skipped;  // named *.json and no readable result
};

/// The results named: files, and all *.json below folders, without what is hidden; other names are not looked at. Those
/// started before `since` are left out without a word. Throws Error for a path that is not there and for a file that was
/// named itself and is no result.
HistoryFiles read_history(std::span<const std::filesystem::path> paths, std::span<const ThresholdValue> chosen = {},
                          WallTime since = WallTime::min());

/// The setup in a line: "tpcc on PostgreSQL, 4 clients"; with the circumstances by which it differs from the other setups.
std::string title_of(const HistorySetup&, const History&);
/// What was different from the run before, where a series changes: of the setup's run with this index.
std::vector<CircumstanceDifference> new_with(const HistorySetup&, std::size_t run);
/// "1.21 ms", "13,245 1/min"
std::string shown_value(const HistorySeries&, double value);
std::string_view to_string(HistorySeries::State) noexcept;

}  // namespace assay
