#include "drivers/postgres/direct.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace assay::postgres {
namespace {

constexpr std::size_t kFirstBytes = 8192, kKeptBytes = 1 << 20;

// Not send() and recv(): in a process of several threads each of these is a point of cancellation, which costs two atomic
// operations more than the call, and no thread here is ever cancelled.
ssize_t send_now(int fd, std::string_view bytes) noexcept {
  return ::syscall(SYS_sendto, fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT, nullptr, 0);
}

const char* end_of(int error) { return error == 0 ? "the server closed the connection" : std::strerror(error); }

/// Reads what is there, without waiting; an error is 0 with its name, so is the end.
[[gnu::hot]] std::size_t receive_now(int fd, char* room, std::size_t size, std::string& broken_because) {
  for (;;) {
    const ssize_t n = ::syscall(SYS_recvfrom, fd, room, size, MSG_DONTWAIT, nullptr, nullptr);
    if (n > 0) return static_cast<std::size_t>(n);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
    broken_because = end_of(n == 0 ? 0 : errno);
    return 0;
  }
}

}  // namespace

inline void DirectExchange::make_room() {
  if (data_ == nullptr || begin_ != end_ || capacity_ > kKeptBytes) return make_other_room();
  begin_ = end_ = 0;
}

inline Result<> DirectExchange::send() {
  if (runtime::can_transfer() && out_.size() <= runtime::kMostSentByTransfer) {
    unsent_ = out_;
    return {};
  }
  const ssize_t sent = send_now(connection_.fd_, out_);
  if (sent == static_cast<ssize_t>(out_.size())) return {};
  return send_rest(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
}

inline void DirectExchange::take_in() {
  for (;;) {
    if (end_ == capacity_) enlarge();
    const std::size_t room = capacity_ - end_;
    const std::size_t n = receive_now(connection_.fd_, data_.get() + end_, room, broken_because_);
    end_ += n;
    if (n == room) continue;
    broken_ = !broken_because_.empty();
    return;
  }
}

void DirectExchange::nothing_was_sent() {
  connection_.in_doubt_when_lost(false);
  connection_.exchanging_ = false;  // the server has nothing to cancel
}

/// What was not sent leaves, and what comes next is taken in.
[[gnu::always_inline]] inline Result<> DirectExchange::transfer() {
  if (end_ == capacity_) enlarge();
  const std::string_view message = std::exchange(unsent_, {});
  const runtime::Received received =
      runtime::transfer(connection_.fd_, message, {data_.get() + end_, capacity_ - end_}, connection_.deadline_);
  if (received.ready != runtime::Ready::ready) {
    if (!message.empty() && received.unsent == message.size()) nothing_was_sent();
    return tl::unexpected(connection_.given_up(received.ready));
  }
  if (received.size > 0) {
    end_ += static_cast<std::size_t>(received.size);
  } else if (received.size != -EINTR && received.size != -EAGAIN) {
    broken_because_ = end_of(-received.size);
    broken_ = true;
  }
  if (received.unsent > 0 && !broken_) return send_rest(out_.size() - received.unsent);
  return {};
}

/// Only what comes next is waited for, since take_in() leaves nothing behind. libpq may: the first wait after it is another
/// interest than its own, which makes the kernel look anew, and the answer is news in any case.
[[gnu::always_inline]] inline Result<> DirectExchange::receive_more() {
  if (runtime::can_transfer()) return transfer();
  if (auto waited = connection_.wait(runtime::Interest::news); !waited) return waited;
  take_in();
  return {};
}

inline Result<> DirectExchange::finish() {
  begin_ = reader_.position();
  connection_.exchanging_ = false;
  connection_.transaction_status_ = reader_.transaction_status();
  connection_.in_doubt_when_lost(false);
  if (reader_.failed()) return tl::unexpected(server_failure(reader_.error(bytes())));
  return {};
}

[[gnu::always_inline]] inline Result<> DirectExchange::receive(std::size_t in_doubt_until) {
  for (bool look = begin_ != end_ || broken_;; look = false) {
    if (!look)
      if (auto came = receive_more(); !came) return came;
    const AnswerReader::State state = reader_.read(bytes());
    const bool rolled_back = reader_.failed() && state != AnswerReader::State::fatal;
    if (rolled_back || reader_.answers().size() >= in_doubt_until) connection_.in_doubt_when_lost(false);
    switch (state) {
      case AnswerReader::State::ready:
        return finish();
      case AnswerReader::State::fatal:
        return tl::unexpected(server_failure(reader_.error(bytes())));
      case AnswerReader::State::copy:
        return tl::unexpected(connection_.lose_to_copy());
      case AnswerReader::State::garbage:
        return tl::unexpected(not_understood(reader_.fault()));
      case AnswerReader::State::more:
        break;
    }
    if (broken_) return tl::unexpected(connection_.lost_under_way(broken_because_));
  }
}

[[gnu::hot]] Result<> DirectExchange::exchange(std::size_t statements, std::size_t in_doubt_until) {
  reader_.begin(0, 0);  // what fails before it is sent has no answers
  if (auto begun = connection_.begin_exchange(false); !begun) return begun;
  if (runtime::has_come(connection_.fd_))
    if (auto came = take_early(); !came) return came;
  if (begin_ != end_)
    if (auto well = look_at_rest(); !well) return well;
  append_sync(out_);
  make_room();
  reader_.begin(statements, begin_);
  connection_.in_doubt_when_lost(!broken_ && in_doubt_until != kNever);  // known to be gone: nothing is sent
  connection_.exchanging_ = true;
  unsent_ = {};
  if (!broken_) {
    connection_.round_trips_++;
    if (auto sent = send(); !sent) return sent;
  }
  return receive(in_doubt_until);
}

void DirectExchange::make_other_room() {
  const std::size_t rest = end_ - begin_;
  if (data_ == nullptr || (rest == 0 && capacity_ > kKeptBytes)) {
    data_ = std::make_unique_for_overwrite<char[]>(kFirstBytes);
    capacity_ = kFirstBytes;
  } else if (rest > 0) {
    std::memmove(data_.get(), data_.get() + begin_, rest);
  }
  begin_ = 0;
  end_ = rest;
}

void DirectExchange::enlarge() {
  auto larger = std::make_unique_for_overwrite<char[]>(2 * capacity_);
  std::memcpy(larger.get(), data_.get(), end_);
  data_ = std::move(larger);
  capacity_ *= 2;
}

/// What was received since the last exchange, the end perhaps.
Result<> DirectExchange::take_early() {
  make_room();
  unsent_ = {};
  while (!broken_ && runtime::has_come(connection_.fd_))
    if (auto came = transfer(); !came) return came;
  return {};
}

/// What the socket did not take at once, behind the first `done` bytes.
Result<> DirectExchange::send_rest(std::size_t done) {
  const std::string early = runtime::end_transfers(connection_.fd_);
  while (capacity_ - end_ < early.size()) enlarge();
  end_ += early.copy(data_.get() + end_, early.size());
  for (std::string_view left = std::string_view(out_).substr(done);;) {
    const ssize_t sent = send_now(connection_.fd_, left);
    if (sent >= 0) {
      left.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      // The server may take no more before what it has to say is taken.
      if (auto waited = connection_.wait(true); !waited) return waited;
      take_in();
    } else if (errno != EINTR) {
      broken_ = true;
      broken_because_ = std::strerror(errno);
      if (left.size() == out_.size()) nothing_was_sent();
      take_in();  // the reason, if the server gave one, is in what it sent before
    }
    if (left.empty() || broken_) return {};
  }
}

/// What came behind the last answers, before anything is sent: the end of the session then leaves nothing in doubt.
Result<> DirectExchange::look_at_rest() {
  std::string_view rest = bytes().substr(begin_), error;
  switch (pass_over(rest, error)) {
    case AnswerReader::State::fatal:
      return tl::unexpected(server_failure(error));
    case AnswerReader::State::garbage:
      return tl::unexpected(not_understood("found, behind the answers, what nothing was asked for"));
    default:
      begin_ = end_ - rest.size();
      return {};
  }
}

Result<> DirectExchange::hand_back_rest(std::string_view early) {
  // A copy: cells of the last answer stay where they are.
  std::string kept(bytes().substr(begin_));
  kept += early;
  begin_ = end_;
  for (;;) {
    std::string_view rest = kept, error;
    const AnswerReader::State state = pass_over(rest, error);
    if (state == AnswerReader::State::fatal) return tl::unexpected(server_failure(error));
    if (state == AnswerReader::State::garbage)
      return tl::unexpected(not_understood("found, behind the answers, what nothing was asked for"));
    if (runtime::has_come(connection_.fd_)) {  // the end
      const runtime::Received end = runtime::transfer(connection_.fd_, {}, {}, connection_.deadline_);
      return tl::unexpected(connection_.lost_under_way(end_of(-end.size)));
    }
    if (rest.empty()) return {};
    kept.erase(0, kept.size() - rest.size());
    if (auto waited = connection_.wait(false); !waited) return waited;
    const std::size_t before = kept.size();
    kept.resize(before + kFirstBytes);
    kept.resize(before + receive_now(connection_.fd_, kept.data() + before, kFirstBytes, broken_because_));
    if (!broken_because_.empty()) return tl::unexpected(connection_.lost_under_way(broken_because_));
  }
}

std::unique_ptr<char[]> DirectExchange::release() {
  const std::size_t rest = end_ - begin_;
  auto next = std::make_unique_for_overwrite<char[]>(std::max(rest, kFirstBytes));
  if (rest > 0) std::memcpy(next.get(), data_.get() + begin_, rest);
  capacity_ = std::max(rest, kFirstBytes);
  begin_ = 0;
  end_ = rest;
  return std::exchange(data_, std::move(next));
}

Failure DirectExchange::server_failure(std::string_view error_body) {
  const auto error = read_error(error_body);  // was read before, so it can be
  std::string message(error->message);
  if (!error->detail.empty()) message += ": " + std::string(error->detail);
  return connection_.failure(error->severity, std::string(error->code), std::move(message));
}

Failure DirectExchange::not_understood(std::string_view fault) {
  return connection_.lose(FailureKind::disconnected, fmt::format("cannot understand what PostgreSQL at {} answered: {}",
                                                                 connection_.place_, fault));
}

}  // namespace assay::postgres
