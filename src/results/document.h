// The result of a run: one immutable, versioned document from which every table, chart and verdict is derived.
//
// Plain data. Filled once, when the run ends; written by to_json(), read back by from_json() without loss: histograms
// travel encoded, durations as whole nanoseconds. Times of the run count from its start. No percentile is stored:
// results/summary.h computes them from the merged histograms. Every field is described in docs/result.md and
// docs/result.schema.json; whoever adds or changes a field changes both, and kVersion, since an older assay refuses what it
// does not know; the older versions stay readable, with a result of each in tests/results.
#pragma once

#include "base/time.h"
#include "results/machine.h"
#include "stats/facts.h"
#include "stats/recorder.h"
#include "stats/series.h"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay {

/// Settings and options as people write them, in the order in which they were declared. No secrets: what a driver or a
/// workload marks as secret is not put here.
using Settings = std::vector<std::pair<std::string, std::string>>;

struct WorkloadFacts {
  std::string name;
  Settings options;  // all that were in force, defaults too
};

struct TargetFacts {
  std::string name;    // what groups refer to; "main" when there is only one
  std::string driver;  // "sqlite"
  std::string url;     // without user information that is secret
  std::string server, server_version;
  Settings settings;  // those of the server that matter for its speed
};

/// One stretch of the run. Phases follow each other without a gap.
struct PhaseSpan {
  Phase phase = Phase::measure;
  Nanos start{}, length{};
};

struct OperationResult {
  std::string name;
  bool nested = false;                         // timed inside another operation: not part of any "all"
  std::array<OperationStats, kPhases> phases;  // by Phase

  OperationStats& measured() noexcept { return phases[static_cast<std::size_t>(Phase::measure)]; }
  const OperationStats& measured() const noexcept { return phases[static_cast<std::size_t>(Phase::measure)]; }
  /// Over the whole run.
  std::uint64_t completed() const noexcept;
  std::uint64_t errors() const noexcept;
};

struct CounterResult {
  std::string name;
  std::uint64_t measured = 0, whole_run = 0;
};

struct GroupResult {
  std::string name;
  std::string target = {};  // the name of one of the document's targets; empty when it has none
  std::uint64_t clients = 0, sessions = 0;
  std::string schedule = {};  // as the schedule describes itself
  std::vector<OperationResult> operations = {};
  std::vector<CounterResult> counters = {};
  std::vector<FailureSample> failures = {};  // FailureSample::operation indexes `operations`
  std::uint64_t other_failures = 0;          // those that found no place in `failures`
  std::uint64_t abandoned = 0;               // due, and never sent before the drain ended; counted as timeouts
  std::uint64_t round_trips = 0;  // of all sessions, in the whole run; 0 where the driver does not count them
  Series series{};                // has operations.size() cells an interval, or no interval
};

/// What a consistency check of the target's data said.
struct CheckResult {
  enum class State { not_run, passed, failed };
  std::string when;  // "before" or "after" the run
  State state = State::not_run;
  std::uint64_t conditions = 0;  // how many were looked at
  std::vector<Finding> findings = {};
};

/// What the measuring itself cost, on the machine of `machine`.
struct OwnCost {
  double cpu_seconds = 0;  // of this process, user and system, in the phase `measure`
  double operations = 0;   // that completed in it
  std::uint64_t peak_rss_bytes = 0;
  std::uint32_t threads = 0;
  double busiest_loop = 0;  // CPU share of the busiest event-loop thread in `measure`; 0 without loops
  std::uint32_t loops = 0, io_uring_loops = 0;  // event-loop threads, and how many of them used io_uring
  friend bool operator==(const OwnCost&, const OwnCost&) = default;
};

/// One of several processes that carried out the run together: what it did of the whole, and what it cost.
struct AgentResult {
  std::string name;  // its address
  std::uint32_t shard = 0;
  std::string lost = {};  // why it is not there to the end; what it had told until then is in the result
  std::uint64_t completed = 0, errors = 0;  // of the phase `measure`
  Nanos p99_lag{}, max_lag{};               // likewise
  Nanos clock_offset{}, clock_error{};      // its clock minus the coordinator's, known to ± clock_error
  Nanos late{};                             // that it began after the instant agreed upon
  OwnCost own_cost{};
  friend bool operator==(const AgentResult&, const AgentResult&) = default;
};

struct RunVerdict {
  Verdict verdict = Verdict::pass;
  std::vector<std::string> reasons = {};  // why it is not a pass
};

struct Document {
  static constexpr std::int64_t kVersion = 3;        // 2: search; 3: agents
  static constexpr std::int64_t kOldestVersion = 1;  // that is read

  std::string id;  // the name of the default file, without folder and extension
  std::string assay_version;
  WallTime started{}, ended{};
  bool partial = false;  // the run was interrupted; what is here was measured until then
  std::uint64_t seed = 0;
  WorkloadFacts workload;
  std::vector<TargetFacts> targets;
  std::string schedule;  // the schedule of the run in words
  std::vector<PhaseSpan> phases;
  std::vector<GroupResult> groups;
  std::vector<Event> events;
  std::vector<Figure> figures;
  std::vector<Requirement> requirements;
  std::vector<CheckResult> checks;
  RateSearchFacts search;  // of --find-max, this run being its last step; without steps: there was none
  std::vector<TargetSeries> target_series;
  std::uint64_t in_doubt = 0;       // commits whose outcome nobody knows, over the whole run
  OwnCost own_cost;                 // of all agents together, when there are some
  std::vector<AgentResult> agents;  // empty: this process alone
  MachineFacts machine;
  std::vector<std::string> warnings;
  RunVerdict verdict;

  /// The length of the phase `measure`; 0 when the run did not reach it.
  Nanos measured_length() const noexcept;
  /// The end of the last phase.
  Nanos length() const noexcept;
};

std::string_view to_string(Verdict) noexcept;
std::string_view to_string(Requirement::Verdict) noexcept;
std::string_view to_string(CheckResult::State) noexcept;

/// The document as text: JSON, UTF-8 (bytes of names and messages that are not UTF-8 become U+FFFD), one line for an
/// interval.
std::string to_json(const Document&);
/// The same text in pieces, so that a long run's need not be in memory twice.
using TextSink = std::function<void(std::string_view)>;
void write_json(const Document&, const TextSink&);

/// Reads what to_json() wrote. Strict: throws Error that names the place ("groups[0].operations[2].name"), what was
/// found there and what is expected; a file that is cut off, and a version that this assay does not know, are named as
/// such.
Document from_json(std::string_view text);

}  // namespace assay
