#include "runtime/fiber.h"

#include "base/error.h"

#include <boost/context/fiber.hpp>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <exception>
#include <new>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(ASSAY_TSAN_FIBERS)
#include <sanitizer/tsan_interface.h>
#endif

namespace assay::runtime {
namespace {

namespace context = boost::context;
thread_local Fiber* running = nullptr;
constexpr std::size_t kStackOffset = 576, kStackOffsets = 4096;  // nine cache lines, spread over the 64 sets of a cache

/// Stacks from mmap, the lowest page of which may not be touched. They do not all begin at the same place of a page: the
/// lines that hundreds of fibers use most would else compete for the same few places of the processor's cache.
class GuardedStack {
 public:
  context::stack_context allocate() {
    static std::atomic<std::size_t> made = 0;
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE)), size = Fiber::kStackBytes + page;
    const std::size_t offset = made.fetch_add(1, std::memory_order_relaxed) * kStackOffset % kStackOffsets;
    void* base = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) throw std::bad_alloc();
    mprotect(base, page, PROT_NONE);
    context::stack_context stack;
    stack.size = size - offset;
    stack.sp = static_cast<char*>(base) + stack.size;
    return stack;
  }
  void deallocate(context::stack_context& stack) noexcept {
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
#if defined(__SANITIZE_ADDRESS__)
    // The fiber's first functions never returned, so what they forbade would be forbidden to who gets these addresses next.
    __asan_unpoison_memory_region(static_cast<char*>(stack.sp) - stack.size + page, stack.size - page);
#endif
    munmap(static_cast<char*>(stack.sp) - stack.size, Fiber::kStackBytes + page);
  }
};

}  // namespace

struct Fiber::State {
  std::function<void()> body;
  context::fiber inside;   // the fiber, while it is suspended
  context::fiber outside;  // whoever resumed it, while it runs
  bool done = false;
#if defined(__SANITIZE_ADDRESS__)
  void* fake_inside = nullptr;
  void* fake_outside = nullptr;
  const void* stack_bottom = nullptr;
  std::size_t stack_size = 0;
  const void* outside_bottom = nullptr;
  std::size_t outside_size = 0;
#endif
#if defined(ASSAY_TSAN_FIBERS)
  void* tsan_inside = nullptr;
  void* tsan_outside = nullptr;
#endif

  // The four points of a switch, told to the sanitizers.
  void leaving_outside() noexcept {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&fake_outside, stack_bottom, stack_size);
#endif
#if defined(ASSAY_TSAN_FIBERS)
    tsan_outside = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(tsan_inside, 0);
#endif
  }
  void arrived_outside() noexcept {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fake_outside, nullptr, nullptr);
#endif
  }
  void leaving_inside([[maybe_unused]] bool for_ever) noexcept {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(for_ever ? nullptr : &fake_inside, outside_bottom, outside_size);
#endif
#if defined(ASSAY_TSAN_FIBERS)
    __tsan_switch_to_fiber(tsan_outside, 0);
#endif
  }
  void arrived_inside() noexcept {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fake_inside, &outside_bottom, &outside_size);
#endif
  }
};

Fiber::Fiber(std::function<void()> body) : state_(std::make_unique<State>()) {
  State* state = state_.get();
  state->body = std::move(body);
#if defined(ASSAY_TSAN_FIBERS)
  state->tsan_inside = __tsan_create_fiber(0);
#endif
  GuardedStack allocator;
  const context::stack_context stack = allocator.allocate();
#if defined(__SANITIZE_ADDRESS__)
  state->stack_bottom = static_cast<char*>(stack.sp) - stack.size;
  state->stack_size = stack.size;
#endif
  state->inside = context::fiber(std::allocator_arg, context::preallocated(stack.sp, stack.size, stack), allocator,
                                 [state](context::fiber&& outside) {
                                   state->outside = std::move(outside);
                                   state->arrived_inside();
                                   state->body();
                                   state->body = nullptr;
                                   state->done = true;
                                   state->leaving_inside(true);
                                   return std::move(state->outside);
                                 });
}

Fiber::~Fiber() {
  // Never started is fine; suspended is not (its stack holds objects that would never be destroyed).
#if defined(ASSAY_TSAN_FIBERS)
  if (state_->tsan_inside != nullptr) __tsan_destroy_fiber(state_->tsan_inside);
#endif
}

bool Fiber::done() const noexcept { return state_->done; }

Fiber* Fiber::current() noexcept { return running; }

[[gnu::hot]] void Fiber::resume() {
  ASSAY_ASSERT(running == nullptr && !state_->done);
  running = this;
  State& state = *state_;
  state.leaving_outside();
  state.inside = std::move(state.inside).resume();
  state.arrived_outside();
  running = nullptr;
}

[[gnu::hot]] void Fiber::suspend() {
  ASSAY_ASSERT(running != nullptr);
#if !defined(NDEBUG)
  ASSAY_ASSERT(std::uncaught_exceptions() ==
               0);  // the one that is not in every build: it would be a hundredth of a point select
#endif
  State& state = *running->state_;
  state.leaving_inside(false);
  state.outside = std::move(state.outside).resume();
  state.arrived_inside();
}

}  // namespace assay::runtime
