// io_uring of one loop: what fibers send and receive is handed to the kernel in one system call for all of them, the one that
// waits. Only here is io_uring.
//
// For one thread, the one that opened it. What is received comes in memory of the ring, so nothing of a caller's is with the
// kernel once what was asked for is handed over, which it is after a wait(). All throw Error when the
// kernel refuses to take requests at all, which ends the process where fibers ask.
#pragma once

#include <time.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace assay::runtime {

class Ring {
 public:
  static constexpr std::uint64_t kMostAbout = ~std::uint64_t{0} - 2;
  struct Completion {
    std::uint64_t about;     // as it was given, at most kMostAbout
    int result;              // bytes, or -errno
    bool last;               // nothing more comes of what was asked for
    std::string_view bytes;  // what was received, until the next wait()
  };

  /// nullptr where it cannot be had: a kernel before 6.1, a sandbox or an administrator that forbids it, too little memory.
  static std::unique_ptr<Ring> open();
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  /// Sends what the socket takes at once; never waits for room. Completes only when that was not all: with how many bytes, or
  /// why; perhaps behind what is received meanwhile. To be used for what is short (wait.h).
  void send(int fd, std::string_view bytes, std::uint64_t about);
  /// Completes each time that something has come; at last with 0 at the end, an error, or with -ENOBUFS when the ring's memory
  /// was full, or with bytes: who wants more asks again.
  void receive(int fd, std::uint64_t about);
  /// Completes once, when the descriptor can be read.
  void watch(int fd, std::uint64_t about);
  /// Completes once, when so much time has passed since it was handed over. One at a time.
  void time_out(timespec after, std::uint64_t about);
  /// Asks for the end of the request that has this `about`, which then completes for the last time with -ECANCELED, or as it
  /// would have without. To be asked again when neither comes: a request is not found in the moment in which it goes on.
  void cancel(std::uint64_t about);
  /// The same of all.
  void cancel_all();
  /// Hands over what was asked for, without waiting. What is sent is sent within the call, so this takes time.
  void submit();
  /// Whether all that was asked for is with the kernel.
  bool handed_over() const noexcept;

  /// Hands over what was asked for. Waits for one completion if `block`, as long as `limit` (nullptr: without end); answers those
  /// that are there, as many as there is room for; perhaps none (interrupted, or the limit has passed).
  std::span<const Completion> wait(bool block, const timespec* limit, std::span<Completion> room);

 private:
  struct State;
  explicit Ring(std::unique_ptr<State>) noexcept;
  bool tells_of_ends();
  std::unique_ptr<State> state_;
};

}  // namespace assay::runtime
