// What a run is asked to do (RunPlan) and what came of it (RunOutcome). The engine (engine.h) turns one into the other.
#pragma once

#include "core/driver.h"
#include "core/schedule.h"
#include "core/workload.h"
#include "stats/facts.h"
#include "stats/recorder.h"
#include "stats/series.h"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// Operations that fail with `conflict` or `overloaded` are tried again, inside their response time.
struct RetryPolicy {
  int most = 10;                               // tries beyond the first
  Nanos first = std::chrono::milliseconds(1);  // the back-off before try n is uniform in [0, min(cap, first · 2ⁿ)]
  Nanos cap = std::chrono::milliseconds(500);
};

struct GroupPlan {
  Group group;
  Target* target = nullptr;
  Waiting waiting = Waiting::thread;
  Schedule schedule;
  std::uint64_t clients = 1;   // of this process
  std::uint64_t sessions = 1;  // likewise
  /// The first group of its workload in the plan, from which the workload counts those that it triggers.
  std::size_t first_of_workload = 0;
};

struct RunPlan {
  std::vector<GroupPlan> groups;
  Nanos ramp_up{}, warmup{};
  Nanos duration = std::chrono::seconds(15);  // Nanos::max(): until `count`, or stopped
  std::uint64_t count = 0;                 // of this process; 0: no limit. Measured operations of the scheduled groups
  Nanos drain = std::chrono::seconds(10);  // how long operations that were due in `measure` are waited for
  Nanos interval = std::chrono::seconds(1);
  Shard shard;
  std::uint64_t seed = 1;
  int threads = 1;  // event loops, for sessions that wait on a descriptor
  RetryPolicy retry;
  /// Asked, once all sessions are open, for the instant at which the run begins; it may wait, until the stop is requested.
  /// One that is over means now. What it throws ends the run before it began. Without it the run begins at once.
  std::function<TimePoint(std::stop_token)> gate = {};
};

struct GroupOutcome {
  std::array<GroupStats, kPhases> phases;  // by the phase in which the operation was due
  Series series;
  FailureLog failures;
  std::uint64_t abandoned = 0;    // due, and never sent before the drain ended; counted as timeouts
  std::uint64_t round_trips = 0;  // of all sessions, in the whole run
};

struct RunCost {
  double cpu_seconds = 0;  // user and system, of the process, in `measure`
  double operations = 0;   // that completed in `measure`
  std::uint64_t peak_rss_bytes = 0;
  double busiest_loop = 0;  // CPU share of the busiest event-loop thread in `measure`; 0 without loops
  std::uint32_t loops = 0, io_uring_loops = 0;  // event-loop threads, and how many of them used io_uring
};

struct RunOutcome {
  std::vector<GroupOutcome> groups;  // those of the plan, then those that joined
  std::vector<GroupPlan> joined;     // the plans of the latter
  std::vector<Event> events;
  std::vector<TargetSeries> target_series;
  std::vector<std::string> invalid;  // why the figures cannot be trusted; empty: they can
  std::vector<std::string> warnings;
  WallTime started{}, ended{};
  Nanos ramp_up{}, warmup{}, measure{}, drain{};  // as they came out
  RunCost cost;
  bool partial = false;       // stopped before its time
  bool of_whole_job = false;  // merged of all shards
};

/// What the live display shows; made about once a second.
struct LiveGroup {
  std::string name;
  double rate = 0;            // completions per second
  Nanos p50{}, p99{}, max{};  // of response
  std::uint64_t errors = 0, retries = 0;
};
/// One of several agents that carry out a run together.
struct LiveAgent {
  enum class State { running, lost, ended };
  std::string name;
  State state = State::running;
  double rate = 0, error_rate = 0;  // completions and failures per second, over the last interval
  Nanos p99_lag{};                  // likewise
  std::optional<double> cpu;        // processors that it kept busy, likewise; nullopt: it did not tell
  Nanos clock_offset{};             // its clock minus the coordinator's
};
inline std::string_view to_string(LiveAgent::State state) noexcept {
  constexpr std::string_view kNames[] = {"running", "lost", "ended"};
  return kNames[static_cast<std::size_t>(state)];
}

struct Live {
  Phase phase = Phase::ramp;
  Nanos since_start{}, left{};               // left: Nanos::max() when unknown
  std::vector<LiveGroup> groups;             // over the last interval
  std::uint64_t operations = 0, errors = 0;  // since the start of the run
  std::vector<LiveAgent> agents;             // empty: this process alone
};

/// What was measured until now: whole intervals, as far as they were handed over. A view, for the time of a call.
struct SoFar {
  const std::vector<GroupOutcome>& groups;  // without what is known only at the end: abandoned, failures, round trips
  std::vector<Event> events;                // those under way too, with their length so far
  Nanos measure_begin{};                    // since the start of the run
  Nanos measured{};                         // since then
};

/// Why a run ends before its time.
struct Ending {
  std::string kind, text;  // of the event
  bool partial = false;    // something went wrong; false: it has what it was to have
};

/// Told of a run while it goes on, from the engine's collecting thread.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void live(const Live&) {}
  virtual void event(const Event&) {}
  /// A piece of the time line of the plan's n-th group, as it is added to the outcome: several of one interval add up.
  virtual void interval(std::size_t /*group*/, const Interval&) {}
  /// Asked once an interval of the measured time, shortly after it ended; an answer ends the measured time.
  virtual std::optional<Ending> ends_for(const SoFar&) { return std::nullopt; }
};

}  // namespace assay
