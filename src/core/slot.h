// A session slot: opens its session, carries out leased operations on it one after the other, times and records them,
// retries, and reopens the session when it was lost. The measured operation is Slot::perform.
//
// A Slot is used by one fiber or thread.
#pragma once

#include "base/random.h"
#include "core/context.h"
#include "core/outage.h"
#include "core/recording.h"
#include "core/roster.h"
#include "core/run.h"
#include "core/standstill.h"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

namespace assay {

/// What the slots of one group share. Made by the engine; thread-safe.
struct GroupRun {
  GroupRun(const GroupPlan& plan, const RetryPolicy& retry, const Standstills& standstills, OutageTracker& outages)
      : plan(plan),
        retry(retry),
        standstills(standstills),
        mailbox(plan.group.operations.size(), plan.group.counters.size()),
        outages(outages) {}
  const GroupPlan& plan;
  const RetryPolicy& retry;
  const Standstills& standstills;
  Mailbox mailbox;
  OutageTracker& outages;  // of its target
  std::atomic<std::uint64_t> round_trips{0};
};

class Slot final : public Context {
 public:
  /// What a slot needs of the fiber or thread it lives on.
  struct Environment {
    const Clock& clock;
    std::function<bool(TimePoint)> sleep_until;  // false: the run is over
    std::function<void(std::size_t group, std::uint64_t payload, TimePoint due)> trigger;
  };
  Slot(GroupRun& group, const Environment& environment, std::uint64_t seed);
  ~Slot() override;

  /// One attempt to open the session; before the start.
  Result<> open();
  /// From the start on.
  void start(const Phases& phases, Recorder& recorder) noexcept;
  /// Carries out one operation; answers when it ended. `now` is the clock's, just read.
  TimePoint perform(const Roster::Lease&, TimePoint now);
  /// Whether the session works; if not, reopens it with back-off, and `now` is when it was open. False: the run is over.
  bool ready(TimePoint& now);
  /// Ends the call under way on the session, if its driver can. From any thread.
  void interrupt() noexcept;

  void count(CounterId, std::uint64_t n) noexcept override;
  TimePoint now() const noexcept override { return environment_.clock.now(); }
  void record(OperationId, TimePoint due, TimePoint end) noexcept override;
  void trigger(std::size_t group, std::uint64_t payload) override;

 private:
  Result<> attempt(const Roster::Lease&);
  bool back_off(int tries);
  void lose_session(TimePoint worked, const Failure&);
  void close_session() noexcept;
  Nanos on_time_line(TimePoint t) const noexcept { return t - phases_->start(); }

  GroupRun& group_;
  const Environment& environment_;
  Random random_;
  std::unique_ptr<Session> owned_;
  std::mutex session_mutex_;  // guards the session's existence against interrupt()
  const Phases* phases_ = nullptr;
  Recorder* recorder_ = nullptr;
  TimePoint free_since_{};
  std::vector<std::uint64_t> counts_;
  bool counted_ = false;
};

}  // namespace assay
