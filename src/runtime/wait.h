// Waiting, in code that reads as if it blocked: the same calls suspend the fiber when made on one, and block the thread
// when not. Drivers whose library can wait on a descriptor use only this header of the runtime.
//
// Never wait in a `catch`, in a destructor during unwinding, or holding a mutex.
#pragma once

#include "base/time.h"

#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

namespace assay::runtime {

/// As long as it lives, waits of this thread (not of fibers on it: their loop has a cancel of its own) answer cancelled
/// soon after the stop was requested. Scopes nest; the innermost counts. For the work around a run, which a person may want
/// to end.
class StopScope {
 public:
  explicit StopScope(std::stop_token stop) noexcept;
  ~StopScope();
  StopScope(const StopScope&) = delete;
  StopScope& operator=(const StopScope&) = delete;

 private:
  std::stop_token stop_;
  const std::stop_token* outer_;
};

/// As long as it lives, waits of this thread answer cancelled soon after `limit` has passed: for what is worth a try, and
/// not more, at the end of things.
class TimeLimit {
 public:
  explicit TimeLimit(Nanos limit);
  ~TimeLimit();
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;
  std::stop_token token() const noexcept { return source_.get_token(); }

 private:
  std::stop_source source_;
  StopScope scope_;
  std::jthread timer_;
};

enum class Ready { ready, timed_out, cancelled };
/// What is waited for. `news` is `read` for who has read all that was there (until less came than there was room for, or
/// nothing): on a fiber only what arrives later counts, and an end. It saves the loop a second look at each descriptor that
/// was ready. Where the interest in a descriptor changes, that is a system call.
enum class Interest : unsigned { read = 1, write = 2, both = 3, news = 5 };

/// Waits until the descriptor is ready, has an error or was hung up (the next read or write tells). A deadline is kept
/// to about 0.1 s; TimePoint::max() is none. On a fiber, the descriptor stays registered with the loop until
/// forget(fd): no system call but the loop's own in the steady state. One waiter a descriptor.
Ready wait(int fd, Interest, TimePoint deadline);
/// The same without staying registered: for descriptors that may be closed by a library at any time (while connecting).
Ready wait_once(int fd, Interest, TimePoint deadline);
/// To be called before a descriptor that was given to wait() or transfer() is closed.
void forget(int fd) noexcept;
/// What transfer() answers.
struct Received {
  Ready ready;
  /// Only when ready. Bytes, at least 1; 0: the peer has ended; negative: an error, -errno; -EAGAIN: nothing, see `unsent`.
  int size;
  std::size_t unsent;  // how many of the bytes, the last ones, were not sent; who sends them learns why
};
/// Whether transfer() can be called here: on a fiber, where the kernel has io_uring for us. To be asked before the first.
bool can_transfer();
/// So many bytes are sent by a transfer at most: they usually find room in a socket whose peer had answered before.
inline constexpr std::size_t kMostSentByTransfer = 16 * 1024;
/// Sends `bytes`, which may be none, and receives what comes next: one suspension, and one system call for the fibers that are
/// ready in the same turn, the one that waits (another for every 32 of them, and for a time that is near). What the socket does
/// not take at once is not sent. From the first transfer on, what comes on the descriptor is received and kept for the next one,
/// until end_transfers(), forget() or the end of the loop: no other loop or thread may use it meanwhile. What has come is
/// answered at once, and then nothing is sent: who wants to send something takes it first. One waiter a descriptor; a deadline
/// as for wait().
Received transfer(int fd, std::string_view bytes, std::span<char> room, TimePoint deadline);
/// Whether something, or the end, has come that no transfer has told yet.
bool has_come(int fd) noexcept;
/// To be called before a descriptor of transfers is waited for or read by other means; suspends until the kernel has let go of
/// it, which is soon, whatever is cancelled. Answers the bytes that no transfer has taken; an end that came is told by
/// has_come() and the next transfer. Nothing where there were no transfers.
std::string end_transfers(int fd);
/// Answers cancelled when the run was stopped meanwhile, timed_out otherwise.
Ready sleep_until(TimePoint);
/// Lets the other fibers of the loop run. Nothing on a thread.
void yield();
bool on_fiber() noexcept;

}  // namespace assay::runtime
