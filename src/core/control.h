// Changes a run while it goes on: the rate, schedule and clients of its groups, and their removal. For who drives a run
// from outside, an agent or a page, on another thread.
//
// A change is asked for at an instant of the run's time line and is carried out there on every thread; the instant of one
// that comes late is when it comes. What was due before stays due, and is waited for. Each change is an event of the
// result, with what was before and after. Sessions stay as they are: clients share them. Thread-safe.
#pragma once

#include "core/schedule.h"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace assay {

struct GroupChange {
  std::string group;
  Nanos at{};                                 // since the start of the run; 0: now
  std::optional<Schedule> schedule = {};      // from then on; a profile begins at `at`
  std::optional<std::uint64_t> clients = {};  // of this process; at least one for each event loop of the group
  bool remove = false;                        // nothing of it falls due any more
};

class RunControl {
 public:
  /// Throws Error: no such group (with those that there are) or one that was removed, a group that another one triggers,
  /// too few clients, the run is over, or has not begun.
  void change(GroupChange);

 private:
  friend class ControlledRun;
  struct Known {
    std::string name;
    bool triggered = false;
    std::uint64_t least_clients = 1;
    bool removed = false;
  };
  mutable std::mutex mutex_;
  enum class State { not_begun, running, over } state_ = State::not_begun;
  std::vector<Known> groups_;
  std::vector<GroupChange> asked_;
};

/// The engine's end of it.
class ControlledRun {
 public:
  explicit ControlledRun(RunControl* control) : control_(control) {}
  ~ControlledRun() { end(); }
  ControlledRun(const ControlledRun&) = delete;
  ControlledRun& operator=(const ControlledRun&) = delete;

  void add_group(std::string name, bool triggered, std::uint64_t least_clients);
  void begin();
  void end();
  /// What was asked for since the last call.
  std::vector<GroupChange> take();

 private:
  RunControl* control_;
};

}  // namespace assay
