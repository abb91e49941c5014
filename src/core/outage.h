// Tells an outage of a target from single lost sessions, over all groups that work on it. It is an outage when every session
// was lost, or when one was lost, was not let in again at once, and nothing that was begun after the loss has succeeded on
// another session; it lasts from the first loss until the first operation that was begun after it and succeeded. A server
// that goes down may still answer some after it dropped the first: when in the end every session was lost, it is an outage
// too if nothing that was begun after the first refusal succeeded before a lost session was open again. A session
// that was idle through an outage and is found lost behind it belongs to it. One that lasts to the end of the run is an outage
// when nothing succeeded after the first refusal, whoever idled and was not found lost. Otherwise sessions were lost, until all
// are open again. Thread-safe; called only when a session is lost, refused or open again, for successes while in_spell(), and
// for news().
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

  /// A session that last worked at `worked` is gone; `why` is what its operation was told. Times are the time line's.
  void lost(Nanos worked, Nanos at, const std::string& why);
  /// A lost session tried to come back and was not let in.
  void refused(Nanos at, const std::string& why);
  /// A lost session is open again.
  void reopened(Nanos at);
  /// An operation succeeded, on whichever session.
  void succeeded(Nanos sent, Nanos at);
  /// Whether something is lost and its event is not told yet; costs one load.
  bool in_spell() const noexcept { return in_spell_.load(std::memory_order_relaxed); }
  /// For who watches, what it was not told yet: an outage as it begins, and each that is over.
  std::vector<Event> news();
  /// The events so far; what is still out is told as lasting until `now`, which is the run's end when it is `over`.
  std::vector<Event> events(Nanos now, bool over = true) const;

 private:
  struct Spell {
    Nanos begin{}, end{};
    std::string why;
    std::size_t lost = 0;
    bool all_down = false, refused = false;
    bool answered = false;          // something that was begun in it succeeded
    Nanos refused_at{};             // for the first time
    bool answered_refused = false;  // begun after that, and succeeded before a lost session was open again
    bool reopened = false;
    Nanos answered_last{};  // when something last succeeded that was begun in it
    bool silent() const noexcept { return !answered && (all_down || refused); }
    bool silent_to_the_end() const noexcept {
      return silent() || (refused && !reopened && answered_last <= refused_at);
    }
    bool outage = false;  // once it is over
  };
  void begin(Nanos at, const std::string& why);
  void end(Nanos at);
  Event told(const Spell&) const;
  Event told_as_lasting(Nanos now, bool over) const;

  mutable std::mutex mutex_;
  std::size_t sessions_;
  std::size_t down_ = 0;  // sessions that are not open
  std::atomic<bool> in_spell_{false};
  Spell spell_;
  bool spell_told_ = false;
  std::vector<Spell> over_;
  std::size_t over_told_ = 0;
};

}  // namespace assay
