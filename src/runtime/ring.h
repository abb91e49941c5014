// io_uring of one loop: what fibers send and receive is handed to the kernel in one system call for all of them, the one that
// waits. Only here is io_uring.
//
// For one thread, the one that opened it. Memory that is sent from or received into stays the caller's and must stay where it is
// until its completion came, or cancel() of its descriptor returned.
#pragma once

#include <time.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace assay::runtime {

class Ring {
 public:
  struct Completion {
    std::uint64_t about;  // as it was given
    int result;           // bytes, or -errno
  };

  /// nullptr where it cannot be had: a kernel before 6.1, a sandbox or an administrator that forbids it, too little memory.
  static std::unique_ptr<Ring> open();
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  /// All of the bytes; completes only when that fails.
  void send(int fd, std::string_view bytes, std::uint64_t about);
  /// Completes with what had come when at least one byte had, 0 at the end.
  void receive(int fd, std::span<char> room, std::uint64_t about);
  /// Completes once, when the descriptor can be read.
  void watch(int fd, std::uint64_t about);
  /// Ends what is under way on the descriptor; when this returns the kernel no longer touches its memory, and completions are there.
  void cancel(int fd) noexcept;

  /// Hands over what was asked for. Waits for one completion if `block`, as long as `limit` (nullptr: without end); answers those
  /// that are there, as many as there is room for. Throws Error when the kernel refuses.
  std::span<const Completion> wait(bool block, const timespec* limit, std::span<Completion> room);

 private:
  struct State;
  explicit Ring(std::unique_ptr<State>) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace assay::runtime
