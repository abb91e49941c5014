// What happens to a task, as numbered events that any number of readers follow: server-sent events are made of it.
//
// Bounded: the oldest events are forgotten, and a reader that asks for them goes on with the oldest there is. Thread-safe.
#pragma once

#include "base/time.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

namespace assay::agent {

class EventLog {
 public:
  struct Event {
    std::uint64_t id = 0;
    std::string kind, data;  // data: one line of JSON
  };
  explicit EventLog(std::size_t most = 4000) : most_(most) {}

  void add(std::string kind, std::string data);
  /// Nothing more comes.
  void close();
  /// Events behind `id`; waits for one at most `patience`. Empty: none came.
  std::vector<Event> after(std::uint64_t id, Nanos patience) const;
  /// Closed, and nothing is behind `id`.
  bool ended(std::uint64_t id) const;
  std::uint64_t last() const;

  /// Somebody who follows the log as long as this lives, so that its end waits for him.
  class Follower {
   public:
    explicit Follower(const EventLog& log);
    ~Follower();
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

   private:
    const EventLog& log_;
  };
  /// Waits until nobody follows it; false: `patience` was over before that.
  bool wait_unfollowed(Nanos patience) const;

 private:
  const std::size_t most_;
  mutable std::mutex mutex_;
  mutable std::condition_variable came_, left_;
  mutable int followers_ = 0;
  std::deque<Event> events_;
  std::uint64_t last_ = 0;
  bool closed_ = false;
};

}  // namespace assay::agent
