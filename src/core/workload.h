// A workload: a named benchmark with its verbs prepare, run, check, cleanup.
//
// WorkloadType is what the registry lists: stateless, knows the options. Workload is one configured instance; it never
// names a driver, it asks the target for a facet and a dialect. docs/adding-a-workload.md walks through it.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "core/context.h"
#include "core/driver.h"
#include "core/options.h"
#include "core/schedule.h"
#include "core/shard.h"
#include "stats/facts.h"
#include "stats/recorder.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

struct OperationInfo {
  std::string name;  // "new_order"
  std::string summary;
  bool nested = false;  // timed inside another operation (Context::time): not part of the group's totals
};

/// What Client::next() answers when the client has done all that it has to do. It leaves, and is not asked again.
inline constexpr OperationId kNothingMore{0xffff};

/// One simulated user. Used by one thread at a time. Between its operations it is a state object and owns no stack.
class Client {
 public:
  virtual ~Client() = default;
  /// Draws the next operation and its arguments: no I/O, off the clock. `payload` is what Context::trigger was given, 0
  /// in a group that runs by a schedule. kNothingMore: only in a group that says so (Group::ends).
  virtual OperationId next(std::uint64_t payload) = 0;
  /// How long the client waits before the operation just drawn is due (keying and think time); asked in a closed loop
  /// only, and then added to the schedule's think time.
  virtual Nanos pause() { return Nanos(0); }
  /// Carries out what was drawn. Timed. May be called again with the same draw when it failed with a kind that is
  /// retried, so it must not keep state of a failed try.
  virtual Result<> run(Context&, OperationId) = 0;
};

/// Clients of one role. One group is the default; TPC-C has two: its terminals and its deferred deliveries.
struct Group {
  std::string name;
  std::vector<OperationInfo> operations;  // by OperationId
  std::vector<std::string> counters;      // by CounterId: what is counted beside operations
  StatementTable statements;              // declared to each session of the group
  /// True: nothing is due by a schedule; operations are due when a client of another group calls Context::trigger.
  bool triggered = false;
  /// Its clients come to an end (kNothingMore). A run of such groups alone ends with the last client, and needs no time.
  bool ends = false;
  /// It keeps to RunOptions::count by itself, client by client, so that each does the same when it is run again; they end
  /// behind it.
  bool keeps_count = false;
  std::uint64_t clients = 1,
                sessions = 1;  // of this process; what the workload proposes, the user's options come first
  /// Makes our k-th client (its number in the whole job is shard.global(k)). The seed is the run's. Called from many
  /// threads.
  std::function<std::unique_ptr<Client>(std::uint64_t k)> make_client;
  /// Called on each new session before its first lease: kv().use(…), settings. A failure is a failed connect.
  std::function<Result<>(Session&)> set_up = {};
};

/// What a group is called and does, as far as it is known before the target is asked.
struct GroupShape {
  std::string name;
  std::vector<OperationInfo> operations;  // empty: known only then
  bool triggered = false, ends = false;
};

/// Tells how far long work is. Thread-safe. Shown with rate and ETA.
class Progress {
 public:
  virtual ~Progress() = default;
  /// Starts a stretch of `total` units ("rows", "warehouses").
  virtual void start(std::string_view what, std::string_view unit, std::uint64_t total) = 0;
  virtual void advance(std::uint64_t units) = 0;
  virtual void note(std::string_view line) = 0;
};

/// What prepare, check and cleanup are given.
struct Job {
  Target& target;
  Shard shard;
  std::uint64_t seed = 1;
  bool seed_given = false;  // by the user; else it is the default
  int parallel = 1;         // how many sessions may work at once
  Progress& progress;
  std::stop_token stop;  // a stop throws Error(interrupted) at the next safe point
};

/// What the user asked of a run, as far as a workload must know it.
struct RunOptions {
  Shard shard;
  std::uint64_t seed = 1;
  std::uint64_t clients = 0, sessions = 0;  // of this shard; 0: not given
  std::uint64_t all_clients = 0;            // of all shards; 0: not given
  std::uint64_t count = 0;                  // operations of this shard; 0: not given, or not from the first one on
  bool open_loop = false;
  bool seed_given = false;  // by the user; else it is the default
};

/// What a run came to, group by group in the order of Workload::groups, when the workload states its figures.
struct RunSummary {
  struct Phased {
    GroupStats measure;  // what counts
    GroupStats whole;    // all phases together: for cross-checks against the target
  };
  std::vector<Phased> groups;
  Nanos ramp{}, warmup{}, measure{};  // as they came out; measure is shorter than asked when the run was interrupted
  std::vector<Nanos> interval_ends;   // of whole measured intervals, since the start of the run
  /// interval_completed[g][o][i]: completions in the measured interval i; for the steady-state test.
  std::vector<std::vector<std::vector<std::uint64_t>>> interval_completed;
  Nanos interval{};
  bool partial = false;
  /// It is of all shards of a job, merged; what a workload counted itself is of its own shard only.
  bool of_whole_job = false;
};

struct Statements {             // what a workload says after a run
  std::vector<Figure> figures;  // what the workload is about first: the page shows three of them at its top
  std::vector<Requirement> requirements;
};

/// Rows of a table that was read to its end. What is extra was found and is none of those that were written.
struct TableCounts {
  std::string table;
  std::uint64_t found = 0, missing = 0, mismatched = 0, matched = 0;
  std::uint64_t expected() const noexcept { return missing + mismatched + matched; }
};

struct CheckOutcome {
  std::uint64_t conditions = 0;            // how many were looked at
  std::string looked_at = {};              // the same in words, where the number alone says too little
  std::vector<Finding> findings;           // those that do not hold; empty is good
  std::vector<TableCounts> tables = {};    // of a workload that looks at single rows
  std::optional<std::uint64_t> seed = {};  // that the data was made with, where it says so
};

class Workload {
 public:
  virtual ~Workload() = default;
  /// Makes the data (this shard's part), in parallel, resumable. Throws Error.
  virtual void prepare(Job&) = 0;
  /// Whether prepare() asks nothing of the target, as a dry run does: then nobody connects to it.
  virtual bool leaves_target_alone() const { return false; }
  /// Looks at the data in the target. What holds only right after a load is checked only as long as nothing ran against it:
  /// the workload remembers that. Throws Error when it cannot be checked.
  virtual CheckOutcome check(Job&) = 0;
  /// Removes what prepare made, also after a crash, and nothing else.
  virtual void cleanup(Job&) = 0;

  /// Throws Error when an option contradicts what the user asked of the run, or would have no effect in it. Asked before the
  /// target is.
  virtual void require_of_run(const RunOptions&) const {}
  /// The groups that a run will have, for who looks at names beforehand. Empty: known only when the target is asked.
  virtual std::vector<GroupShape> shape() const { return {}; }
  /// The groups of a run, for a target of this dialect (nullptr: no query facet). Throws Error: not prepared, more
  /// warehouses than loaded, an option that the target cannot have. May open a session to read what was loaded.
  virtual std::vector<Group> groups(Target&, const RunOptions&) = 0;
  /// Options whose value in the run was not what the user gave or the table says, but what another option, a preset or the
  /// prepared data decided: for the result. Asked after groups().
  virtual std::map<std::string, std::string> options_in_force() const { return {}; }
  /// Called right before the first and after the last operation, to read counters that the run is cross-checked with. Throw
  /// Error; conclude() is called also when after_run() did.
  virtual void before_run(Target&) {}
  virtual void after_run(Target&) {}
  virtual Statements conclude(const RunSummary&) { return {}; }
};

struct WorkloadInfo {
  std::string_view name, summary;
  std::vector<Facet> facets;  // any one of them will do
  std::span<const OptionSpec> options;
  std::vector<Facet> besides = {};  // used too
};

class WorkloadType {
 public:
  virtual ~WorkloadType() = default;
  virtual const WorkloadInfo& info() const noexcept = 0;
  /// Throws Error when the options contradict each other.
  virtual std::unique_ptr<Workload> make(const Options&) const = 0;
};

}  // namespace assay
