// Groups that open their sessions and start together: their event loops, their crews, and the trigger between them. A run
// has one set from its plan, and one more for each addition while it goes on.
//
// States: opening (from construction), then start() or dismiss(), and ended. Used by the engine's thread.
#pragma once

#include "core/crew.h"

#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

namespace assay {

/// An event loop on a thread of its own, and how busy it was.
class LoopThread {
 public:
  explicit LoopThread(const Clock& clock) : loop_(clock) {}
  runtime::Loop& loop() noexcept { return loop_; }
  void run();
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  double cpu_seconds() const;

 private:
  runtime::Loop loop_;
  clockid_t cpu_clock_{};
  std::atomic<double> cpu_at_end_{0};
  std::latch started_{1};
  std::jthread thread_;
};

class GroupSet {
 public:
  /// Begins to open the sessions. `number` is the set's in the run: its draws differ from those of the others. The groups
  /// and what their plans name must outlive it.
  GroupSet(std::span<const std::unique_ptr<GroupRun>> groups, const RunPlan& plan, const Clock& clock,
           std::uint64_t number);
  ~GroupSet() { dismantle(); }

  /// How many groups there are, and the crews of one: one for each event loop, or one for all its threads.
  std::size_t groups() const noexcept { return crews_.size(); }
  bool triggered(std::size_t group) const noexcept { return groups_[group]->plan.group.triggered; }
  std::span<const std::unique_ptr<Crew>> crews(std::size_t group) const noexcept { return crews_[group]; }
  Muster& muster() noexcept { return muster_; }
  std::span<const std::unique_ptr<LoopThread>> loops() const noexcept { return loops_; }

  /// All sessions are open: work, from `begin` on. `count`: of each scheduled group, at most so many operations of the
  /// measured time; 0: no limit.
  void start(const Phases&, TimePoint begin, Nanos ramp_up, Nanos interval, std::uint64_t count);
  /// Nothing of the scheduled groups falls due any more at or after `end`.
  void close(TimePoint end);
  void no_more_triggers();
  void cancel();
  void dismiss();
  /// Waits for the threads and hands over what was recorded. Nothing is asked of the set afterwards.
  void dismantle();

  bool scheduled_ended() const;
  bool ended() const;
  /// After scheduled_ended(): when the last of the scheduled groups did.
  TimePoint last_end() const;
  std::uint64_t abandoned(std::size_t group) const;

  /// Which part of the whole job's schedule thread `thread` of `threads` takes: together exactly the whole.
  static Shard part_of(const Shard& process, std::uint32_t thread, std::uint32_t threads) noexcept {
    return {process.index + process.count * thread, process.count * threads};
  }

 private:
  std::unique_ptr<Roster> make_roster(const GroupPlan&, const RunPlan&, Shard threads) const;

  std::vector<GroupRun*> groups_;
  const std::uint64_t number_;
  Muster muster_;  // a slot that just reported may still be leaving it: it outlives them
  std::vector<std::unique_ptr<LoopThread>> loops_;
  std::vector<std::vector<std::unique_ptr<Crew>>> crews_;  // by group, then by thread
};

}  // namespace assay
