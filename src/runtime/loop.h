// One thread's event loop: fibers over epoll, and over io_uring (ring.h) what they transfer(). Only here is epoll, and the one
// primitive that wakes a loop from other threads (an eventfd behind post()).
//
// A Loop is used by the thread that calls run(); post() and cancel() may be called from any thread.
#pragma once

#include "base/time.h"
#include "runtime/fiber.h"
#include "runtime/ring.h"
#include "runtime/wait.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <queue>
#include <string>
#include <vector>

namespace assay::runtime {

/// A time at which the loop calls `fire`; `at` may be changed any time by the loop's thread. TimePoint::max() is never.
struct Alarm {
  TimePoint at = TimePoint::max();
  std::function<void()> fire;  // sets `at` anew
};

class Loop {
 public:
  /// With `automatic`, io_uring is used where the kernel and its administrator let us, unless the environment has
  /// ASSAY_IO_URING=off.
  enum class Transfers { automatic, none };
  explicit Loop(const Clock& clock = real_clock(), Transfers = Transfers::automatic);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Makes a fiber that starts at the loop's next turn. `body` must not throw. From the loop's thread, or before run().
  void spawn(std::function<void()> body);
  /// Runs until every fiber has ended.
  void run();
  /// Calls `action` on the loop's thread, soon. Thread-safe.
  void post(std::function<void()> action);
  /// From now on every wait of this loop answers cancelled at once. Thread-safe.
  void cancel();
  bool cancelled() const noexcept { return cancelled_.load(std::memory_order_relaxed); }
  /// Whether something was asked for that goes through io_uring, and it was there. Thread-safe.
  bool uses_io_uring() const noexcept { return uses_io_uring_.load(std::memory_order_relaxed); }
  /// The alarm must outlive the loop or be removed. Few of them: each turn looks at all.
  void add_alarm(Alarm&);
  void remove_alarm(Alarm&);

  /// The loop whose run() is on this thread's stack, or nullptr.
  static Loop* current() noexcept;
  const Clock& clock() const noexcept { return clock_; }

  struct Task;  // a fiber and what it waits for
  // On a fiber of this loop:
  Task& self() noexcept { return *running_; }
  Ready wait(int fd, Interest, TimePoint deadline, bool stay_registered);
  bool can_transfer() { return ring_ != nullptr || (may_transfer_ && open_ring()); }
  Received transfer(int fd, std::string_view bytes, std::span<char> room, TimePoint deadline);
  bool has_come(int fd) const noexcept {
    return static_cast<std::size_t>(fd) < registrations_.size() &&
           registrations_[static_cast<std::size_t>(fd)].has_come();
  }
  std::string end_transfers(int fd);
  Ready sleep_until(TimePoint);
  void yield();
  /// Suspends until unpark() of this task or cancel().
  Ready park();
  /// Makes a parked task run at the next turn. From the loop's thread.
  void unpark(Task&);
  void forget(int fd) noexcept;

 private:
  struct Registration {
    Task* waiter = nullptr;
    unsigned events = 0;          // what epoll knows of; 0: not registered
    bool receiving = false;       // the ring does, for transfers
    std::uint32_t reception = 0;  // the number of the last one, of which completions tell
    std::size_t sent = 0;         // bytes of the last message
    std::size_t unsent = 0;       // of it, as far as it is known and was not told
    std::string early;            // what came when nobody waited for it
    static constexpr int kNotYet = 1;
    int end = kNotYet;  // what came last, and nobody waited for: 0, or -errno
    bool has_come() const noexcept { return !early.empty() || end != kNotYet; }
  };
  struct Timer {
    TimePoint at;
    Task* task;
    std::uint64_t wait_number;  // of the wait it belongs to; another one by now makes the timer void
    friend bool operator>(const Timer& a, const Timer& b) noexcept { return a.at > b.at; }
  };

  void turn();
  void poll();
  const timespec* limit_of_wait(TimePoint until, timespec& limit);
  void poll_epoll(const timespec* limit);
  void poll_ring(bool block, const timespec* limit);
  void completed(const Ring::Completion&);
  void give_up(Task&, Ready);
  bool open_ring();
  void receive(int fd, Registration&);
  void received(int fd, Registration&, const Ring::Completion&);
  static Received take_early(Registration&, std::span<char> room);
  bool uses_ring() const noexcept { return receptions_ != 0; }
  void end_all_receptions();
  Registration& registration(int fd);
  void await(int fd, Registration&, TimePoint deadline);
  TimePoint next_time() const noexcept;
  void fire_due(TimePoint now);
  void check_deadlines(TimePoint now);
  void drain_posted();
  void wake(Task&, Ready);
  Ready suspend();
  void set_events(int fd, Registration&, unsigned events);

  const Clock& clock_;
  int epoll_ = -1, wake_fd_ = -1;
  std::vector<std::unique_ptr<Task>> tasks_;  // stable, reused when their fiber ended
  std::vector<Task*> free_;
  std::deque<Task*> ready_;
  Task* running_ = nullptr;
  std::size_t alive_ = 0;
  std::vector<Registration> registrations_;  // by descriptor
  bool may_transfer_;
  std::unique_ptr<Ring> ring_;  // when the first transfer asked for it
  std::size_t receptions_ = 0;  // with the kernel, of descriptors that were forgotten, too
  bool ring_watches_epoll_ = false;
  TimePoint ring_wakes_for_ = TimePoint::max();  // a time far away; the ring's time-out is shortly before it
  TimePoint looked_at_ = TimePoint::min();       // when the clock was read last
  TimePoint next_deadline_check_ = TimePoint::max();
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::vector<Alarm*> alarms_;
  std::atomic<bool> cancelled_{false}, uses_io_uring_{false};
  std::mutex mutex_;  // guards posted_
  std::vector<std::function<void()>> posted_;
};

}  // namespace assay::runtime
