// From the thread that measures to the one that collects: intervals, handed over when they close, without loss.
//
// A Recorder belongs to one thread and one group. When an interval (or a phase) ends it hands the filled buffer to its
// Mailbox and takes an empty one; the collector empties mailboxes and gives buffers back. The hand-over locks for the
// time of a pointer swap, between operations, about once a second. A thread that waits inside a library cannot close an
// interval in time: its Recorder is `shared`, and the collector closes it; then each record takes a lock that nobody else wants.
#pragma once

#include "core/phases.h"
#include "stats/recorder.h"

#include <memory>
#include <mutex>
#include <vector>

namespace assay {

class Recorder;

/// Thread-safe.
class Mailbox {
 public:
  Mailbox(std::size_t operations, std::size_t counters) : operations_(operations), counters_(counters) {}
  std::size_t operations() const noexcept { return operations_; }

  std::unique_ptr<Interval> empty_interval();
  void hand_over(std::unique_ptr<Interval> filled);
  std::vector<std::unique_ptr<Interval>> collect();
  void give_back(std::unique_ptr<Interval>);
  void add(OperationId, const Failure&);
  FailureLog failures() const;
  /// Closes the intervals of shared recorders that ended before `until`.
  void close_shared(TimePoint until);

 private:
  friend class Recorder;
  const std::size_t operations_, counters_;
  std::mutex sharing_;  // before that of a Recorder, which is before the next
  std::vector<Recorder*> shared_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Interval>> filled_, empty_;
  FailureLog failures_;
};

class Recorder {
 public:
  Recorder(const Phases& phases, Nanos interval, Mailbox& mailbox, bool shared = false);
  ~Recorder();  // hands over what is left
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  [[gnu::hot]] void succeeded(OperationId operation, const Completion& c) noexcept {
    const Hold hold(*this);
    OperationStats& stats = stats_for(operation, c.due, c.end);
    stats.response.record(c.end - c.due);
    stats.service.record(c.end - c.sent);
    stats.wait.record(c.wait);
    stats.lag.record(c.lag);
    stats.items += c.items;
    stats.bytes += c.bytes;
    stats.retries += c.retries;
    current_->stats.operations[static_cast<std::size_t>(operation)].completed++;
  }
  /// Counted by kind, never as throughput; its time goes into the histogram of failures.
  void failed(OperationId, const Completion&, const Failure&);
  /// A nested operation, or one that another process started: no wait, no lag.
  void timed(OperationId, TimePoint due, TimePoint end) noexcept;
  void count(CounterId, std::uint64_t n, TimePoint due, TimePoint end) noexcept;
  /// Closes the interval when `now` is past its end. Called with each record, and by loops now and then.
  void roll(TimePoint now) {
    const Hold hold(*this);
    roll_held(now);
  }
  /// When the interval closes.
  TimePoint closes() const noexcept { return interval_end_; }

 private:
  /// Locks when it is shared.
  class Hold {
   public:
    explicit Hold(Recorder& recorder) : mutex_(recorder.shared_ ? &recorder.mutex_ : nullptr) {
      if (mutex_ != nullptr) mutex_->lock();
    }
    ~Hold() {
      if (mutex_ != nullptr) mutex_->unlock();
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    std::mutex* const mutex_;
  };
  void roll_held(TimePoint now) {
    if (now >= interval_end_ || (measuring_ && now >= phases_.measure_end())) begin_interval(now);
  }
  GroupStats& group_for(TimePoint due, TimePoint end) {
    roll_held(end);
    if (due >= phase_begin_) return current_->stats;
    return stray(due);
  }
  OperationStats& stats_for(OperationId operation, TimePoint due, TimePoint end) {
    return group_for(due, end).operations[static_cast<std::size_t>(operation)];
  }
  GroupStats& stray(TimePoint due);
  void begin_interval(TimePoint now);

  const Phases& phases_;
  const Nanos interval_;
  Mailbox& mailbox_;
  std::unique_ptr<Interval> current_;
  TimePoint interval_end_{}, phase_begin_{};
  bool measuring_ = false;
  const bool shared_;
  std::mutex mutex_;
};

}  // namespace assay
