// A TCP proxy on loopback that delays each direction by a constant time, as a longer wire would: `make bench` and tests put
// it between assay and a server.
//
//   delay_proxy --to PORT --delay 1ms [--with-parent]
//
// Listens on a free port of 127.0.0.1, prints that port as its first line, and forwards each connection to 127.0.0.1:PORT.
// Every byte leaves `delay` after it came, whatever else is under way: a delay line, not stop-and-wait, so pipelined
// requests overlap. An end of stream travels through the line too, behind the bytes before it; a reset ends both sides at
// once. The three-way handshake is not delayed. Ends at SIGTERM or SIGINT; with --with-parent also within a second of its
// parent's end.
//
// One thread. The delay is constant, so bytes become due in the order in which they came: one queue over all connections is
// the whole timer.
#include "base/error.h"
#include "base/time.h"
#include "base/units.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay {
namespace {

constexpr std::size_t kMostQueued = 8u << 20;  // per direction; beyond it the sender is held back, as a full wire would
volatile std::sig_atomic_t stop_asked = 0;

Error system_error(std::string_view what) {
  return Error(fmt::format("{}: {}", what, std::strerror(errno)), ExitCode::unreachable);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// What came from one end and is on its way to the other.
struct Direction {
  int from = -1, to = -1;
  std::deque<std::string> line;  // in order; an empty string is the end of the stream
  std::size_t due = 0;           // how many of `line`, from the front, may be sent
  std::size_t queued = 0;        // bytes in `line`
  std::size_t sent = 0;          // bytes of the first of `line` that are sent
  bool read_ended = false, write_ended = false, blocked = false;
  std::uint32_t watched = EPOLLIN;  // what epoll waits for on `from`; 0: it is not in the set
};

struct Connection {
  std::array<Direction, 2> directions;  // client to server, server to client
};

class Proxy {
 public:
  Proxy(std::uint16_t to, Nanos delay) : to_(to), delay_(delay), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 1024) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw system_error("cannot listen on 127.0.0.1");
    port_ = ntohs(address.sin_port);
    watch(listener_, EPOLLIN, EPOLL_CTL_ADD, kListener);
  }

  std::uint16_t port() const { return port_; }

  /// Forwards what is ready and what is due, and waits for the next of either, at most `longest`.
  void step(Nanos longest) {
    wait(longest);
    std::array<epoll_event, 256> events;
    const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < ready; i++) {
      const std::uint64_t tag = events[static_cast<std::size_t>(i)].data.u64;
      if (tag == kListener)
        accept_all();
      else
        on_ready(tag >> 1, tag & 1, events[static_cast<std::size_t>(i)].events);
    }
    const TimePoint now = clock_.now();
    while (!due_.empty() && due_.front().at <= now) {
      const Due next = due_.front();
      due_.pop_front();
      const auto found = connections_.find(next.connection);
      if (found == connections_.end()) continue;
      found->second.directions[next.direction].due++;
      if (!flush(found->second.directions[next.direction])) close_connection(next.connection);
      update(next.connection);
    }
  }

 private:
  static constexpr std::uint64_t kListener = ~std::uint64_t{0};
  struct Due {
    TimePoint at;
    std::uint64_t connection;
    std::size_t direction;
  };

  void watch(int fd, std::uint32_t events, int operation, std::uint64_t tag) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = tag;
    if (epoll_ctl(epoll_, operation, fd, &event) != 0) throw system_error("epoll_ctl");
  }

  // epoll_wait counts in milliseconds, which is as long as the delays we make: ppoll on the epoll descriptor counts in ns.
  void wait(Nanos longest) const {
    Nanos left = longest;
    if (!due_.empty()) left = std::clamp(Nanos(due_.front().at - clock_.now()), Nanos(0), longest);
    const timespec limit{static_cast<std::time_t>(left.count() / 1'000'000'000),
                         static_cast<long>(left.count() % 1'000'000'000)};
    pollfd wanted{epoll_, POLLIN, 0};
    ppoll(&wanted, 1, &limit, nullptr);
  }

  void accept_all() {
    for (;;) {
      const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) return;
      const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const sockaddr_in address = loopback(to_);
      // On loopback the kernel answers at once: this does not hold up the other connections.
      if (server < 0 || connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        if (server >= 0) close(server);
        close(client);
        continue;
      }
      const std::uint64_t id = next_id_++;
      Connection& made = connections_[id];
      made.directions[0].from = made.directions[1].to = client;
      made.directions[0].to = made.directions[1].from = server;
      for (std::size_t i = 0; i < 2; i++) {
        const int fd = made.directions[i].from, on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(fd, EPOLLIN, EPOLL_CTL_ADD, id << 1 | i);
      }
    }
  }

  void on_ready(std::uint64_t id, std::size_t side, std::uint32_t events) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    Direction& in = found->second.directions[side];
    Direction& out = found->second.directions[1 - side];  // what is sent to this descriptor
    bool alive = (events & EPOLLERR) == 0;
    if (alive && (events & (EPOLLIN | EPOLLHUP)) != 0 && !in.read_ended) alive = receive(id, side, in);
    if (alive && (events & EPOLLOUT) != 0) alive = flush(out);
    if (!alive) close_connection(id);
    update(id);
  }

  bool receive(std::uint64_t id, std::size_t side, Direction& in) {
    const ssize_t size = recv(in.from, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (size == 0) in.read_ended = true;
    in.line.emplace_back(buffer_.data(), static_cast<std::size_t>(size));
    in.queued += static_cast<std::size_t>(size);
    due_.push_back({clock_.now() + delay_, id, side});
    return true;
  }

  /// Sends what is due as far as the receiver takes it. False: the connection is broken.
  static bool flush(Direction& d) {
    d.blocked = false;
    while (d.due > 0) {
      std::string& first = d.line.front();
      if (first.empty()) {
        shutdown(d.to, SHUT_WR);
        d.write_ended = true;
      }
      while (d.sent < first.size()) {
        const ssize_t size = send(d.to, first.data() + d.sent, first.size() - d.sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return d.blocked = errno == EAGAIN;
        d.sent += static_cast<std::size_t>(size);
      }
      d.queued -= first.size();
      d.sent = 0;
      d.line.pop_front();
      d.due--;
    }
    return true;
  }

  /// Sets what is waited for on both descriptors; ends the connection when both directions have ended.
  void update(std::uint64_t id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    auto& directions = found->second.directions;
    if (directions[0].write_ended && directions[1].write_ended) return close_connection(id);
    for (std::size_t side = 0; side < 2; side++) {
      const bool read = !directions[side].read_ended && directions[side].queued < kMostQueued;
      const std::uint32_t events = (read ? EPOLLIN : 0u) | (directions[1 - side].blocked ? EPOLLOUT : 0u);
      watch_for(directions[side], events, id << 1 | side);
    }
  }

  void watch_for(Direction& d, std::uint32_t events, std::uint64_t tag) {
    if (events == d.watched) return;
    // EPOLLHUP is reported whether asked for or not: a descriptor of which nothing is wanted must leave the set.
    if (events == 0)
      epoll_ctl(epoll_, EPOLL_CTL_DEL, d.from, nullptr);
    else
      watch(d.from, events, d.watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, tag);
    d.watched = events;
  }

  void close_connection(std::uint64_t id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    close(found->second.directions[0].from);
    close(found->second.directions[0].to);
    connections_.erase(found);
  }

  const Clock& clock_ = real_clock();
  std::uint16_t to_, port_ = 0;
  Nanos delay_;
  int epoll_, listener_ = -1;
  std::uint64_t next_id_ = 0;
  std::map<std::uint64_t, Connection> connections_;
  std::deque<Due> due_;  // one entry for each element of each `line`
  std::vector<char> buffer_ = std::vector<char>(256u << 10);
};

struct Options {
  std::uint16_t to = 0;
  Nanos delay{};
  bool with_parent = false;
};

Options parse(const std::vector<std::string_view>& args) {
  Options options;
  bool has_delay = false;
  for (std::size_t i = 0; i < args.size(); i++) {
    const bool has_value = i + 1 < args.size();
    if (args[i] == "--to" && has_value) {
      const std::int64_t port = parse_count(args[++i]);
      if (port < 1 || port > 65535) throw Error(fmt::format("--to {}: expected a port, 1 to 65535", port));
      options.to = static_cast<std::uint16_t>(port);
    } else if (args[i] == "--delay" && has_value) {
      options.delay = parse_duration(args[++i]);
      has_delay = true;
    } else if (args[i] == "--with-parent") {
      options.with_parent = true;
    } else {
      throw Error(fmt::format("unexpected '{}'; usage: delay_proxy --to PORT --delay 1ms [--with-parent]", args[i]));
    }
  }
  if (options.to == 0 || !has_delay) throw Error("usage: delay_proxy --to PORT --delay 1ms [--with-parent]");
  return options;
}

int serve(const Options& options) {
  struct sigaction on_stop {};
  on_stop.sa_handler = [](int) { stop_asked = 1; };
  sigaction(SIGTERM, &on_stop, nullptr);
  sigaction(SIGINT, &on_stop, nullptr);
  prctl(PR_SET_TIMERSLACK, 1);
  const pid_t parent = getppid();
  Proxy proxy(options.to, options.delay);
  fmt::print("{}\n", proxy.port());
  std::fflush(stdout);
  while (stop_asked == 0 && !(options.with_parent && getppid() != parent)) proxy.step(std::chrono::seconds(1));
  return 0;
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) {
  try {
    return assay::serve(assay::parse({argv + 1, argv + argc}));
  } catch (const assay::Error& error) {
    fmt::print(stderr, "delay_proxy: {}\n", error.what());
    return static_cast<int>(error.code());
  }
}
