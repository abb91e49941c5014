// What a run states beside its histograms: figures, requirements, events, findings, the verdict. Plain data, filled by
// the engine and the workloads, shown by every renderer without knowing which workload it was.
#pragma once

#include "base/time.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay {

/// A number with its unit and the formula it comes from.
struct Figure {
  std::string name;  // "nopm"
  double value = 0;
  std::string unit;       // "1/min", "%", "ms", "" for a plain number
  std::string formula;    // in words a reader can check: "committed New-Orders / measured minutes"
  bool available = true;  // false: shown as n/a with `formula` saying why
};

/// Something that the specification of the workload (or the user) asks for.
struct Requirement {
  enum class Verdict { pass, fail, not_applicable };
  std::string name;    // "new_order p90 response"
  std::string clause;  // where it is written: "TPC-C 5.2.5.3"
  std::string limit;   // as people read it: "≤ 5 s"
  std::string actual;  // "12.3 ms"
  Verdict verdict = Verdict::not_applicable;
  bool decides = false;  // true: a fail makes the run fail; false: it is only stated
  bool of_data = false;  // a fail says that the data in the target contradict the run, which is graver; not stored
};

/// A search for the highest rate at which a condition holds (core/rate_search.h): its steps, and what came of it.
struct RateSearchStep {
  double rate = 0;       // operations per second that were asked for
  double completed = 0;  // per second
  bool held = false;
  std::string why;  // the values of the condition, or why it was not looked at
  friend bool operator==(const RateSearchStep&, const RateSearchStep&) = default;
};
struct RateSearchFacts {
  std::string condition;
  std::vector<RateSearchStep> steps;
  double highest = 0;        // that held whenever it was tried; 0: none did
  double lowest_failed = 0;  // 0: none did
  std::uint64_t held = 0;    // how often the highest was tried
  bool complete = false;     // false: it was stopped, or ended for want of steps
  friend bool operator==(const RateSearchFacts&, const RateSearchFacts&) = default;
};

/// Something that happened at a point of the time line: an outage, a fault, a clock jump, lost sessions.
struct Event {
  Nanos at{};        // since the start of the run
  Nanos length{};    // 0: an instant
  std::string kind;  // one of kEventKinds
  std::string text;
};
/// unanswered: what was under way when the drain ended; stalled: assay stood still; change: of groups while the run went on.
/// agent_lost: until it was there again, or to the end.
inline constexpr std::array<std::string_view, 11> kEventKinds{"outage",     "sessions_lost", "unanswered", "stalled",
                                                              "clock_jump", "interrupted",   "aborted",    "steady",
                                                              "change",     "agent_lost",    "command"};

/// A consistency condition that does not hold.
struct Finding {
  std::string condition;          // "3.3.2.1"
  std::string text;               // what should hold
  std::vector<std::string> rows;  // some of the rows that violate it, as people read them
  std::uint64_t violations = 0;
};

/// A counter or gauge of the target, sampled on the time line of the run.
struct TargetSeries {
  std::string name, unit;
  bool counter = false;  // true: the values are totals since the first sample
  std::vector<std::pair<Nanos, double>> samples;
};

enum class Verdict { pass, fail, invalid };

}  // namespace assay
