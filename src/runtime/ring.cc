#include "runtime/ring.h"

#include "base/error.h"

#include <fmt/format.h>
#include <liburing.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace assay::runtime {
namespace {

// So many are handed over at the latest, which bounds what the first of a turn waits for the last. Beyond so many completions
// the kernel keeps them until there is room.
constexpr unsigned kRequests = 64, kCompletions = 4096;

}  // namespace

struct Ring::State {
  io_uring ring{};

  /// Room for a request; what waits is handed over when there is none.
  io_uring_sqe* request(std::uint64_t about) {
    io_uring_sqe* request = io_uring_get_sqe(&ring);
    while (request == nullptr) {
      if (const int n = io_uring_submit(&ring); n < 0 && n != -EINTR && n != -EAGAIN && n != -EBUSY) refused(n);
      request = io_uring_get_sqe(&ring);
    }
    request->user_data = about;
    return request;
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
  io_uring_register_ring_fd(&state->ring);  // saves the look-up of its descriptor; does without when it fails
  return std::unique_ptr<Ring>(new Ring(std::move(state)));
}

[[gnu::hot]] void Ring::send(int fd, std::string_view bytes, std::uint64_t about) {
  io_uring_sqe* request = state_->request(about);
  io_uring_prep_send(request, fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_WAITALL);
  request->user_data = about;
  request->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

[[gnu::hot]] void Ring::receive(int fd, std::span<char> room, std::uint64_t about) {
  io_uring_sqe* request = state_->request(about);
  io_uring_prep_recv(request, fd, room.data(), room.size(), 0);
  request->user_data = about;
  request->ioprio |= IORING_RECVSEND_POLL_FIRST;  // a server has not answered yet
}

void Ring::watch(int fd, std::uint64_t about) {
  io_uring_sqe* request = state_->request(about);
  io_uring_prep_poll_add(request, fd, POLLIN);
  request->user_data = about;
}

void Ring::cancel(int fd) noexcept {
  io_uring_submit(&state_->ring);  // what the kernel has not been told of cannot be cancelled
  io_uring_sync_cancel_reg what{};
  what.fd = fd;
  what.flags = IORING_ASYNC_CANCEL_FD | IORING_ASYNC_CANCEL_ALL;
  what.timeout = {.tv_sec = -1, .tv_nsec = -1};
  while (io_uring_register_sync_cancel(&state_->ring, &what) == -EINTR) {
  }
}

[[gnu::hot]] std::span<const Ring::Completion> Ring::wait(bool block, const timespec* limit,
                                                          std::span<Completion> room) {
  io_uring& ring = state_->ring;
  int n = 0;
  if (block) {
    __kernel_timespec timeout{};
    if (limit != nullptr) timeout = {.tv_sec = limit->tv_sec, .tv_nsec = limit->tv_nsec};
    io_uring_cqe* first = nullptr;
    n = io_uring_submit_and_wait_timeout(&ring, &first, 1, limit == nullptr ? nullptr : &timeout, nullptr);
  } else {
    n = io_uring_submit_and_get_events(&ring);
  }
  // Busy: completions are to be taken first. What was not handed over is by the next call.
  if (n < 0 && n != -ETIME && n != -EINTR && n != -EAGAIN && n != -EBUSY) State::refused(n);
  std::size_t taken = 0;
  unsigned head = 0;
  io_uring_cqe* completion = nullptr;
  io_uring_for_each_cqe(&ring, head, completion) {
    if (taken == room.size()) break;
    room[taken++] = {completion->user_data, completion->res};
  }
  io_uring_cq_advance(&ring, static_cast<unsigned>(taken));
  return room.first(taken);
}

}  // namespace assay::runtime
