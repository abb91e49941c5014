// A crew: the slots of one group that share a roster, and how they wait for the next operation to be due.
//
// FiberCrew lives on one event loop and needs no lock. ThreadCrew has a thread per session and a lock around the
// roster, held between operations only. Both go through the same states: open the sessions, start, work until the
// roster is over, end.
#pragma once

#include "core/slot.h"
#include "runtime/loop.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace assay {

/// Told by crews, from their threads; counts what the engine waits for. Thread-safe.
class Muster {
 public:
  explicit Muster(std::size_t slots) : opening_(slots) {}
  void opened(const Result<>&);  // one slot has opened its session, or could not
  /// Waits until all have; the first failure, if any. When a stop is requested meanwhile, calls `cancel` once and goes on
  /// waiting.
  std::optional<Failure> wait_opened(const std::stop_token& stop, const std::function<void()>& cancel);
  /// The same without waiting: whether all have, and the first failure so far.
  bool all_opened() const;
  std::optional<Failure> failure() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t opening_;
  std::optional<Failure> failure_;
};

class Crew {
 public:
  virtual ~Crew() = default;
  /// All slots are open: work, from `begin` on. Called once, from the engine's thread.
  virtual void start(const Phases&, TimePoint begin, Nanos ramp_up, Nanos interval) = 0;
  /// Ends without having started.
  virtual void dismiss() = 0;
  /// Makes an operation due. From any thread; a FiberCrew on its own loop takes it at once.
  virtual void trigger(std::uint64_t payload, TimePoint due) = 0;
  /// Begins at most `operations` that are due at or after `from`.
  virtual void limit(TimePoint from, std::uint64_t operations) = 0;
  /// Nothing that is due at or after `end` is begun any more.
  virtual void close(TimePoint end) = 0;
  virtual void change(Roster::Change) = 0;
  /// Nobody will trigger any more: a triggered crew ends when its queue is empty.
  virtual void no_more_triggers() = 0;
  /// Whether every slot has ended. Thread-safe.
  virtual bool ended() const = 0;
  /// After ended(): when the last slot did.
  virtual TimePoint ended_at() const = 0;
  /// The drain is over: what is under way is cancelled, what was due and not begun is recorded as timed out.
  virtual void cancel() = 0;
  /// After ended(): how many were due and never begun.
  virtual std::uint64_t abandoned() const = 0;
};

using TriggerFunction = std::function<void(std::size_t group, std::uint64_t payload, TimePoint due)>;

class FiberCrew final : public Crew {
 public:
  /// Called before the loop runs; spawns `sessions` fibers on it.
  FiberCrew(runtime::Loop& loop, GroupRun& group, std::unique_ptr<Roster> roster, std::size_t sessions, Muster& muster,
            TriggerFunction trigger, std::uint64_t seed);
  ~FiberCrew() override;
  void start(const Phases&, TimePoint begin, Nanos ramp_up, Nanos interval) override;
  void dismiss() override;
  void trigger(std::uint64_t payload, TimePoint due) override;
  void limit(TimePoint from, std::uint64_t operations) override;
  void close(TimePoint end) override;
  void change(Roster::Change) override;
  void no_more_triggers() override;
  bool ended() const override { return working_.load() == 0; }
  TimePoint ended_at() const override { return ended_at_.load(); }
  void cancel() override;
  std::uint64_t abandoned() const override { return abandoned_; }

 private:
  void serve(Slot& slot, Muster& muster);
  void work(Slot& slot);
  void wake_for_due(TimePoint now);
  void wake_all();
  void abandon();
  bool over() const noexcept { return roster_->over() && (!roster_triggered_ || no_more_triggers_); }

  runtime::Loop& loop_;
  GroupRun& group_;
  std::unique_ptr<Roster> roster_;
  const bool roster_triggered_;
  Slot::Environment environment_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::deque<runtime::Loop::Task*> idle_;
  std::vector<runtime::Loop::Task*> mustered_;
  runtime::Alarm alarm_;  // when the next operation is due and a slot is idle
  runtime::Alarm roll_;   // closes intervals while nothing completes
  const Phases* phases_ = nullptr;
  std::optional<Recorder> recorder_;
  bool dismissed_ = false, no_more_triggers_ = false, abandoned_done_ = false;
  std::uint64_t abandoned_ = 0;
  std::atomic<std::size_t> working_;
  std::atomic<TimePoint> ended_at_{};
};

class ThreadCrew final : public Crew {
 public:
  ThreadCrew(const Clock& clock, GroupRun& group, std::unique_ptr<Roster> roster, std::size_t sessions, Muster& muster,
             TriggerFunction trigger, std::uint64_t seed);
  ~ThreadCrew() override;
  void start(const Phases&, TimePoint begin, Nanos ramp_up, Nanos interval) override;
  void dismiss() override;
  void trigger(std::uint64_t payload, TimePoint due) override;
  void limit(TimePoint from, std::uint64_t operations) override;
  void close(TimePoint end) override;
  void change(Roster::Change) override;
  void no_more_triggers() override;
  bool ended() const override { return working_.load() == 0; }
  TimePoint ended_at() const override { return ended_at_.load(); }
  void cancel() override;
  std::uint64_t abandoned() const override { return abandoned_; }

 private:
  void serve(Slot& slot, Muster& muster);
  void work(Slot& slot, Recorder& recorder);
  void wait_for_due(std::unique_lock<std::mutex>&);
  bool sleep_until(TimePoint);
  bool over() const noexcept { return roster_->over() && (!roster_triggered_ || no_more_triggers_); }

  const Clock& clock_;
  GroupRun& group_;
  std::unique_ptr<Roster> roster_;
  const bool roster_triggered_;
  Slot::Environment environment_;
  std::vector<std::unique_ptr<Slot>> slots_;
  mutable std::mutex mutex_;  // guards all below and the roster
  std::condition_variable changed_;
  const Phases* phases_ = nullptr;
  Nanos interval_{};
  bool leader_ = false;  // one idle thread waits for the next due time, the others for it
  std::condition_variable led_;
  std::condition_variable stopped_;  // ends back-off
  bool dismissed_ = false, cancelled_ = false, no_more_triggers_ = false;
  std::uint64_t abandoned_ = 0;
  std::atomic<std::size_t> working_;
  std::atomic<TimePoint> ended_at_{};
  std::vector<std::jthread> threads_;
};

}  // namespace assay
