// Wire's sockets as libmongoc's streams, with its TLS on them where the URL asks for it.
#include "drivers/mongodb/wire.h"
#include "runtime/host_addresses.h"

#include <fmt/format.h>
#include <mongoc/mongoc.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>

namespace assay::mongodb {
namespace {

constexpr int kOwnType = 0x617361;     // none of the library's; it compares types of what it polls together
constexpr std::size_t kBuffer = 1024;  // bytes; as the library's own initiator has it

struct Stream {
  mongoc_stream_t base;  // first: the library's pointer is ours
  Wire* wire;
  int fd;
  bool asks_again;  // the last call found nothing to do and did not wait
  bool timed_out;
};

Stream& own(mongoc_stream_t* stream) noexcept { return *reinterpret_cast<Stream*>(stream); }

int close_stream(mongoc_stream_t* stream) {
  Stream& s = own(stream);
  if (s.fd >= 0) s.wire->closed(s.fd);
  s.fd = -1;
  return 0;
}

void destroy_stream(mongoc_stream_t* stream) {
  close_stream(stream);
  std::default_delete<Stream>()(&own(stream));
}

ssize_t noted(Stream& s, long done) {
  s.asks_again = done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  s.timed_out = done < 0 && errno == ETIMEDOUT;
  return done;
}

ssize_t write_stream(mongoc_stream_t* stream, mongoc_iovec_t* parts, std::size_t count, std::int32_t timeout_ms) {
  return noted(own(stream), own(stream).wire->send(own(stream).fd, parts, count, timeout_ms));
}

ssize_t read_stream(mongoc_stream_t* stream, mongoc_iovec_t* parts, std::size_t count, std::size_t least,
                    std::int32_t timeout_ms) {
  return noted(own(stream), own(stream).wire->receive(own(stream).fd, parts, count, least, timeout_ms));
}

/// Of the library's checks of hosts, whose streams it waits for together. Those of several hosts are looked at in turn.
ssize_t poll_streams(mongoc_stream_poll_t* streams, std::size_t count, std::int32_t timeout_ms) {
  constexpr std::int32_t kTurn = 5;
  ssize_t ready = 0;
  for (std::size_t i = 0; i < count; i++) {
    Stream& s = own(streams[i].stream);
    const std::int32_t limit = count == 1 ? timeout_ms : i == 0 ? std::min(timeout_ms, kTurn) : 0;
    streams[i].revents = s.wire->poll(s.fd, static_cast<short>(streams[i].events), limit);
    ready += streams[i].revents != 0 ? 1 : 0;
  }
  return ready;
}

bool is_closed(mongoc_stream_t* stream) {
  char byte = 0;
  const ssize_t n = ::recv(own(stream).fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

mongoc_stream_t* make_stream(Wire& wire, int fd) {
  auto stream = std::make_unique<Stream>();
  stream->base.type = kOwnType;
  stream->base.destroy = destroy_stream;
  stream->base.close = close_stream;
  stream->base.flush = [](mongoc_stream_t*) { return 0; };
  stream->base.writev = write_stream;
  stream->base.readv = read_stream;
  stream->base.setsockopt = [](mongoc_stream_t* s, int level, int name, void* value, mongoc_socklen_t size) {
    return ::setsockopt(own(s).fd, level, name, value, size);
  };
  stream->base.check_closed = is_closed;
  stream->base.poll = poll_streams;
  stream->base.failed = destroy_stream;
  stream->base.timed_out = [](mongoc_stream_t* s) { return own(s).timed_out; };
  stream->base.should_retry = [](mongoc_stream_t* s) { return own(s).asks_again; };
  stream->wire = &wire;
  stream->fd = fd;
  wire.opened(fd);
  return &stream.release()->base;
}

void set_error(bson_error_t* error, std::uint32_t code, const std::string& message) {
  bson_set_error(error, MONGOC_ERROR_STREAM, code, "%s", message.c_str());
}

}  // namespace

int Wire::open_socket(const _mongoc_host_list_t& host) {
  if (host.family == AF_UNIX) return connect_to(host.host, 0, host.host);
  const auto addresses = runtime::host_addresses(host.host, deadline_);
  if (!addresses) {
    timed_out_ = addresses.error().kind == FailureKind::timeout;
    cancelled_ = addresses.error().kind == FailureKind::cancelled;
    refuse(addresses.error().message);
    return -1;
  }
  for (const std::string& address : *addresses)
    if (const int fd = connect_to(address, host.port, host.host_and_port); fd >= 0) return fd;
  return -1;
}

mongoc_stream_t* Wire::connect(const _mongoc_host_list_t& host, _bson_error_t* error) {
  const int fd = open_socket(host);
  if (fd < 0) {
    set_error(error, MONGOC_ERROR_STREAM_CONNECT, refusal_);
    return nullptr;
  }
  mongoc_stream_t* stream = make_stream(*this, fd);
  if (address_.tls) {
    const auto text = [](const std::string& value) { return value.empty() ? nullptr : value.c_str(); };
    mongoc_ssl_opt_t options = *mongoc_ssl_opt_get_default();
    options.pem_file = text(address_.tls_certificate);
    options.pem_pwd = text(address_.tls_certificate_password);
    options.ca_file = text(address_.tls_ca);
    options.weak_cert_validation = address_.tls_any_certificate;
    options.allow_invalid_hostname = address_.tls_any_name;
    mongoc_stream_t* secured = mongoc_stream_tls_new_with_hostname(stream, host.host, &options, 1);
    if (secured == nullptr) {
      mongoc_stream_destroy(stream);
      refuse(fmt::format("{}: TLS cannot be set up; are tlsCAFile and tlsCertificateKeyFile files in PEM form?",
                         host.host_and_port));
      set_error(error, MONGOC_ERROR_STREAM_SOCKET, refusal_);
      return nullptr;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - real_clock().now()).count();
    const auto limit = static_cast<std::int32_t>(std::clamp<std::int64_t>(left, 1, 1 << 30));
    if (!mongoc_stream_tls_handshake_block(secured, host.host, limit, error)) {
      refuse(fmt::format("{}: {}", host.host_and_port, error->message));
      mongoc_stream_destroy(secured);
      return nullptr;
    }
    stream = secured;
  }
  return mongoc_stream_buffered_new(stream, kBuffer);
}

}  // namespace assay::mongodb
