// An agent of a run: its task, its clock, whether it is lost, what it came to.
#pragma once

#include "base/time.h"
#include "results/document.h"
#include "stats/recorder.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace assay::coordinator {

/// What an agent did in the measured time, of operations that count.
struct MeasuredShare {
  std::uint64_t completed = 0, errors = 0;
  Histogram lag;
  void add(const OperationStats& stats) {
    completed += stats.completed;
    errors += stats.errors();
    lag.merge(stats.lag);
  }
};

struct Member {
  std::string name = {}, task = {};  // task: the ID of the one under way
  std::string lost = {};             // why; empty: it is there
  std::optional<TimePoint> lost_since = {};
  TimePoint answered{};
  std::uint64_t seen = 0;  // number of the last piece
  std::string state = {};
  Nanos clock_offset{}, clock_error{};
  std::optional<WallTime> told_begin = {};  // the instant to begin at, by its own clock
  MeasuredShare told = {};                  // by one that is lost, until then
  std::optional<Document> result = {};

  /// Before its next run: all but who it is is forgotten.
  void begin_anew() { *this = {.name = std::move(name), .clock_offset = clock_offset, .clock_error = clock_error}; }
};

/// Whether a task in the form of the API (docs/agent.md) has.
inline bool has_ended(const nlohmann::json& task) {
  const std::string state = task.value("state", "");
  return state == "done" || state == "failed" || state == "stopped";
}

/// What several agents said that went wrong, a line for each.
class Failures {
 public:
  void add(const std::string& agent, const std::string& text) {
    text_ += (text_.empty() ? "agent " : "\nagent ") + agent + ": " + text;
  }
  bool none() const noexcept { return text_.empty(); }
  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

}  // namespace assay::coordinator
