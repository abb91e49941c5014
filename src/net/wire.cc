#include "net/wire.h"

#include "base/error.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

namespace assay::net {
namespace {

constexpr std::size_t kPiece = 64 << 10;

struct HostPort {
  std::string host, port;
};

HostPort host_and_port(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  const auto wrong = [&] {
    return Error(
        fmt::format("{} is no address to listen at: expected HOST:PORT, such as 127.0.0.1:8080 or [::1]:0", address));
  };
  if (colon == std::string::npos) throw wrong();
  HostPort parts{address.substr(0, colon), address.substr(colon + 1)};
  const bool digits =
      !parts.port.empty() && parts.port.size() <= 5 && parts.port.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || std::stoi(parts.port) > 65535) throw wrong();
  if (parts.host.starts_with('[') && parts.host.ends_with(']'))
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  else if (parts.host.find(':') != std::string::npos)
    throw wrong();
  return parts;
}

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Addresses resolve(const HostPort& parts, const std::string& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(parts.host.empty() ? nullptr : parts.host.c_str(), parts.port.c_str(), &hints, &found);
  if (failed != 0)
    throw Error(fmt::format("cannot listen at {}: {}", address, gai_strerror(failed)), ExitCode::unreachable);
  return {found, freeaddrinfo};
}

bool is_loopback(const sockaddr* address) {
  if (address->sa_family == AF_INET)
    return (ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr) >> 24) == 127;
  return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
}

void set_port(sockaddr* address, int port) {
  // sin_port and sin6_port are at the same place.
  reinterpret_cast<sockaddr_in*>(address)->sin_port = htons(static_cast<std::uint16_t>(port));
}

int port_of(int socket) {
  sockaddr_storage own{};
  socklen_t length = sizeof own;
  getsockname(socket, reinterpret_cast<sockaddr*>(&own), &length);
  return ntohs(reinterpret_cast<const sockaddr_in*>(&own)->sin_port);
}

/// 0, or the errno of what failed.
int listen_on(const addrinfo& at, Descriptor& into) {
  Descriptor socket(::socket(at.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (socket.get() < 0) return errno;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (at.ai_family == AF_INET6) setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(socket.get(), at.ai_addr, at.ai_addrlen) != 0 || listen(socket.get(), SOMAXCONN) != 0) return errno;
  into = std::move(socket);
  return 0;
}

int left_ms(TimePoint deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - real_clock().now()).count();
  return static_cast<int>(std::clamp<long>(left, 0, INT_MAX));
}

/// The first of OpenSSL's errors is the cause, the later ones only say who met it.
std::string tls_reason() {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "unknown reason";
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

Listening listen_at(const std::string& address) {
  const HostPort parts = host_and_port(address);
  const Addresses addresses = resolve(parts, address);
  const bool any_port = std::stoi(parts.port) == 0;
  int failed = 0;
  // A port that is free on the first address may be taken on the second: then another one is tried.
  for (int attempt = 0; attempt < (any_port ? 20 : 1); ++attempt) {
    Listening listening;
    for (const addrinfo* at = addresses.get(); at != nullptr; at = at->ai_next) {
      if (any_port) set_port(at->ai_addr, listening.port);
      Descriptor socket;
      const int why = listen_on(*at, socket);
      if (why != 0) failed = why;
      if (why == EAFNOSUPPORT || why == EADDRNOTAVAIL) continue;  // a name may have addresses that the machine has not
      if (why != 0) {
        listening.sockets.clear();
        break;
      }
      listening.port = port_of(socket.get());
      listening.loopback = listening.loopback && is_loopback(at->ai_addr);
      listening.sockets.push_back(std::move(socket));
    }
    if (!listening.sockets.empty()) return listening;
    if (failed != EADDRINUSE) break;
  }
  throw Error(fmt::format("cannot listen at {}: {}", address, std::strerror(failed)), ExitCode::unreachable);
}

TlsFiles load_tls(const std::string& certificate_file, const std::string& key_file) {
  ERR_clear_error();
  TlsFiles tls(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (tls == nullptr) throw std::bad_alloc();
  // A key with a passphrase is an error, not a question on the terminal that nobody sees.
  SSL_CTX_set_default_passwd_cb(tls.get(), [](char*, int, int, void*) { return 0; });
  SSL_CTX_set_min_proto_version(tls.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(tls.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (SSL_CTX_use_certificate_chain_file(tls.get(), certificate_file.c_str()) != 1)
    throw Error(fmt::format("{}: {}: expected a certificate chain in PEM", certificate_file, tls_reason()));
  if (SSL_CTX_use_PrivateKey_file(tls.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    throw Error(fmt::format("{}: {}: expected the private key of {} in PEM, without a passphrase", key_file,
                            tls_reason(), certificate_file));
  return tls;
}

Wire::Wire(Descriptor socket, TlsFiles tls) : socket_(std::move(socket)), tls_(std::move(tls)) {
  const int on = 1;
  setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (tls_ == nullptr) return;
  ssl_ = SSL_new(tls_.get());
  if (ssl_ == nullptr || SSL_set_fd(ssl_, socket_.get()) != 1) throw std::bad_alloc();
  SSL_set_accept_state(ssl_);
}

Wire::~Wire() { SSL_free(ssl_); }

bool Wire::wait_for(short events, TimePoint deadline) const {
  pollfd one{socket_.get(), events, 0};
  for (;;) {
    const int ready = poll(&one, 1, left_ms(deadline));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

bool Wire::wait_tls(int result, TimePoint deadline) {
  const int why = SSL_get_error(ssl_, result);
  if (why == SSL_ERROR_WANT_READ) return wait_for(POLLIN, deadline);
  if (why == SSL_ERROR_WANT_WRITE) return wait_for(POLLOUT, deadline);
  return false;
}

bool Wire::greet(TimePoint deadline) {
  while (ssl_ != nullptr && real_clock().now() < deadline) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_);
    if (done == 1) return true;
    if (!wait_tls(done, deadline)) return false;
  }
  return ssl_ == nullptr;
}

bool Wire::read(std::string& into, TimePoint deadline) {
  std::array<char, kPiece> piece;
  do {
    if (ssl_ != nullptr) {
      ERR_clear_error();
      const int got = SSL_read(ssl_, piece.data(), static_cast<int>(piece.size()));
      if (got > 0) return into.append(piece.data(), static_cast<std::size_t>(got)), true;
      if (!wait_tls(got, deadline)) return false;
    } else {
      const ssize_t got = recv(socket_.get(), piece.data(), piece.size(), 0);
      if (got > 0) return into.append(piece.data(), static_cast<std::size_t>(got)), true;
      if (got == 0 || (errno != EAGAIN && errno != EINTR)) return false;
      if (!wait_for(POLLIN, deadline)) return false;
    }
  } while (real_clock().now() < deadline);
  return false;
}

bool Wire::write(std::string_view text, TimePoint deadline) {
  while (!text.empty()) {
    if (real_clock().now() >= deadline) return false;
    const std::size_t most = std::min(text.size(), kPiece);
    if (ssl_ != nullptr) {
      ERR_clear_error();
      const int put = SSL_write(ssl_, text.data(), static_cast<int>(most));
      if (put > 0)
        text.remove_prefix(static_cast<std::size_t>(put));
      else if (!wait_tls(put, deadline))
        return false;
    } else {
      const ssize_t put = ::send(socket_.get(), text.data(), most, MSG_NOSIGNAL);
      if (put > 0)
        text.remove_prefix(static_cast<std::size_t>(put));
      else if ((errno != EAGAIN && errno != EINTR) || !wait_for(POLLOUT, deadline))
        return false;
    }
  }
  return true;
}

bool Wire::peer_left() const {
  pollfd one{socket_.get(), POLLRDHUP, 0};
  return poll(&one, 1, 0) > 0;
}

void Wire::close_gently(TimePoint deadline) {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
  }
  shutdown(socket_.get(), SHUT_WR);
  std::array<char, kPiece> dropped;
  while (real_clock().now() < deadline) {
    const ssize_t got = recv(socket_.get(), dropped.data(), dropped.size(), 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return;
    if (got < 0 && !wait_for(POLLIN, deadline)) return;
  }
}

void Wire::cut() { shutdown(socket_.get(), SHUT_RDWR); }

}  // namespace assay::net
