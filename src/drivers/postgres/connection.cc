#include "drivers/postgres/connection.h"

#include "base/units.h"
#include "drivers/postgres/classify.h"
#include "drivers/postgres/direct.h"
#include "runtime/errands.h"
#include "runtime/wait.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cctype>
#include <libpq-fe.h>
#include <memory>

namespace assay::postgres {
namespace {

constexpr int kOldestServer = 100000;
constexpr const char* kSessionAttributes = "target_session_attrs";
constexpr std::string_view kCannotConnectNow = "57P03";

std::string trimmed(const char* text) {
  std::string out = text == nullptr ? "" : text;
  while (!out.empty() && std::isspace(static_cast<unsigned char>(out.back()))) out.pop_back();
  std::replace(out.begin(), out.end(), '\n', ' ');
  std::replace(out.begin(), out.end(), '\t', ' ');
  return out;
}

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

/// Without the LOCATION line of a verbose message.
std::string without_location(std::string message) {
  if (const std::size_t at = message.find(" LOCATION:"); at != std::string::npos) message.erase(at);
  return trimmed(message.c_str());
}

/// Asks the server to end the statement that runs on the connection: it would else go on although nobody waits for it any
/// more. PQcancel blocks.
void cancel_at_server(PGconn* conn) {
  const std::shared_ptr<PGcancel> cancel(PQgetCancel(conn), PQfreeCancel);
  runtime::errands().begin([cancel] {
    char message[256];
    PQcancel(cancel.get(), message, sizeof message);
  });
}

}  // namespace

void ResultClear::operator()(pg_result* result) const noexcept { PQclear(result); }

std::string refuse_version(int server_version, std::string_view place) {
  if (server_version >= kOldestServer) return {};
  // Before 10 the version had three parts: 90624 is 9.6.24.
  return fmt::format("the server at {} is PostgreSQL {}.{}.{}; expected 10 or later", place, server_version / 10000,
                     server_version / 100 % 100, server_version % 100);
}

std::string_view sqlstate_in(std::string_view message) noexcept {
  constexpr std::size_t kSize = 5;
  for (std::size_t at = message.find(":  "); at != std::string_view::npos; at = message.find(":  ", at + 1)) {
    const std::string_view code = message.substr(at + 3, kSize);
    if (code.size() != kSize || message.substr(at + 3 + kSize, 1) != ":") continue;
    if (std::all_of(code.begin(), code.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); }))
      return code;
  }
  return {};
}

Connection::Connection(PGconn* conn, const ConnectionSpec& spec)
    : conn_(conn), place_(spec.place), operation_timeout_(spec.operation_timeout) {}

Connection::~Connection() {
  if (conn_ == nullptr) return;
  runtime::forget(fd_);
  PQfinish(conn_);
}

Result<std::unique_ptr<Connection>> Connection::open_one(const ConnectionSpec& spec, const Endpoint* endpoint,
                                                         const char* session_attributes) {
  std::vector<const char*> keywords, values;
  const auto add = [&](const char* keyword, const char* value) {
    keywords.push_back(keyword);
    values.push_back(value);
  };
  for (const auto& [keyword, value] : spec.parameters)
    if (session_attributes == nullptr || keyword != kSessionAttributes) add(keyword.c_str(), value.c_str());
  if (session_attributes != nullptr) add(kSessionAttributes, session_attributes);
  if (endpoint != nullptr) {
    add("host", endpoint->host.c_str());
    add("hostaddr", endpoint->address.c_str());
    add("port", endpoint->port.c_str());
  }
  add(nullptr, nullptr);
  const TimePoint deadline = real_clock().now() + spec.connect_timeout;
  PGconn* conn = PQconnectStartParams(keywords.data(), values.data(), 0);
  if (conn == nullptr) return fail(FailureKind::overloaded, "no memory for a connection");
  std::unique_ptr<Connection> connection(new Connection(conn, spec));
  if (auto established = connection->establish(deadline); !established)
    return tl::unexpected(std::move(established.error()));
  return connection;
}

/// libpq would go from host to host itself, but when its caller waits for it, only after a refusal and not after a silence.
Result<std::unique_ptr<Connection>> Connection::open(const ConnectionSpec& spec) {
  if (spec.endpoints.empty()) return open_one(spec, nullptr, nullptr);
  const auto wanted = std::find_if(spec.parameters.begin(), spec.parameters.end(),
                                   [](const auto& parameter) { return parameter.first == kSessionAttributes; });
  std::vector<const char*> passes = {nullptr};
  if (wanted != spec.parameters.end() && wanted->second == "prefer-standby") passes = {"standby", "any"};
  Failure last;
  for (const char* pass : passes)
    for (const Endpoint& endpoint : spec.endpoints) {
      auto connection = open_one(spec, &endpoint, pass);
      if (connection) return connection;
      last = std::move(connection.error());
      const bool next =
          last.native_code == kCannotConnectNow ||
          (last.native_code.empty() && (last.kind == FailureKind::disconnected || last.kind == FailureKind::timeout));
      if (!next) return tl::unexpected(std::move(last));
    }
  return tl::unexpected(std::move(last));
}

Failure Connection::connect_failure() {
  const std::string message = trimmed(PQerrorMessage(conn_));
  const std::string code(sqlstate_in(message));
  const FailureKind kind = code.empty() ? FailureKind::disconnected : classify(code);
  return lose(kind, fmt::format("cannot connect to PostgreSQL at {}: {}", place_, without_location(message)), code);
}

Result<> Connection::establish(TimePoint deadline) {
  PQsetErrorVerbosity(conn_, PQERRORS_VERBOSE);  // the only way to the SQLSTATE of a refused connection
  PQsetNoticeProcessor(
      conn_, [](void*, const char*) {}, nullptr);
  if (PQstatus(conn_) == CONNECTION_BAD) return tl::unexpected(connect_failure());
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;
  while (status != PGRES_POLLING_OK) {
    if (status == PGRES_POLLING_FAILED) return tl::unexpected(connect_failure());
    const auto interest = status == PGRES_POLLING_READING ? runtime::Interest::read : runtime::Interest::write;
    switch (runtime::wait_once(PQsocket(conn_), interest, deadline)) {
      case runtime::Ready::timed_out:
        return tl::unexpected(
            lose(FailureKind::timeout,
                 fmt::format("cannot connect to PostgreSQL at {}: no answer within the connect timeout", place_)));
      case runtime::Ready::cancelled:
        return tl::unexpected(lose(FailureKind::cancelled, "connecting was cancelled"));
      case runtime::Ready::ready:
        break;
    }
    status = PQconnectPoll(conn_);
  }
  PQsetErrorVerbosity(conn_, PQERRORS_DEFAULT);
  fd_ = PQsocket(conn_);
  tls_ = PQsslInUse(conn_) != 0;
  tls_state_ = tls_ ? PQsslStruct(conn_, "OpenSSL") : nullptr;
  if (std::string refusal = refuse_version(PQserverVersion(conn_), place_); !refusal.empty())
    return tl::unexpected(lose(FailureKind::rejected, std::move(refusal)));
  if (PQgssEncInUse(conn_) != 0)  // its buffers cannot be seen from outside, so waiting could hang
    return tl::unexpected(lose(FailureKind::rejected, "GSSAPI encryption is not supported; use TLS (sslmode=require)"));
  if (PQsetnonblocking(conn_, 1) != 0) return tl::unexpected(connect_failure());
  return {};
}

Failure Connection::lose(FailureKind kind, std::string message, std::string code) {
  if (conn_ != nullptr) {
    const bool given_up = kind == FailureKind::timeout || kind == FailureKind::cancelled;
    if (given_up && (exchanging_ || PQtransactionStatus(conn_) == PQTRANS_ACTIVE)) cancel_at_server(conn_);
    runtime::forget(fd_);
    PQfinish(std::exchange(conn_, nullptr));
  }
  lost_because_ = message;
  return Failure{kind, std::move(code), std::move(message), std::exchange(in_doubt_when_lost_, false)};
}

bool Connection::in_transaction() const noexcept {
  if (conn_ == nullptr) return false;
  if (transaction_status_ != 0) return transaction_status_ != 'I';
  const PGTransactionStatusType status = PQtransactionStatus(conn_);
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

int Connection::server_version() const noexcept { return conn_ == nullptr ? 0 : PQserverVersion(conn_); }

std::string Connection::server_version_text() const {
  const char* text = conn_ == nullptr ? nullptr : PQparameterStatus(conn_, "server_version");
  return text == nullptr ? "" : text;
}

std::string Connection::tls() const {
  if (conn_ == nullptr || !tls_) return "off";
  const char *const version = PQsslAttribute(conn_, "protocol"), *const cipher = PQsslAttribute(conn_, "cipher");
  return fmt::format("{} {}", version == nullptr ? "TLS" : version, cipher == nullptr ? "" : cipher);
}

std::string Connection::fresh_statement_name() { return fmt::format("a{}", names_++); }

void Connection::use_direct_exchange() {
  if (!tls_ && conn_ != nullptr) direct_ = std::make_unique<DirectExchange>(*this);
}

Result<> Connection::prepare_exchange(bool in_doubt) {
  if (auto begun = begin_exchange(false); !begun) return begun;
  if (direct_ != nullptr)
    if (auto handed = direct_->hand_back(); !handed) return handed;
  in_doubt_when_lost_ = in_doubt;
  return {};
}

Failure Connection::lost_before() const {
  return {FailureKind::disconnected, "", fmt::format("the session was lost before: {}", lost_because_)};
}

Failure Connection::given_up(runtime::Ready ready) {
  if (ready == runtime::Ready::cancelled) return lose(FailureKind::cancelled, "the operation was cancelled");
  return lose(FailureKind::timeout,
              fmt::format("no answer from PostgreSQL at {} within {}", place_, format_duration(operation_timeout_)));
}

bool Connection::consume() {
  bool ok = PQconsumeInput(conn_) != 0;
  // What TLS has decrypted and not handed out yet does not make the descriptor readable.
  while (ok && tls_state_ != nullptr && SSL_pending(static_cast<SSL*>(tls_state_)) > 0) ok = PQconsumeInput(conn_) != 0;
  if (ok) return true;
  // libpq has closed the descriptor; what it had read before is still to be parsed.
  runtime::forget(fd_);
  broken_ = true;
  broken_because_ = trimmed(PQerrorMessage(conn_));
  return false;
}

Result<> Connection::drain() {
  while (!broken_) {
    const int left = PQflush(conn_);
    if (left == 0) return {};
    if (left < 0) {  // the reason, if the server gave one, is in what it sent before
      consume();
      return {};
    }
    if (auto waited = wait(true); !waited) return waited;
    consume();
  }
  return {};
}

Result<> Connection::check() {
  if (broken_) return tl::unexpected(failure_of_break());
  return {};
}

Result<> Connection::sent(int ok) {
  if (ok == 0) {
    if (PQstatus(conn_) == CONNECTION_BAD)
      return tl::unexpected(lose(FailureKind::disconnected, trimmed(PQerrorMessage(conn_))));
    if (PQpipelineStatus(conn_) != PQ_PIPELINE_OFF)  // a part of the batch is on its way
      return tl::unexpected(lose(FailureKind::rejected, trimmed(PQerrorMessage(conn_))));
    in_doubt_when_lost_ = false;
    return fail(FailureKind::rejected, trimmed(PQerrorMessage(conn_)));
  }
  round_trips_++;
  transaction_status_ = 0;
  return drain();
}

Result<ResultPtr> Connection::next() {
  while (!broken_ && PQisBusy(conn_) != 0) {
    if (auto waited = wait(false); !waited) return tl::unexpected(std::move(waited.error()));
    consume();
  }
  // When broken, libpq answers what has arrived, and then an error of its own, without waiting.
  ResultPtr result(PQgetResult(conn_));
  if (broken_ && (result == nullptr ||
                  (PQresultStatus(result.get()) == PGRES_FATAL_ERROR && field(result.get(), PG_DIAG_SQLSTATE).empty())))
    return tl::unexpected(failure_of_break());
  return result;
}

Failure Connection::failure_of_break() {
  return lose(FailureKind::disconnected,
              fmt::format("lost the connection to PostgreSQL at {}: {}", place_, broken_because_));
}

/// libpq may have read, behind its last answer, why the server ended the session: an exchange of its own finds that. It was said
/// before anything was sent, so nothing is in doubt.
Failure Connection::lost_under_way(std::string because) {
  // In pipeline mode nothing is sent yet, which could only fail.
  if (PQenterPipelineMode(conn_) != 0 && PQsendQueryParams(conn_, "", 0, nullptr, nullptr, nullptr, nullptr, 1) != 0 &&
      !consume()) {
    const ResultPtr result(PQgetResult(conn_));
    if (result != nullptr && !field(result.get(), PG_DIAG_SQLSTATE).empty()) {
      in_doubt_when_lost_ = false;
      return failure(result.get());
    }
  }
  broken_because_ = std::move(because);  // not libpq's, which met the end behind it
  return failure_of_break();
}

Failure Connection::lose_to_copy() { return lose(FailureKind::rejected, "COPY cannot be run as a statement"); }

Failure Connection::failure(PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) return lose_to_copy();
  std::string code = field(result, PG_DIAG_SQLSTATE);
  if (code.empty())
    return lose(FailureKind::disconnected, fmt::format("lost the connection to PostgreSQL at {}: {}", place_,
                                                       trimmed(PQresultErrorMessage(result))));
  std::string message = field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (const std::string detail = field(result, PG_DIAG_MESSAGE_DETAIL); !detail.empty()) message += ": " + detail;
  return failure(field(result, PG_DIAG_SEVERITY_NONLOCALIZED), std::move(code), std::move(message));
}

Failure Connection::failure(std::string_view severity, std::string code, std::string message) {
  FailureKind kind = classify(code);
  if (severity == "FATAL" || severity == "PANIC") kind = FailureKind::disconnected;
  if (kind == FailureKind::disconnected) return lose(kind, std::move(message), std::move(code));
  return Failure{kind, std::move(code), std::move(message), false};
}

Result<ResultPtr> Connection::finish() {
  ResultPtr last;
  Failure failed;
  bool has_failed = false;
  for (;;) {
    auto result = next();
    if (!result) return result;
    if (*result == nullptr) break;
    const ExecStatusType status = PQresultStatus(result->get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY && !has_failed) {
      failed = failure(result->get());
      has_failed = true;
      if (lost()) break;
    }
    last = std::move(*result);
  }
  in_doubt_when_lost_ = false;
  if (has_failed) return tl::unexpected(std::move(failed));
  return last;
}

Result<ResultPtr> Connection::command(const char* text, bool in_doubt) {
  if (auto ready = prepare_exchange(in_doubt); !ready) return tl::unexpected(std::move(ready.error()));
  if (auto left = sent(PQsendQuery(conn_, text)); !left) return tl::unexpected(std::move(left.error()));
  return finish();
}

}  // namespace assay::postgres
