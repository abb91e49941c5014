// One connection of MariaDB Connector/C that waits through runtime/wait.h: the same code on a fiber and on a thread. Hides
// the library's state from the rest of the driver.
//
// The library is used by its blocking calls: where it would wait, it calls back, and the callback suspends the fiber. (Its
// other way, the _start and _cont calls, brings a stack of its own for each connection, and blocks in the TLS handshake.)
// Sending and reading are apart: an exchange is begin_exchange(), a call of the library that sends, sent(), await(), and a
// call that reads. A connection that failed under way is closed at once and stays lost; only opening another one helps. The
// failure of an exchange whose effect may be durable carries in_doubt when its answer did not arrive.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "drivers/mysql/address.h"
#include "runtime/wait.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct st_mysql;
struct st_mysql_res;
struct st_mysql_stmt;

namespace assay::mysql {

struct ResultFree {
  void operator()(st_mysql_res*) const noexcept;
};
using ResultPtr = std::unique_ptr<st_mysql_res, ResultFree>;

/// The answer to one statement of a text.
struct Answer {
  ResultPtr rows;  // null when it has none
  std::uint64_t affected = 0;
  unsigned warnings = 0;
};

/// Empty when the server will do; else a message with what was found and what is expected.
std::string refuse_version(bool mariadb, unsigned long version, std::string_view version_text, std::string_view place);

class Connection {
 public:
  static Result<std::unique_ptr<Connection>> open(std::shared_ptr<const ConnectionSpec>);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  st_mysql* raw() noexcept { return mysql_; }
  bool lost() const noexcept { return mysql_ == nullptr; }
  bool is_mariadb() const noexcept { return mariadb_; }
  std::string version() const;  // "10.11.19"
  std::string tls() const;      // "TLSv1.3 TLS_AES_256_GCM_SHA384"; "off"
  std::string place() const { return spec_->address.place; }
  bool in_transaction_at_server() const noexcept;
  std::uint64_t round_trips() const noexcept { return round_trips_; }

  /// Fails when the connection is lost already; else starts the clock of the operation timeout.
  Result<> begin_exchange(bool in_doubt_when_lost);
  /// More time for an exchange that goes on (LOAD DATA).
  void extend() noexcept {
    deadline_ = patient_ ? TimePoint::max() : real_clock().now() + spec_->address.operation_timeout;
  }
  /// Whether exchanges have no time-out from now on.
  void set_patient(bool on) noexcept { patient_ = on; }
  /// Calls the library, which may wait.
  template <class F>
  auto call(F&& use) {
    const Scope scope(*this);
    return use(mysql_);
  }
  /// After a call that sends: counts the round trip, or answers the failure of the call.
  Result<> sent(bool ok);
  /// Waits until something of the answer has arrived.
  Result<> await();
  /// What the library says went wrong with its last call. A failure that ends the connection closes it.
  Failure failure();
  /// An exchange may become harmless, or not, while its answers arrive.
  void in_doubt_when_lost(bool v) noexcept { in_doubt_when_lost_ = v; }
  /// Closes the connection and answers why.
  Failure lose(FailureKind, std::string message, std::string code = {});
  void close() noexcept;

  /// Text of one or more statements, to the server. Their answers are then read one by one.
  Result<> send(std::string_view text, bool in_doubt_when_lost);
  /// The next answer; the first failure ends the text, the server carries out nothing behind it.
  Result<Answer> next();
  bool more() const noexcept;
  /// One statement without rows, or whose rows do not matter.
  Result<> command(std::string_view text, bool in_doubt_when_lost);

  /// For the library's callbacks only.
  bool wait_for(int fd, bool read) noexcept;
  runtime::Ready wait_with_tls(int fd) noexcept;
  void before_handshake() noexcept;

 private:
  /// As long as it lives, the library's callbacks of this thread are about this connection.
  class Scope {
   public:
    explicit Scope(Connection&) noexcept;
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Connection* outer_;
  };

  explicit Connection(std::shared_ptr<const ConnectionSpec>);
  Result<> establish(const std::string& host, TimePoint deadline);
  Result<> set_up();
  Failure connect_failure();
  Failure failure_of_wait();
  void kill_at_server() noexcept;

  std::shared_ptr<const ConnectionSpec> spec_;
  st_mysql* mysql_ = nullptr;  // null when lost
  int fd_ = -1;                // once it is connected
  bool tls_ = false;
  bool mariadb_ = false, reading_ = false, patient_ = false;
  bool in_doubt_when_lost_ = false;
  runtime::Ready waited_ = runtime::Ready::ready;  // how the last wait ended
  int connect_error_ = 0;                          // errno of the socket that could not be connected
  TimePoint deadline_{};
  std::string lost_because_;
  std::uint64_t round_trips_ = 0;
};

}  // namespace assay::mysql
