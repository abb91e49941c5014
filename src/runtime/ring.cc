#include "runtime/ring.h"

#include "base/error.h"

#include <fmt/format.h>
#include <liburing.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace assay::runtime {
namespace {

// Beyond so many completions the kernel keeps them until there is room.
constexpr unsigned kRequests = 128, kCompletions = 1024;
// What comes at once: so many pieces of so many bytes, touched only when that comes. Not a power of two, so that their begins do
// not share places of a cache.
constexpr unsigned kPieces = 256, kPieceSize = 4096 + 64;
constexpr int kGroup = 0;
constexpr int kMostTries = 10'000;
// So many messages are handed over at the latest, which bounds what the first of a turn waits for the others. With 8, a client of
// 64 sessions of PostgreSQL does less in all; with 64, the server waits for it.
constexpr unsigned kMostWaiting = 32;
// The completion of a request to cancel another; says nothing that the other's does not.
constexpr std::uint64_t kCancelling = Ring::kMostAbout + 1;

}  // namespace

struct Ring::State {
  struct Free {
    void operator()(void* memory) const noexcept { std::free(memory); }
  };
  io_uring ring{};
  __kernel_timespec after{};  // read when the request is handed over
  unsigned waiting = 0;       // messages that are not handed over yet
  std::unique_ptr<io_uring_buf_ring, Free> pieces;
  std::unique_ptr<char[]> memory;
  int read = 0;  // pieces whose completions were answered, which the kernel may have again

  /// Room for a request; what waits is handed over when there is none.
  io_uring_sqe* request() {
    io_uring_sqe* request = io_uring_get_sqe(&ring);
    while (request == nullptr) {
      waiting = 0;
      look_at(io_uring_submit_and_get_events(&ring));
      request = io_uring_get_sqe(&ring);
    }
    return request;
  }
  /// Interrupted, short of memory for the moment, or full of completions that are to be taken first: again by the next call.
  static void look_at(int n) {
    if (n < 0 && n != -ETIME && n != -EINTR && n != -EAGAIN && n != -EBUSY) refused(n);
  }
  /// Leaves what has come to the next wait: what others receive is no matter of those who wait for their message to leave.
  void submit() {
    waiting = 0;
    give_back();
    look_at(io_uring_submit(&ring));
  }
  void give_back() noexcept { io_uring_buf_ring_advance(pieces.get(), std::exchange(read, 0)); }
  char* piece(unsigned i) noexcept { return memory.get() + static_cast<std::size_t>(i) * kPieceSize; }
  /// Gives a piece to the kernel, `ahead` of those that it has; it sees it when it is told of it.
  void add(unsigned i, int ahead) noexcept {
    io_uring_buf_ring_add(pieces.get(), piece(i), kPieceSize, static_cast<unsigned short>(i),
                          io_uring_buf_ring_mask(kPieces), ahead);
  }
  bool open_pieces() {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    static_assert(kPieces * sizeof(io_uring_buf) <= 4096);
    pieces.reset(static_cast<io_uring_buf_ring*>(std::aligned_alloc(page, page)));
    if (pieces == nullptr) return false;
    memory = std::make_unique_for_overwrite<char[]>(std::size_t{kPieces} * kPieceSize);
    io_uring_buf_reg registered{};
    registered.ring_addr = reinterpret_cast<std::uintptr_t>(pieces.get());
    registered.ring_entries = kPieces;
    registered.bgid = kGroup;
    if (io_uring_register_buf_ring(&ring, &registered, 0) != 0) return false;
    io_uring_buf_ring_init(pieces.get());
    for (unsigned i = 0; i < kPieces; i++) add(i, static_cast<int>(i));
    io_uring_buf_ring_advance(pieces.get(), kPieces);
    return true;
  }
  [[noreturn]] static void refused(int n) {
    throw Error(fmt::format("io_uring failed: {}", std::strerror(-n)), ExitCode::internal);
  }
};

Ring::Ring(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}

Ring::~Ring() { io_uring_queue_exit(&state_->ring); }

std::unique_ptr<Ring> Ring::open() {
  auto state = std::make_unique<State>();
  io_uring_params parameters{};
  // DEFER_TASKRUN, of Linux 6.1, is the newest of what is needed: what completes is looked at when the loop waits, and does not
  // interrupt it.
  parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
  parameters.cq_entries = kCompletions;
  if (io_uring_queue_init_params(kRequests, &state->ring, &parameters) != 0) return nullptr;
  std::unique_ptr<Ring> ring(new Ring(std::move(state)));  // which ends it, if what follows fails
  if (!ring->state_->open_pieces() || !ring->tells_of_ends()) return nullptr;
  io_uring_register_ring_fd(&ring->state_->ring);  // saves the look-up of its descriptor; does without when it fails
  return ring;
}

/// Some kernels of 2025 do not tell of the end of a Unix socket that comes right behind the last bytes (liburing's issue 1549).
bool Ring::tells_of_ends() {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0) return false;
  receive(fds[0], 0);
  submit();
  const bool written = write(fds[1], "", 1) == 1;
  close(fds[1]);
  bool told = false;
  std::array<Completion, 4> room;
  for (int i = 0; i < 4 && !told; i++)
    for (const Completion& completion : wait(false, nullptr, room)) told = written && completion.result == 0;
  if (!told) cancel(0);  // the ring is given up then
  close(fds[0]);
  return told;
}

// MSG_DONTWAIT: the kernel tries once, while it is handed over, and keeps nothing of it. MSG_WAITALL: less than all is a failure,
// which completes although success does not (io_uring_enter(2), IOSQE_CQE_SKIP_SUCCESS).
[[gnu::hot]] void Ring::send(int fd, std::string_view bytes, std::uint64_t about) {
  io_uring_sqe* request = state_->request();
  io_uring_prep_send(request, fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT | MSG_WAITALL);
  request->user_data = about;
  request->flags |= IOSQE_CQE_SKIP_SUCCESS;
  if (++state_->waiting >= kMostWaiting) state_->submit();
}

void Ring::receive(int fd, std::uint64_t about) {
  io_uring_sqe* request = state_->request();
  io_uring_prep_recv_multishot(request, fd, nullptr, 0, 0);
  request->user_data = about;
  request->flags |= IOSQE_BUFFER_SELECT;
  request->buf_group = kGroup;
}

void Ring::watch(int fd, std::uint64_t about) {
  io_uring_sqe* request = state_->request();
  io_uring_prep_poll_add(request, fd, POLLIN);
  request->user_data = about;
}

void Ring::time_out(timespec after, std::uint64_t about) {
  io_uring_sqe* request = state_->request();
  state_->after = {.tv_sec = after.tv_sec, .tv_nsec = after.tv_nsec};
  io_uring_prep_timeout(request, &state_->after, 0, 0);
  request->user_data = about;
}

void Ring::cancel(std::uint64_t about) {
  io_uring_sqe* request = state_->request();
  io_uring_prep_cancel64(request, about, 0);
  request->user_data = kCancelling;
  request->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

void Ring::cancel_all() {
  io_uring_sqe* request = state_->request();
  io_uring_prep_cancel64(request, 0, IORING_ASYNC_CANCEL_ANY);
  request->user_data = kCancelling;
  request->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

[[gnu::hot]] void Ring::submit() { state_->submit(); }

[[gnu::hot]] bool Ring::handed_over() const noexcept { return io_uring_sq_ready(&state_->ring) == 0; }

[[gnu::hot]] std::span<const Ring::Completion> Ring::wait(bool block, const timespec* limit,
                                                          std::span<Completion> room) {
  io_uring& ring = state_->ring;
  state_->waiting = 0;
  state_->give_back();
  if (block) {
    __kernel_timespec timeout{};
    if (limit != nullptr) timeout = {.tv_sec = limit->tv_sec, .tv_nsec = limit->tv_nsec};
    io_uring_cqe* first = nullptr;
    State::look_at(io_uring_submit_and_wait_timeout(&ring, &first, 1, limit == nullptr ? nullptr : &timeout, nullptr));
  } else {
    State::look_at(io_uring_submit_and_get_events(&ring));
  }
  // A request that the kernel has no memory for holds those behind it up.
  for (int tries = 0; !handed_over(); tries++) {
    if (tries == kMostTries) State::refused(-EAGAIN);
    State::look_at(io_uring_submit_and_get_events(&ring));
  }
  std::size_t taken = 0;
  unsigned head = 0, seen = 0;
  io_uring_cqe* completion = nullptr;
  io_uring_for_each_cqe(&ring, head, completion) {
    if (taken == room.size()) break;
    seen++;
    std::string_view bytes;
    if ((completion->flags & IORING_CQE_F_BUFFER) != 0) {
      const unsigned piece = completion->flags >> IORING_CQE_BUFFER_SHIFT;
      bytes = {state_->piece(piece), static_cast<std::size_t>(std::max(completion->res, 0))};
      state_->add(piece, state_->read++);
    }
    if (completion->user_data == kCancelling) continue;
    room[taken++] = {completion->user_data, completion->res, (completion->flags & IORING_CQE_F_MORE) == 0, bytes};
  }
  io_uring_cq_advance(&ring, seen);
  return room.first(taken);
}

}  // namespace assay::runtime
