// A stackful fiber (Boost.Context): 256 KiB of address space with a guard page, of which only touched pages are
// resident.
//
// Belongs to one thread for life. A suspended fiber is never destroyed: it is resumed, told that it is cancelled, and
// runs to its end (Loop does so). Switches are annotated for AddressSanitizer and ThreadSanitizer.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace assay::runtime {

class Fiber {
 public:
  static constexpr std::size_t kStackBytes = 256 * 1024;

  /// `body` must not throw. Nothing runs until resume().
  explicit Fiber(std::function<void()> body);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Runs the fiber until it suspends or ends. Called from outside of any fiber.
  void resume();
  bool done() const noexcept;

  /// Leaves the running fiber; resume() comes back. Called on a fiber.
  static void suspend();
  /// The running fiber, or nullptr.
  static Fiber* current() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::runtime
