// One libpq connection that waits through runtime/wait.h: the same code on a fiber and on a thread. Hides libpq from
// the rest of the driver.
//
// Non-blocking throughout. An exchange is: prepare_exchange(), PQsend…, sent(), then next() or finish() for the
// results. A connection that failed under way is closed at once and stays lost; only opening another one helps. The
// failure of an exchange whose effect may be durable carries in_doubt when its answer did not arrive.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "core/table.h"
#include "core/value.h"
#include "runtime/wait.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct pg_conn;
struct pg_result;

namespace assay::postgres {

class DirectExchange;

struct ResultClear {
  void operator()(pg_result*) const noexcept;
};
using ResultPtr = std::unique_ptr<pg_result, ResultClear>;

/// One address of one host, of which libpq needs the name too, for certificates and passwords.
struct Endpoint {
  std::string host, address, port;  // address: numeric, or "" for a local socket
};

/// Keywords and values for libpq; host names are resolved.
struct ConnectionSpec {
  std::vector<std::pair<std::string, std::string>> parameters;
  std::vector<Endpoint> endpoints;  // tried in turn; empty: libpq finds the host itself (a service)
  std::string place;                // "127.0.0.1:5432, database 'test', user 'me'", for messages
  Nanos connect_timeout{};          // for each endpoint
  Nanos operation_timeout{};
};

/// Empty when the server will do; else a message with what was found and what is expected.
std::string refuse_version(int server_version, std::string_view place);
/// The SQLSTATE in a message made with PQERRORS_VERBOSE ("FATAL:  28P01: …"), or "".
std::string_view sqlstate_in(std::string_view verbose_message) noexcept;

class Connection {
 public:
  /// The next endpoint is tried when one cannot be reached, does not answer in time, cannot take connections now or is not
  /// of the kind that target_session_attrs asks for; not when it refuses us.
  static Result<std::unique_ptr<Connection>> open(const ConnectionSpec&);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  pg_conn* raw() noexcept { return conn_; }
  /// Exchanges of prepared statements go past libpq from now on, unless TLS is in use.
  void use_direct_exchange();
  /// nullptr: by libpq.
  DirectExchange* direct() noexcept { return direct_.get(); }
  bool lost() const noexcept { return conn_ == nullptr; }
  bool in_transaction() const noexcept;
  std::uint64_t round_trips() const noexcept { return round_trips_; }
  /// Whether exchanges have no time-out from now on.
  void set_patient(bool on) noexcept { patient_ = on; }
  int server_version() const noexcept;
  std::string server_version_text() const;
  std::string tls() const;  // "TLSv1.3 TLS_AES_256_GCM_SHA384"; "off"
  std::string fresh_statement_name();

  /// Fails when the connection is lost already; else starts the clock of the operation timeout. For libpq.
  Result<> prepare_exchange(bool in_doubt_when_lost);
  /// After PQsend…, with what that answered: makes sure that all of it leaves.
  Result<> sent(int ok);
  /// The next result; nullptr at the end of a statement. Answers a FATAL_ERROR result as such, for failure().
  Result<ResultPtr> next();
  /// Plain mode: reads all results of a statement, answers the last one, or the failure of the first that failed.
  Result<ResultPtr> finish();
  /// What a result that is an error says. A failure that ends the connection closes it.
  Failure failure(pg_result*);
  /// An exchange may become harmless, or not, while its answers arrive.
  void in_doubt_when_lost(bool v) noexcept { in_doubt_when_lost_ = v; }

  /// Simple text without parameters or rows, in plain mode: BEGIN, DDL.
  Result<ResultPtr> command(const char* text, bool in_doubt_when_lost);
  /// Waits for room to send more (COPY), reading what arrives meanwhile.
  Result<> drain();
  /// Fails, and closes, when the peer is found to be gone although nothing was asked (COPY).
  Result<> check();
  /// Closes the connection and answers why.
  Failure lose(FailureKind, std::string message, std::string code = {});

 private:
  friend class DirectExchange;
  static Result<std::unique_ptr<Connection>> open_one(const ConnectionSpec&, const Endpoint*,
                                                      const char* session_attributes);
  Connection(pg_conn* conn, const ConnectionSpec& spec);
  Result<> establish(TimePoint deadline);
  Failure connect_failure();
  Result<> wait(bool write) { return wait(write ? runtime::Interest::both : runtime::Interest::read); }
  [[gnu::always_inline]] Result<> wait(runtime::Interest interest) {
    const runtime::Ready ready = runtime::wait(fd_, interest, deadline_);
    if (ready != runtime::Ready::ready) return tl::unexpected(given_up(ready));
    return {};
  }
  bool consume();
  Failure failure_of_break();
  Failure given_up(runtime::Ready);
  Result<> begin_exchange(bool in_doubt_when_lost) {
    if (conn_ == nullptr) return tl::unexpected(lost_before());
    in_doubt_when_lost_ = in_doubt_when_lost;
    deadline_ = patient_ ? TimePoint::max() : coarse_now() + kCoarseTick + operation_timeout_;
    return {};
  }
  Failure lost_before() const;
  Failure failure(std::string_view severity, std::string code, std::string message);
  Failure lose_to_copy();
  Failure lost_under_way(std::string because);

  pg_conn* conn_;  // null when lost
  int fd_ = -1;
  bool broken_ = false;  // the peer is gone; what had arrived is still to be read
  bool in_doubt_when_lost_ = false;
  bool tls_ = false;
  bool exchanging_ = false;      // a direct exchange is under way
  char transaction_status_ = 0;  // as a direct exchange was told; 0: as libpq was
  void* tls_state_ = nullptr;
  std::string place_, lost_because_, broken_because_;
  Nanos operation_timeout_;
  bool patient_ = false;
  TimePoint deadline_{};
  std::uint64_t round_trips_ = 0;
  unsigned names_ = 0;
  std::unique_ptr<DirectExchange> direct_;
};

}  // namespace assay::postgres
