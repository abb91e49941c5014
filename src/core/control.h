// Changes a run while it goes on: the rate, schedule and clients of its groups, their removal, and groups that join it. For
// who drives a run from outside, an agent or a page, on another thread.
//
// A change is asked for at an instant of the run's time line and is carried out there on every thread; the instant of one
// that comes late is when it comes. Changes of a group are carried out in the order of their instants, whatever the order in
// which they were asked for. What was due before stays due, and is waited for. Each change is an event of the
// result, with what was before and after. Sessions of a group stay as they are: clients share them. Thread-safe.
#pragma once

#include "core/run.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
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

/// What is in force of a group, as it was changed so far.
struct GroupInForce {
  std::string schedule;  // in words
  std::uint64_t clients = 0;
  std::uint64_t changes = 0;
  Nanos changed_at{};  // the last time
  bool removed = false;
  /// Takes a change of it; what that changed, in words, is the text of its event: "kv: 500/s → 900/s, 4 → 8 clients".
  std::string take(const GroupChange&);
};

/// Events whose instants are still to come, until they are there.
class ComingEvents {
 public:
  void add(Event);
  /// Those before `until`, in the order of their instants.
  std::vector<Event> take(Nanos until);

 private:
  std::vector<Event> coming_;
};

/// Groups that join together: those of one workload, which may trigger each other.
struct GroupAddition {
  std::vector<GroupPlan> groups;  // their targets outlive the run
  Nanos at{};  // since the start of the run; 0: as soon as their sessions are open, never before that
  Nanos ramp_up{};
};

class RunControl {
 public:
  /// Throws Error: no such group (with those that there are) or one that is removed by then, a group that another one
  /// triggers, too few clients, a removal with anything else, the run is over, or has not begun.
  void change(GroupChange);
  /// Their sessions are opened while the run goes on; if one cannot be, none of the groups joins, and an event of the
  /// result says why. Throws Error: no groups or none with a schedule, no clients or sessions, a name that the run has or
  /// had, the run is over, or has not begun.
  void add(GroupAddition);
  /// Waits until the run begins, and answers when that is; nullopt: it is over, or the stop was requested.
  std::optional<TimePoint> wait_begun(const std::stop_token&);

 private:
  friend class ControlledRun;
  void require_running() const;
  struct Known {
    std::string name;
    bool triggered = false;
    std::uint64_t least_clients = 1;
    std::optional<Nanos> removed_at = {};
    bool joining = false;  // its sessions are being opened
  };
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;  // state_
  enum class State { not_begun, running, over } state_ = State::not_begun;
  TimePoint begin_{};
  std::vector<Known> groups_;
  std::vector<GroupChange> asked_;  // by their instants
  std::vector<GroupAddition> joining_;
};

/// The engine's end of it.
class ControlledRun {
 public:
  explicit ControlledRun(RunControl* control) : control_(control) {}
  ~ControlledRun() { end(); }
  ControlledRun(const ControlledRun&) = delete;
  ControlledRun& operator=(const ControlledRun&) = delete;

  /// A group that can be changed from now on.
  void add_group(const std::string& name, bool triggered, std::uint64_t least_clients);
  void begin(TimePoint);
  void end();
  /// What was asked for before this instant of the time line and was not taken yet, in the order of the instants.
  std::vector<GroupChange> take(Nanos until);
  std::vector<GroupAddition> take_additions();
  /// A group that was to join could not: its name is free again.
  void forget_group(const std::string& name);

 private:
  RunControl* control_;
};

}  // namespace assay
