// For tests: the other side of an HTTP connection as bytes, so that it can do what no client does.
//
// A Peer blocks, for at most 20 seconds, and belongs to one thread. It closes on destruction.
#pragma once

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace assay::net {

class Peer {
 public:
  /// HOST:PORT or [HOST]:PORT. A receive buffer of some bytes makes a reader that stalls soon.
  explicit Peer(const std::string& address, int receive_buffer = 0) {
    const std::size_t colon = address.rfind(':');
    std::string host = address.substr(0, colon);
    if (host.front() == '[') host = host.substr(1, host.size() - 2);
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(host.c_str(), address.substr(colon + 1).c_str(), &hints, &found) != 0) return;
    fd_ = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    connected_ = connect(fd_, found->ai_addr, found->ai_addrlen) == 0;
    freeaddrinfo(found);
  }
  ~Peer() {
    if (fd_ >= 0) close(fd_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool connected() const { return connected_; }

  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t put = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (put <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
  }

  /// Whether the other side closes, or is done with sending, in these milliseconds.
  bool closes(int within_ms) {
    pollfd one{fd_, POLLRDHUP, 0};
    return poll(&one, 1, within_ms) > 0;
  }

  /// All up to and with `end`; what came until the close where that does not come.
  std::string read_until(std::string_view end) {
    std::size_t at;
    while ((at = got_.find(end)) == std::string::npos)
      if (!more()) return std::exchange(got_, {});
    std::string out = got_.substr(0, at + end.size());
    got_.erase(0, out.size());
    return out;
  }

  std::string read_to_end() {
    while (more()) {
    }
    return std::exchange(got_, {});
  }

  /// One answer with its body, as long as its Content-Length says.
  std::string read_answer() {
    std::string head = read_until("\r\n\r\n");
    const std::size_t at = head.find("Content-Length: ");
    const std::size_t length = at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
    while (got_.size() < length && more()) {
    }
    head += got_.substr(0, length);
    got_.erase(0, length);
    return head;
  }

  std::string ask(std::string_view text) { return send(text) ? read_answer() : ""; }

 private:
  bool more() {
    pollfd one{fd_, POLLIN, 0};
    if (poll(&one, 1, 20'000) <= 0) return false;
    char piece[4096];
    const ssize_t got = recv(fd_, piece, sizeof piece, 0);
    if (got > 0) got_.append(piece, static_cast<std::size_t>(got));
    return got > 0;
  }

  int fd_ = -1;
  bool connected_ = false;
  std::string got_;
};

}  // namespace assay::net
