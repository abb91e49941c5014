// What is counted and timed of each operation, and how it is added up.
//
// A Recorder belongs to one thread. Everything in it merges by addition: over threads, intervals, agents. A percentile
// is computed once, at the end, from merged histograms.
//
// Two rules decide where an operation is counted (docs/measurement.md):
//   - its latency belongs to the phase in which it was *due*; operations due in `measure` are waited for in `drain`, so
//   a
//     stall at the end of the measured time is not cut off;
//   - throughput counts what *completed* inside the phase, whenever it was due.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "stats/histogram.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// The phases of a run, in order. Only `measure` counts for figures and verdict.
enum class Phase : std::uint8_t { ramp, warmup, measure, drain };
inline constexpr int kPhases = 4;
std::string_view to_string(Phase) noexcept;

/// The index of an operation in its group's list, and of a counter in its group's list.
enum class OperationId : std::uint16_t {};
enum class CounterId : std::uint16_t {};

/// All that is known of one operation of one group over some stretch of time.
struct OperationStats {
  Histogram response;           // due → end, of the operations that succeeded
  Histogram service;            // sent → end, likewise
  Histogram wait;               // no session (or client) was free: the target's doing
  Histogram lag;                // one was free and assay was late: our doing
  Histogram failed;             // due → end of the operations that failed
  std::uint64_t completed = 0;  // succeeded, and ended inside this stretch: what throughput is computed from
  std::uint64_t items = 0, bytes = 0;
  std::uint64_t retries = 0;
  std::uint64_t in_doubt = 0;
  std::array<std::uint64_t, kFailureKinds> failures{};

  std::uint64_t count() const noexcept { return response.count(); }
  std::uint64_t errors() const noexcept;
  void merge(const OperationStats&) noexcept;
  void clear() noexcept;
  bool empty() const noexcept;
};

/// The operations and counters of one group over some stretch of time.
struct GroupStats {
  explicit GroupStats(std::size_t operations = 0, std::size_t counters = 0)
      : operations(operations), counters(counters) {}
  std::vector<OperationStats> operations;  // by OperationId
  std::vector<std::uint64_t> counters;     // by CounterId: what the workload counts beside operations
  void merge(const GroupStats&) noexcept;
  void clear() noexcept;
  bool empty() const noexcept;
};

/// How one operation went.
struct Completion {
  TimePoint due, sent, end;
  Nanos wait{}, lag{};
  std::uint32_t retries = 0;
  std::uint64_t items = 1, bytes = 0;
};

/// An interval of the time line, closed: what ended in it, and what was due in an earlier phase (kept apart by phase).
struct Interval {
  Interval(std::size_t operations, std::size_t counters) : stats(operations, counters) {}
  std::int64_t index = 0;  // counted from the start of the run
  Phase phase = Phase::measure;
  GroupStats stats;                    // due in `phase` and ended in the interval
  std::map<Phase, GroupStats> strays;  // due in an earlier phase, ended in the interval
  void clear() noexcept;
};

/// The failures that were seen, by operation, kind and native code, with the first message of each. Bounded.
struct FailureSample {
  std::uint16_t operation = 0;
  FailureKind kind = FailureKind::rejected;
  std::string native_code, message;
  std::uint64_t count = 0;
};
class FailureLog {
 public:
  static constexpr std::size_t kMost = 64;  // different (operation, kind, native code); the rest is counted together
  FailureLog() = default;
  /// As it was told once: samples() and others() of another one.
  FailureLog(std::vector<FailureSample> samples, std::uint64_t others)
      : samples_(std::move(samples)), others_(others) {}
  void add(OperationId, const Failure&);
  void merge(const FailureLog&);
  const std::vector<FailureSample>& samples() const noexcept { return samples_; }
  std::uint64_t others() const noexcept { return others_; }

 private:
  void add(const FailureSample&);
  std::vector<FailureSample> samples_;
  std::uint64_t others_ = 0;
};

}  // namespace assay
