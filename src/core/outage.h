// Tells an outage of a target from single lost sessions, over all groups that work on it. It is an outage when every session
// was lost, or when one was lost, was not let in again at once, and nothing that was begun after the loss has succeeded on
// another session; it lasts from the first loss until the first operation that was begun after it and succeeded. Otherwise
// sessions were lost, until all are open again. Thread-safe; called only when a session is lost, refused or open again, and
// for successes while in_spell().
#pragma once

#include "base/time.h"
#include "stats/facts.h"

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

namespace assay {

class OutageTracker {
 public:
  explicit OutageTracker(std::size_t sessions) : sessions_(sessions) {}
  void add_sessions(std::size_t sessions);

  /// A session that worked is gone; `why` is what its operation or its reopening was told. `at` is the time line's.
  void lost(Nanos at, const std::string& why);
  /// A lost session tried to come back and was not let in.
  void refused();
  /// A lost session is open again.
  void reopened(Nanos at);
  /// An operation succeeded, on whichever session.
  void succeeded(Nanos sent, Nanos at);
  /// Whether something is lost and its event is not told yet; costs one load.
  bool in_spell() const noexcept { return in_spell_.load(std::memory_order_relaxed); }
  /// The events so far; what is still out is told as lasting until `now`.
  std::vector<Event> events(Nanos now) const;

 private:
  bool silent() const noexcept { return !answered_ && (all_down_ || refused_); }
  void end(Nanos at, bool outage);

  mutable std::mutex mutex_;
  std::size_t sessions_;
  std::size_t down_ = 0;  // sessions that are not open
  std::atomic<bool> in_spell_{false};
  // Of the spell:
  bool all_down_ = false, refused_ = false;
  bool answered_ = false;  // something that was begun in it succeeded
  std::size_t lost_ = 0;
  Nanos begin_{};
  std::string why_;
  std::vector<Event> events_;
};

}  // namespace assay
