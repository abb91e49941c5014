#include "drivers/mysql/connection.h"

#include "base/units.h"
#include "drivers/mysql/classify.h"
#include "drivers/mysql/handle.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <mysql.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace assay::mysql {
namespace {

constexpr Nanos kLookAgain = std::chrono::milliseconds(5);
constexpr unsigned long kOldestMariadb = 100400, kOldestMysql = 80000;

/// Whose call of the library runs on this thread. A fiber that waits in one leaves it null, and sets it again when it goes
/// on.
thread_local Connection* current = nullptr;

}  // namespace

extern "C" {
/// MARIADB_OPT_IO_WAIT: the library has found that it would block. 0 is a time-out; the library then closes the socket.
static int assay_mysql_wait(int fd, my_bool is_read, int) {
  Connection* const connection = std::exchange(current, nullptr);
  const bool ready = connection != nullptr && connection->wait_for(fd, is_read != 0);
  current = connection;
  if (!ready) errno = ETIMEDOUT;
  return ready ? 1 : 0;
}

/// After every read and write of the library, of any connection.
static void assay_mysql_after_io(int, MYSQL*, const unsigned char*, size_t) {
  if (current != nullptr) current->before_handshake();
}

/// OpenSSL's, as the library finds it: where nothing is verified, it would still read all authorities of the system, 200 KB of
/// text that take 30 ms, for each connection and on the loop. Verified connections have a file of authorities of their own.
int SSL_CTX_set_default_verify_paths(struct ssl_ctx_st* context) {  // NOLINT(readability-identifier-naming): its name
  if (current != nullptr || is_killing()) return 1;
  using Real = int (*)(struct ssl_ctx_st*);
  static const auto kReal = reinterpret_cast<Real>(dlsym(RTLD_NEXT, "SSL_CTX_set_default_verify_paths"));
  return kReal == nullptr ? 0 : kReal(context);
}

/// Exported by the library, declared in its ma_pvio.h, which is not fit for C++.
int ma_pvio_register_callback(my_bool add, void (*)(int mode, MYSQL*, const unsigned char* data, size_t size));
}

Connection::Scope::Scope(Connection& connection) noexcept : outer_(std::exchange(current, &connection)) {}
Connection::Scope::~Scope() { current = outer_; }

void ResultFree::operator()(st_mysql_res* result) const noexcept { mysql_free_result(result); }

std::string refuse_version(bool mariadb, unsigned long version, std::string_view text, std::string_view place) {
  if (version >= (mariadb ? kOldestMariadb : kOldestMysql)) return {};
  return fmt::format("the server at {} is {} {}; expected MariaDB 10.4 or later, or MySQL 8.0 or later", place,
                     mariadb ? "MariaDB" : "MySQL", text);
}

Connection::Connection(std::shared_ptr<const ConnectionSpec> spec) : spec_(std::move(spec)) {}

Connection::~Connection() { close(); }

void Connection::close() noexcept {
  if (mysql_ == nullptr) return;
  runtime::forget(std::exchange(fd_, -1));
  mysql_close(
      std::exchange(mysql_, nullptr));  // says goodbye if that needs no waiting; statements are freed by their owners
}

Result<std::unique_ptr<Connection>> Connection::open(std::shared_ptr<const ConnectionSpec> spec) {
  static const bool kRegistered = [] {
    mysql_library_init(0, nullptr, nullptr);
    return ma_pvio_register_callback(1, assay_mysql_after_io) == 0;
  }();
  if (!kRegistered) return fail(FailureKind::overloaded, "no memory for the client library");
  const TimePoint deadline = real_clock().now() + spec->address.connect_timeout;
  std::unique_ptr<Connection> connection(new Connection(spec));
  Result<> established;
  const std::size_t tries = std::max<std::size_t>(spec->hosts.size(), 1);
  for (std::size_t i = 0; i < tries; i++) {
    established = connection->establish(spec->hosts.empty() ? "" : spec->hosts[i], deadline);
    if (established || established.error().kind != FailureKind::disconnected) break;
  }
  if (established) established = connection->set_up();
  if (!established) return tl::unexpected(std::move(established.error()));
  return connection;
}

Result<> Connection::establish(const std::string& host, TimePoint deadline) {
  close();
  mysql_ = mysql_init(nullptr);
  if (mysql_ == nullptr) return fail(FailureKind::overloaded, "no memory for a connection");
  const Address& address = spec_->address;
  prepare_handle(*mysql_, address);
  mysql_optionsv(mysql_, MARIADB_OPT_IO_WAIT, assay_mysql_wait);
  deadline_ = deadline;
  waited_ = runtime::Ready::ready;
  connect_error_ = 0;
  const bool connected = call([&](MYSQL* mysql) { return connect_handle(*mysql, address, host); });
  if (!connected) return tl::unexpected(connect_failure());
  fd_ = static_cast<int>(mysql_get_socket(mysql_));
  tls_ = mysql_get_ssl_cipher(mysql_) != nullptr;
  const my_bool yes = 1;
  mysql_optionsv(mysql_, MARIADB_OPT_SKIP_READ_RESPONSE, &yes);  // from now on, sending and reading are apart
  mariadb_ = mariadb_connection(mysql_) != 0;
  if (std::string refusal = refuse_version(mariadb_, mysql_get_server_version(mysql_), version(), address.place);
      !refusal.empty())
    return tl::unexpected(lose(FailureKind::rejected, std::move(refusal)));
  const bool encrypted = mysql_get_ssl_cipher(mysql_) != nullptr;
  if (!encrypted && address.tls != Tls::disabled && address.tls != Tls::preferred)
    return tl::unexpected(
        lose(FailureKind::rejected, fmt::format("the server at {} speaks no TLS; expected it because of ssl-mode={}",
                                                address.place, address.options.text("ssl-mode"))));
  return {};
}

/// The session speaks standard SQL, whatever the server's defaults: || concatenates, "x" is a name, ' is escaped by doubling
/// it, and a value that does not fit is an error.
Result<> Connection::set_up() {
  std::string text =
      "set session sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,STRICT_TRANS_TABLES,STRICT_ALL_TABLES,"
      "ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', "
      "autocommit = 1";
  const Options& options = spec_->address.options;
  if (const Nanos timeout = options.duration("statement-timeout"); timeout > Nanos(0)) {
    // Rounded up to what the server counts in: 0 would be no limit at all, not even the server's own.
    const std::int64_t micros = std::chrono::ceil<std::chrono::microseconds>(timeout).count();
    text += mariadb_ ? fmt::format(", max_statement_time = {}.{:06}", micros / 1'000'000, micros % 1'000'000)
                     : fmt::format(", max_execution_time = {}",
                                   std::chrono::ceil<std::chrono::milliseconds>(timeout).count());
  }
  if (const Nanos timeout = options.duration("lock-timeout"); timeout > Nanos(0))
    text += fmt::format(", innodb_lock_wait_timeout = {}", std::chrono::ceil<std::chrono::seconds>(timeout).count());
  auto done = command(text, false);
  if (!done) return tl::unexpected(lose(done.error().kind, done.error().message, done.error().native_code));
  return {};
}

bool Connection::wait_for(int fd, bool read) noexcept {
  if (waited_ != runtime::Ready::ready) return false;
  const auto interest = read ? runtime::Interest::read : runtime::Interest::write;
  before_handshake();
  // Until it is connected, the library may close the descriptor without telling.
  waited_ = fd_ < 0        ? runtime::wait_once(fd, interest, deadline_)
            : tls_ && read ? wait_with_tls(fd)
                           : runtime::wait(fd, interest, deadline_);
  if (waited_ != runtime::Ready::ready) return false;
  // The library would ask the same, and then say that the connect was under way.
  socklen_t size = sizeof connect_error_;
  if (fd_ < 0 && !read) getsockopt(fd, SOL_SOCKET, SO_ERROR, &connect_error_, &size);
  return connect_error_ == 0;
}

/// With TLS the library says that it waits to read also where it has no room to write into: seen with a large LOAD DATA LOCAL. It
/// is told now and then that something is ready; it then looks itself, and asks again.
runtime::Ready Connection::wait_with_tls(int fd) noexcept {
  const TimePoint look = std::min(deadline_, real_clock().now() + kLookAgain);
  const runtime::Ready ready = runtime::wait(fd, runtime::Interest::read, look);
  return ready == runtime::Ready::timed_out && look < deadline_ ? runtime::Ready::ready : ready;
}

/// While connecting, between reading the server's greeting and the TLS handshake. The library shakes hands on a socket that
/// blocks, and checks the certificate against the host that it was given, which is an address here.
void Connection::before_handshake() noexcept {
  if (fd_ >= 0 || mysql_ == nullptr || mysql_->net.pvio == nullptr) return;
  const int fd = static_cast<int>(mysql_get_socket(mysql_));
  if (const int flags = fcntl(fd, F_GETFL); flags >= 0 && (flags & O_NONBLOCK) == 0)
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  name_host(*mysql_, spec_->address);
}

Failure Connection::failure_of_wait() {
  if (waited_ == runtime::Ready::cancelled) return lose(FailureKind::cancelled, "the operation was cancelled");
  return lose(FailureKind::timeout, fmt::format("no answer from the server at {} within {}", spec_->address.place,
                                                format_duration(spec_->address.operation_timeout)));
}

Failure Connection::connect_failure() {
  const Address& address = spec_->address;
  unsigned number = mysql_errno(mysql_);
  std::string message = mysql_error(mysql_);
  if (const EarlyError early = early_error(message); early.number != 0) {
    number = early.number;
    message = std::string(early.text);
  }
  FailureKind kind = classify(number);
  if (waited_ == runtime::Ready::cancelled) {
    kind = FailureKind::cancelled;
    message = "connecting was cancelled";
  } else if (waited_ == runtime::Ready::timed_out) {
    kind = FailureKind::timeout;
    message = fmt::format("no answer within {}", format_duration(address.connect_timeout));
  } else if (connect_error_ != 0) {
    message = std::generic_category().message(connect_error_);
  }
  if (kind != FailureKind::cancelled)
    message = fmt::format("cannot connect to the server at {}: {}", address.place, message);
  mysql_close(std::exchange(mysql_, nullptr));
  lost_because_ = message;
  return Failure{kind, number == 0 ? "" : std::to_string(number), std::move(message)};
}

void Connection::kill_at_server() noexcept {
  if (mysql_ != nullptr) mysql::kill_at_server(spec_, mysql_thread_id(mysql_));
}

Failure Connection::lose(FailureKind kind, std::string message, std::string code) {
  // It would else go on with a statement that nobody waits for any more, and keep its locks.
  if (reading_ && (kind == FailureKind::timeout || kind == FailureKind::cancelled)) kill_at_server();
  close();
  reading_ = false;
  lost_because_ = message;
  return Failure{kind, std::move(code), std::move(message), std::exchange(in_doubt_when_lost_, false)};
}

std::string Connection::version() const {
  const std::string text = mysql_ == nullptr ? "" : mysql_get_server_info(mysql_);
  return text.substr(0, text.find('-'));
}

std::string Connection::tls() const {
  const char* const cipher = mysql_ == nullptr ? nullptr : mysql_get_ssl_cipher(mysql_);
  if (cipher == nullptr) return "off";
  const char* version = nullptr;
  mariadb_get_infov(mysql_, MARIADB_CONNECTION_TLS_VERSION, &version);
  return version == nullptr ? cipher : fmt::format("{} {}", version, cipher);
}

bool Connection::in_transaction_at_server() const noexcept {
  return mysql_ != nullptr && (mysql_->server_status & SERVER_STATUS_IN_TRANS) != 0;
}

Result<> Connection::begin_exchange(bool in_doubt) {
  if (mysql_ == nullptr)
    return fail(FailureKind::disconnected, fmt::format("the session was lost before: {}", lost_because_));
  in_doubt_when_lost_ = in_doubt;
  waited_ = runtime::Ready::ready;
  extend();
  return {};
}

Result<> Connection::sent(bool ok) {
  reading_ = true;
  if (!ok) return tl::unexpected(failure());
  round_trips_++;
  return {};
}

Result<> Connection::await() {
  waited_ = runtime::wait(fd_, runtime::Interest::read, deadline_);
  if (waited_ != runtime::Ready::ready) return tl::unexpected(failure_of_wait());
  return {};
}

Failure Connection::failure() {
  if (waited_ != runtime::Ready::ready) return failure_of_wait();
  const unsigned number = mysql_errno(mysql_);
  std::string message = mysql_error(mysql_);
  const FailureKind kind = classify(number);
  const bool gone = mysql_->net.pvio == nullptr;
  if (!gone && kind != FailureKind::disconnected) {
    reading_ = false;
    in_doubt_when_lost_ = false;
    return Failure{kind, std::to_string(number), std::move(message), false};
  }
  return lose(FailureKind::disconnected,
              fmt::format("lost the connection to the server at {}: {}", spec_->address.place, message),
              std::to_string(number));
}

Result<> Connection::send(std::string_view text, bool in_doubt) {
  if (auto ready = begin_exchange(in_doubt); !ready) return ready;
  const bool ok = call(
      [&](MYSQL* mysql) { return mysql_real_query(mysql, text.data(), static_cast<unsigned long>(text.size())) == 0; });
  if (auto left = sent(ok); !left) return left;
  return await();
}

bool Connection::more() const noexcept { return mysql_ != nullptr && mysql_more_results(mysql_) != 0; }

Result<Answer> Connection::next() {
  const bool follows = mysql_more_results(mysql_) != 0;
  Answer answer;
  const bool ok = call([&](MYSQL* mysql) {
    if ((follows ? mysql_next_result(mysql) : static_cast<int>(mysql_read_query_result(mysql))) != 0) return false;
    answer.affected = mysql->affected_rows;
    answer.warnings = mysql->warning_count;
    if (mysql_field_count(mysql) == 0) return true;
    answer.affected = 0;
    answer.rows.reset(mysql_store_result(mysql));
    return answer.rows != nullptr;
  });
  if (!ok) return tl::unexpected(failure());
  if (!more()) reading_ = false;
  return answer;
}

Result<> Connection::command(std::string_view text, bool in_doubt) {
  if (auto sent = send(text, in_doubt); !sent) return sent;
  do {
    auto answer = next();
    if (!answer) return tl::unexpected(std::move(answer.error()));
  } while (more());
  in_doubt_when_lost_ = false;
  return {};
}

}  // namespace assay::mysql
