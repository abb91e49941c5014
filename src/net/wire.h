// One accepted connection as a stream of bytes, plain or TLS, and the sockets that accept them.
//
// Every call has an instant at which it gives up, whatever trickles in until then: a peer that sends a byte a second gets no
// more time than one that sends none. A Wire belongs to one thread; only cut() may be called from any. Sockets are closed
// on destruction. Listening and TLS files throw an Error that names the address or the file: usage when it
// is none, unreachable when the system does not give the address.
#pragma once

#include "base/time.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;

namespace assay::net {

/// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const { return fd_; }

 private:
  int fd_;
};

struct Listening {
  std::vector<Descriptor> sockets;  // non-blocking; one for each address of the host
  int port = 0;                     // the same for all
  bool loopback = true;             // no socket can be reached from another machine
};

/// Listens at "HOST:PORT", "[::1]:PORT" or ":PORT" (every address); port 0: any free one.
Listening listen_at(const std::string& address);

using TlsFiles = std::shared_ptr<ssl_ctx_st>;
/// Certificate chain and private key of a server, both PEM.
TlsFiles load_tls(const std::string& certificate_file, const std::string& key_file);

class Wire {
 public:
  /// Takes an accepted, non-blocking socket.
  Wire(Descriptor socket, TlsFiles tls);
  ~Wire();

  /// The TLS handshake; true at once where there is none.
  bool greet(TimePoint deadline);
  /// Appends what is there, at most 64 KiB, after waiting for the first byte. False: closed, failed, or too late.
  bool read(std::string& into, TimePoint deadline);
  bool write(std::string_view, TimePoint deadline);
  /// Whether the peer has closed its side. Does not wait. (Of a TLS peer only a closed connection shows.)
  bool peer_left() const;
  /// Ends writing, then reads and drops until the peer closes too: closing with unread bytes would take back our answer.
  void close_gently(TimePoint deadline);
  /// Ends all reading and writing, now and later.
  void cut();

 private:
  /// Waits as OpenSSL asks after a call that answered `result`; false when there is nothing to wait for or it is too late.
  bool wait_tls(int result, TimePoint deadline);
  bool wait_for(short events, TimePoint deadline) const;

  Descriptor socket_;
  TlsFiles tls_;
  ssl_st* ssl_ = nullptr;
};

}  // namespace assay::net
