// That a run is under way, noted in the target, so that two runs on the same data know of each other: one that is held against
// what the target counted meanwhile, and one that must be alone, such as a load.
//
// Each run keeps an entry in assay_meta, `run/ID` = its shard, a counter and its process, as `INDEX/COUNT BEAT PROCESS`. The
// counter is raised every kBeat by a thread with a session of its own; `ended/ID` is put when it is over. A run that was killed
// never ends, but its process is gone, as who is on the same machine sees at once, and its counter stands still: a run that
// begins looks at the counters of the others until each has moved, and removes those that did not move for kPatience. No
// clocks are compared. What such a run did lies before the numbers
// that the next one begins with. One that dies later, in the middle of another run, has still grown the numbers of
// that: it counts as another run there. When nobody else is under way, the entries of runs that ended are removed.
#pragma once

#include "core/driver.h"
#include "core/meta.h"
#include "core/shard.h"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace assay {

class RunMark {
 public:
  static constexpr Nanos kBeat = std::chrono::seconds(2);
  /// Longer than a live run is without a beat: a period, and a write that waits for others' locks.
  static constexpr Nanos kPatience = std::chrono::seconds(6);

  /// `owner`: the workload whose entries in assay_meta they are.
  explicit RunMark(std::string_view owner);
  RunMark(const RunMark&) = delete;
  RunMark& operator=(const RunMark&) = delete;
  /// Ends the mark when end() was not called, as far as the target lets it.
  ~RunMark();

  /// How many runs are under way, for who has no mark. Watches up to kPatience when there are marks without an end. Throws
  /// Error.
  static std::size_t count_under_way(Session&, std::string_view owner);

  /// Before the counters are read for the first time. Waits up to kPatience when a run left a mark without an end. The
  /// target must outlive this. Throws Error.
  void begin(Target&, Session&, Shard);
  /// After begin(): how many other runs were under way then, likewise.
  std::size_t others() const;
  /// After the counters were read for the last time. Answers how many other runs were under way meanwhile: not those of the
  /// other shards of this job, which work on warehouses of their own. Throws Error.
  std::size_t end(Session&);
  /// Instead of end(), for who has left nothing that another one could have counted: no trace of it stays. Throws Error.
  void withdraw(Session&);
  /// The target is gone: the mark stays, and the next run finds that it does not beat.
  void abandon() noexcept { marked_ = false; }

 private:
  using Beats = std::map<std::string, std::string>;  // value by ID

  /// Marks that have no end, but for our own.
  Beats under_way(Meta&) const;
  /// Those of under_way() that do not move.
  std::set<std::string> the_dead(Meta&) const;
  void keep_alive(const std::stop_token&, Target&);
  void stop_beating();
  bool own_job(std::string_view value) const;

  std::string value(std::uint64_t beat) const;

  const std::string owner_, process_;
  std::string id_;
  Shard shard_;
  Beats alive_;                  // others that were under way when this one began
  std::set<std::string> ended_;  // those that had ended by then
  bool marked_ = false;          // there is a mark of ours to be ended
  Target* target_ = nullptr;

  std::mutex mutex_;  // guards beating_
  std::condition_variable_any wake_;
  std::unique_ptr<Session> beating_;  // the thread's session
  std::jthread thread_;
};

}  // namespace assay
