#include "drivers/neo4j/transport.h"

#include "base/error.h"
#include "runtime/wait.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

namespace assay::neo4j {
namespace {

constexpr std::size_t kPiece = 64 << 10;

tl::unexpected<Failure> lost(int error) {
  return fail(FailureKind::disconnected, std::generic_category().message(error));
}

/// The first of OpenSSL's errors is the cause.
std::string tls_reason(const ssl_st* ssl) {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  const bool verifies = SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE;
  if (const long verified = SSL_get_verify_result(ssl); verifies && verified != X509_V_OK)
    return fmt::format("the server's certificate is not trusted: {}", X509_verify_cert_error_string(verified));
  const char* const reason = ERR_reason_error_string(code);
  return fmt::format("no TLS: {}", reason == nullptr ? "the server closed the connection" : reason);
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

SocketAddress socket_address(const std::string& host, unsigned port) {
  SocketAddress out;
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
  const std::string numeric = host.substr(0, host.find('%'));
  if (inet_pton(AF_INET, numeric.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<std::uint16_t>(port));
    out.size = sizeof *v4;
  } else if (inet_pton(AF_INET6, numeric.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<std::uint16_t>(port));
    out.size = sizeof *v6;
  }
  return out;
}

}  // namespace

TlsContext make_tls_context(const Address& address) {
  if (address.tls == Tls::off) return nullptr;
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (context == nullptr) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (address.tls == Tls::any_certificate) return context;
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const bool read = address.authorities.empty()
                        ? SSL_CTX_set_default_verify_paths(context.get()) == 1
                        : SSL_CTX_load_verify_locations(context.get(), address.authorities.c_str(), nullptr) == 1;
  ERR_clear_error();
  if (!read)
    throw Error(fmt::format("{} holds no certificates of authorities in PEM",
                            address.authorities.empty() ? "the system's store" : address.authorities));
  return context;
}

void Transport::close() noexcept {
  SSL_free(std::exchange(ssl_, nullptr));
  in_ = out_ = nullptr;
  raw_.clear();
  if (fd_ < 0) return;
  if (std::exchange(registered_, false)) runtime::forget(fd_);
  ::close(std::exchange(fd_, -1));
}

Result<> Transport::wait(bool write, TimePoint deadline) {
  const auto interest = write ? runtime::Interest::both : runtime::Interest::read;
  const runtime::Ready ready =
      registered_ ? runtime::wait(fd_, interest, deadline) : runtime::wait_once(fd_, interest, deadline);
  if (ready == runtime::Ready::ready) return {};
  return ready == runtime::Ready::timed_out ? fail(FailureKind::timeout, "no answer in time")
                                            : fail(FailureKind::cancelled, "cancelled");
}

Result<> Transport::connect(const std::string& host, unsigned port, const std::string& name, bool verify,
                            TimePoint deadline) {
  close();
  const SocketAddress to = socket_address(host, port);
  fd_ = socket(to.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0 || to.size == 0) return lost(errno);
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to.storage), to.size) != 0) {
    if (errno != EINPROGRESS) return lost(errno);
    const runtime::Ready ready = runtime::wait_once(fd_, runtime::Interest::write, deadline);
    if (ready == runtime::Ready::timed_out) return fail(FailureKind::timeout, "no answer in time");
    if (ready == runtime::Ready::cancelled) return fail(FailureKind::cancelled, "cancelled");
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return lost(error);
  }
  registered_ = true;
  return context_ == nullptr ? Result<>() : start_tls(name, verify, deadline);
}

Result<> Transport::start_tls(const std::string& name, bool verify, TimePoint deadline) {
  ERR_clear_error();
  ssl_ = SSL_new(context_.get());
  in_ = BIO_new(BIO_s_mem());
  out_ = BIO_new(BIO_s_mem());
  ASSAY_ASSERT(ssl_ != nullptr && in_ != nullptr && out_ != nullptr);
  SSL_set_bio(ssl_, in_, out_);
  SSL_set_connect_state(ssl_);
  const SocketAddress numeric = socket_address(name, 0);
  if (numeric.size == 0) SSL_set_tlsext_host_name(ssl_, name.c_str());
  if (verify) {
    const int set = numeric.size == 0 ? SSL_set1_host(ssl_, name.c_str())
                                      : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), name.c_str());
    ASSAY_ASSERT(set == 1);
  }
  return shake_hands(deadline);
}

Result<> Transport::shake_hands(TimePoint deadline) {
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_);
    const int why = done == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_, done);
    const std::string reason = why == SSL_ERROR_NONE || why == SSL_ERROR_WANT_READ ? "" : tls_reason(ssl_);
    auto sent = drain_tls(deadline);  // an alert, too
    if (!reason.empty()) return fail(FailureKind::rejected, reason);
    if (!sent || done == 1) return sent;
    auto got = receive_raw();
    if (!got) {
      if (got.error().kind == FailureKind::disconnected) got.error().message = "no TLS: " + got.error().message;
      return tl::unexpected(std::move(got.error()));
    }
    if (*got) continue;
    if (auto ready = wait(false, deadline); !ready) return ready;
  }
}

Result<> Transport::drain_tls(TimePoint deadline) {
  for (char* data = nullptr;;) {
    const long size = BIO_get_mem_data(out_, &data);
    if (size <= 0) return {};
    const std::string piece(data, static_cast<std::size_t>(size));  // sending may take more in, and so move it
    BIO_reset(out_);
    if (auto sent = send_raw(piece, deadline); !sent) return sent;
  }
}

Result<bool> Transport::receive_raw() {
  std::array<char, kPiece> piece;
  for (;;) {
    const ssize_t got = recv(fd_, piece.data(), piece.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
    if (got < 0) return lost(errno);
    if (got == 0) return fail(FailureKind::disconnected, "the server closed the connection");
    if (ssl_ != nullptr)
      BIO_write(in_, piece.data(), static_cast<int>(got));
    else
      raw_.append(piece.data(), static_cast<std::size_t>(got));
    return true;
  }
}

Result<> Transport::send_raw(std::string_view text, TimePoint deadline) {
  while (!text.empty()) {
    const ssize_t put = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    if (put > 0) {
      text.remove_prefix(static_cast<std::size_t>(put));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return lost(errno);
    if (auto ready = wait(true, deadline); !ready) return ready;
    if (auto got = receive_raw(); !got) return tl::unexpected(std::move(got.error()));
  }
  return {};
}

Result<> Transport::send(std::string_view text, TimePoint deadline) {
  if (ssl_ == nullptr) return send_raw(text, deadline);
  while (!text.empty()) {
    ERR_clear_error();
    const int put = SSL_write(ssl_, text.data(), static_cast<int>(std::min(text.size(), kPiece)));
    if (put <= 0) return fail(FailureKind::disconnected, tls_reason(ssl_));  // memory takes all: nothing to wait for
    text.remove_prefix(static_cast<std::size_t>(put));
    if (auto sent = drain_tls(deadline); !sent) return sent;
  }
  return {};
}

Result<bool> Transport::take(std::string& received) {
  if (ssl_ == nullptr) {
    if (raw_.empty()) return false;
    received += raw_;
    raw_.clear();
    return true;
  }
  std::array<char, kPiece> piece;
  bool some = false;
  for (;;) {
    ERR_clear_error();
    const int got = SSL_read(ssl_, piece.data(), static_cast<int>(piece.size()));
    if (got > 0) {
      received.append(piece.data(), static_cast<std::size_t>(got));
      some = true;
      continue;
    }
    const int why = SSL_get_error(ssl_, got);
    if (why == SSL_ERROR_WANT_READ || some) return some;
    if (why == SSL_ERROR_ZERO_RETURN) return fail(FailureKind::disconnected, "the server closed the connection");
    return fail(FailureKind::disconnected, tls_reason(ssl_));
  }
}

Result<> Transport::receive(std::string& received, TimePoint deadline) {
  for (;;) {
    auto taken = take(received);
    if (!taken) return tl::unexpected(std::move(taken.error()));
    if (*taken) return {};
    // The answer is seldom there already: waiting first saves a recv that finds nothing.
    if (auto ready = wait(false, deadline); !ready) return ready;
    if (auto got = receive_raw(); !got) return tl::unexpected(std::move(got.error()));
  }
}

std::string Transport::tls() const {
  if (ssl_ == nullptr) return "off";
  return fmt::format("{} {}", SSL_get_version(ssl_), SSL_CIPHER_get_name(SSL_get_current_cipher(ssl_)));
}

}  // namespace assay::neo4j
