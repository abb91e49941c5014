// A peer on loopback that plays a PostgreSQL server by a script: for what a real server does too seldom, too late or never.
//
// It lets one session in and then, for each request (up to a Sync or a simple query), sends the next reply of its script. Bytes
// of messages are made by hand from the protocol's specification. Runs on a thread of its own; errors of its sockets end
// the script.
#pragma once

#include "drivers/postgres/wire.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace assay::postgres {

inline std::string server_message(char type, std::string_view body = {}) {
  std::string out(1, type);
  put(out, static_cast<std::int32_t>(body.size() + 4));
  out.append(body);
  return out;
}

struct Reply {
  enum class End { stay, close, reset };
  std::string bytes;
  bool bytewise = false;
  End end = End::stay;
  bool before = false;     // is sent when the request's first bytes come, which are then left unread for 50 ms
  std::string later = {};  // is sent 5 ms behind it
};

class ScriptedPeer {
 public:
  explicit ScriptedPeer(std::vector<Reply> script)
      : script_(std::move(script)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int little = 1;  // of what is not read, so that a sender's buffer can be filled
    setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    listen(listener_, 4);
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { play(); });
  }
  ~ScriptedPeer() { finish(); }
  ScriptedPeer(const ScriptedPeer&) = delete;
  ScriptedPeer& operator=(const ScriptedPeer&) = delete;

  int port() const noexcept { return port_; }
  std::string url(std::string_view more = "") const {
    return fmt::format("postgres://u@127.0.0.1:{}/d?sslmode=disable{}", port_, more);
  }
  /// The types of the messages of each request. Ends the script.
  const std::vector<std::string>& requests() {
    finish();
    return requests_;
  }

 private:
  void finish() {
    if (!thread_.joinable()) return;
    shutdown(listener_, SHUT_RDWR);  // in case that nobody came
    thread_.join();
    close(listener_);
  }
  std::optional<std::string> bytes(std::size_t n) const {
    std::string out(n, '\0');
    for (std::size_t have = 0; have < n;) {
      const ssize_t got = recv(session_, out.data() + have, n - have, 0);
      if (got <= 0) return std::nullopt;
      have += static_cast<std::size_t>(got);
    }
    return out;
  }
  /// Reads a request; false: there is none any more.
  bool request() {
    std::string types;
    while (const auto header = bytes(5)) {
      const std::size_t size = get<std::uint32_t>(*header, 1) - 4;
      if (size > 0 && !bytes(size)) return false;
      const char type = (*header)[0];
      if (type == 'X') return false;  // Terminate
      types += type;
      if (type != 'S' && type != 'Q') continue;
      requests_.push_back(types);
      return true;
    }
    return false;
  }
  bool send_all(const std::string& text, bool bytewise) const {
    const std::size_t piece = bytewise ? 1 : text.size();
    for (std::size_t at = 0; at < text.size(); at += piece)
      if (send(session_, text.data() + at, piece, MSG_NOSIGNAL) < 0) return false;
    return true;
  }
  void play() {
    session_ = accept(listener_, nullptr, nullptr);
    if (session_ < 0) return;
    const int one = 1;
    setsockopt(session_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const auto size = bytes(4);  // of the start-up message, which has no type
    if (size && bytes(get<std::uint32_t>(*size) - 4))
      send_all(server_message('R', std::string_view("\0\0\0\0", 4)) +
                   server_message('S', std::string_view("server_version\0"
                                                        "15.1\0",
                                                        20)) +
                   server_message('S', std::string_view("client_encoding\0UTF8\0", 21)) +
                   server_message('K', "12345678") + server_message('Z', "I"),
               false);
    for (const Reply& reply : script_) {
      if (reply.before) {
        char first = 0;
        if (recv(session_, &first, 1, MSG_PEEK) != 1 || !send_all(reply.bytes, false)) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        if (!request()) break;
        continue;
      }
      if (!request() || !send_all(reply.bytes, reply.bytewise)) break;
      if (!reply.later.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      if (!send_all(reply.later, false) || reply.end == Reply::End::close) break;
      if (reply.end == Reply::End::stay) continue;
      const linger at_once{.l_onoff = 1, .l_linger = 0};
      setsockopt(session_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      break;
    }
    const bool all = requests_.size() == script_.size() && script_.back().end == Reply::End::stay;
    while (all && request()) {
    }
    close(session_);
  }

  const std::vector<Reply> script_;
  const int listener_;
  int port_ = 0, session_ = -1;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace assay::postgres
