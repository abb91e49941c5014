#include "drivers/mongodb/wire.h"

#include "runtime/wait.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace assay::mongodb {
namespace {

constexpr std::size_t kMostParts = 64;  // of one system call; well under IOV_MAX

TimePoint after(int timeout_ms) {
  return timeout_ms < 0 ? TimePoint::max() : real_clock().now() + std::chrono::milliseconds(timeout_ms);
}

/// What is left of the parts behind so many bytes, as many as one call takes.
std::size_t rest_of(const iovec* parts, std::size_t count, std::size_t skip, iovec* out) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < count && n < kMostParts; i++) {
    if (skip >= parts[i].iov_len) {
      skip -= parts[i].iov_len;
      continue;
    }
    out[n++] = {static_cast<char*>(parts[i].iov_base) + skip, parts[i].iov_len - skip};
    skip = 0;
  }
  return n;
}

}  // namespace

void Wire::begin(TimePoint deadline) noexcept {
  deadline_ = deadline;
  broken_ = timed_out_ = cancelled_ = sent_ = false;
  refusal_.clear();
}

void Wire::interrupt() noexcept {
  interrupted_ = true;
  const std::lock_guard lock(mutex_);
  for (const int fd : fds_) ::shutdown(fd, SHUT_RDWR);  // whoever waits for it is told
}

void Wire::opened(int fd) {
  const std::lock_guard lock(mutex_);
  fds_.push_back(fd);
  if (interrupted_) ::shutdown(fd, SHUT_RDWR);
}

void Wire::closed(int fd) {
  runtime::forget(fd);
  const std::lock_guard lock(mutex_);
  std::erase(fds_, fd);
  ::close(fd);
}

void Wire::refuse(std::string why) {
  if (!refusal_.empty()) refusal_ += "; ";
  refusal_ += why;
}

bool Wire::wait(int fd, bool to_write, int timeout_ms) {
  const TimePoint until = std::min(deadline_, after(timeout_ms));
  switch (runtime::wait(fd, to_write ? runtime::Interest::write : runtime::Interest::read, until)) {
    case runtime::Ready::ready:
      if (!interrupted_) return true;
      errno = ECANCELED;
      break;
    case runtime::Ready::timed_out:
      timed_out_ = true;
      errno = ETIMEDOUT;
      break;
    case runtime::Ready::cancelled:
      cancelled_ = true;
      errno = ECANCELED;
      break;
  }
  return false;
}

short Wire::poll(int fd, short events, int timeout_ms) {
  const auto interest = (events & POLLIN) == 0    ? runtime::Interest::write
                        : (events & POLLOUT) == 0 ? runtime::Interest::read
                                                  : runtime::Interest::both;
  switch (runtime::wait(fd, interest, std::min(deadline_, after(timeout_ms)))) {
    case runtime::Ready::ready:
      if (!interrupted_) return events;
      break;
    case runtime::Ready::timed_out:
      if (real_clock().now() < deadline_) return 0;
      timed_out_ = true;
      break;
    case runtime::Ready::cancelled:
      cancelled_ = true;
      break;
  }
  broken_ = true;
  return POLLERR;
}

long Wire::send(int fd, const void* parts, std::size_t count, int timeout_ms) {
  const auto* all = static_cast<const iovec*>(parts);
  std::size_t size = 0, done = 0;
  for (std::size_t i = 0; i < count; i++) size += all[i].iov_len;
  while (done < size) {
    iovec rest[kMostParts];
    msghdr message{};
    message.msg_iov = rest;
    message.msg_iovlen = rest_of(all, count, done, rest);
    const ssize_t n = ::sendmsg(fd, &message, MSG_NOSIGNAL);
    if (n >= 0) {
      sent_ = unanswered_ = true;
      done += static_cast<std::size_t>(n);
      continue;
    }
    if (errno == EINTR) continue;
    const bool would_wait = errno == EAGAIN || errno == EWOULDBLOCK;
    if (would_wait && timeout_ms == 0) return done > 0 ? static_cast<long>(done) : -1;  // the library asks again
    if (would_wait && wait(fd, true, timeout_ms)) continue;
    broken_ = true;
    return -1;
  }
  return static_cast<long>(done);
}

long Wire::receive(int fd, void* parts, std::size_t count, std::size_t least, int timeout_ms) {
  const auto* all = static_cast<const iovec*>(parts);
  std::size_t done = 0;
  for (;;) {
    iovec rest[kMostParts];
    msghdr message{};
    message.msg_iov = rest;
    message.msg_iovlen = rest_of(all, count, done, rest);
    const ssize_t n = message.msg_iovlen == 0 ? 0 : ::recvmsg(fd, &message, 0);
    if (n > 0) {
      round_trips_ += unanswered_ ? 1 : 0;
      unanswered_ = false;
      done += static_cast<std::size_t>(n);
      if (done >= least) return static_cast<long>(done);
      continue;
    }
    if (n == 0) {  // closed, by the server or by interrupt()
      if (message.msg_iovlen > 0) broken_ = true;
      return static_cast<long>(done);
    }
    if (errno == EINTR) continue;
    const bool would_wait = errno == EAGAIN || errno == EWOULDBLOCK;
    if (would_wait && timeout_ms == 0) return done > 0 ? static_cast<long>(done) : -1;
    if (would_wait && wait(fd, false, timeout_ms)) continue;
    broken_ = true;
    return -1;
  }
}

int Wire::connect_to(const std::string& address, unsigned port, const std::string& place) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  auto& four = reinterpret_cast<sockaddr_in&>(storage);
  auto& six = reinterpret_cast<sockaddr_in6&>(storage);
  auto& local = reinterpret_cast<sockaddr_un&>(storage);
  if (port == 0) {
    local.sun_family = AF_UNIX;
    if (address.size() >= sizeof local.sun_path) return refuse(place + ": the path is too long for a socket"), -1;
    std::memcpy(local.sun_path, address.c_str(), address.size() + 1);
    size = sizeof local;
  } else if (inet_pton(AF_INET, address.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(static_cast<std::uint16_t>(port));
    size = sizeof four;
  } else if (inet_pton(AF_INET6, address.c_str(), &six.sin6_addr) == 1) {
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(static_cast<std::uint16_t>(port));
    size = sizeof six;
  } else {
    return refuse(place + ": not an address: " + address), -1;
  }
  const int fd = ::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return refuse(fmt::format("{}: {}", place, std::strerror(errno))), -1;
  const auto give_up = [&](const std::string& why) {
    refuse(fmt::format("{}: {}", place, why));
    ::close(fd);
    return -1;
  };
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&storage), size) != 0) {
    if (errno != EINPROGRESS) return give_up(std::strerror(errno));
    switch (runtime::wait_once(fd, runtime::Interest::write, deadline_)) {
      case runtime::Ready::ready:
        break;
      case runtime::Ready::timed_out:
        timed_out_ = true;
        return give_up("no answer within the connect timeout");
      case runtime::Ready::cancelled:
        cancelled_ = true;
        return give_up("cancelled");
    }
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return give_up(std::strerror(error));
  }
  if (port != 0) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  }
  return fd;
}

}  // namespace assay::mongodb
