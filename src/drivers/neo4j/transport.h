// A stream of bytes to a server, plain or TLS, that waits through runtime/wait.h: the same code on a fiber and on a thread.
//
// Belongs to one fiber or thread at a time. A failure ends the stream; the caller closes it. TLS goes through memory, so that
// all that is sent goes by send() without SIGPIPE, and OpenSSL never sees the socket.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "drivers/neo4j/address.h"

#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;
struct bio_st;

namespace assay::neo4j {

/// What the TLS of all connections of a target has in common. Throws Error for a file that holds no authorities. Null without
/// TLS.
using TlsContext = std::shared_ptr<ssl_ctx_st>;
TlsContext make_tls_context(const Address&);

class Transport {
 public:
  explicit Transport(TlsContext context) : context_(std::move(context)) {}
  ~Transport() { close(); }
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// To a numeric host, handshake included. `name` is what its certificate must be for, when that is verified.
  Result<> connect(const std::string& host, unsigned port, const std::string& name, bool verify, TimePoint deadline);
  void close() noexcept;
  bool is_open() const noexcept { return fd_ >= 0; }
  /// Sends all of it. What arrives meanwhile is taken in, so that two who both write do not wait for each other.
  Result<> send(std::string_view, TimePoint deadline);
  /// Appends what is there to `received`, after waiting for the first byte.
  Result<> receive(std::string& received, TimePoint deadline);
  std::string tls() const;  // "TLSv1.3 TLS_AES_256_GCM_SHA384"; "off"

 private:
  Result<> wait(bool write, TimePoint deadline);
  Result<> start_tls(const std::string& name, bool verify, TimePoint deadline);
  Result<> shake_hands(TimePoint deadline);
  Result<> send_raw(std::string_view, TimePoint deadline);
  /// One recv. False: there was nothing.
  Result<bool> receive_raw();
  Result<> drain_tls(TimePoint deadline);
  /// What was received, deciphered where that is needed, to the end of `received`. False: nothing whole yet.
  Result<bool> take(std::string& received);

  TlsContext context_;
  int fd_ = -1;
  ssl_st* ssl_ = nullptr;
  bio_st *in_ = nullptr, *out_ = nullptr;  // of ssl_, which owns them
  bool registered_ = false;                // with the loop
  std::string raw_;                        // arrived, not given out; with TLS it stands in in_
};

}  // namespace assay::neo4j
