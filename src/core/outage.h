// Tells an outage of the target from single lost sessions. It is an outage when every session was lost, or when one was
// lost and the target did not let it come back at once; it lasts from the first loss until the first operation that
// succeeded on a reopened session. Thread-safe; called only when a session is lost, refused, or works again.
#pragma once

#include "base/time.h"
#include "stats/facts.h"

#include <mutex>
#include <string>
#include <vector>

namespace assay {

class OutageTracker {
 public:
  OutageTracker(std::string group, std::size_t sessions) : group_(std::move(group)), sessions_(sessions) {}

  /// A session that worked is gone; `why` is what its operation or its reopening was told. `at` is the time line's.
  void lost(Nanos at, const std::string& why);
  /// A lost session tried to come back and was not let in.
  void refused();
  /// A lost session is open again.
  void reopened(Nanos at);
  /// The first operation on a reopened session succeeded.
  void worked(Nanos at);
  /// The events so far; what is still out is told as lasting until `now`.
  std::vector<Event> events(Nanos now) const;

 private:
  const std::string group_;
  const std::size_t sessions_;
  mutable std::mutex mutex_;
  std::size_t down_ = 0;  // sessions that are not open
  bool spell_ = false;    // something was lost, and its event is not told yet
  bool outage_ = false;   // … and it is an outage
  std::size_t lost_in_spell_ = 0;
  Nanos spell_begin_{};
  std::string why_;
  std::vector<Event> events_;
};

}  // namespace assay
