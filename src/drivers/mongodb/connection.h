// One session's client of libmongoc: the only place (with stream.cc) where the library talks to a server. Documents go in and
// out as their bytes.
//
// A call ends by the operation time-out, unless the connection is patient. After a failure of the network the connection is
// lost: what follows answers `disconnected`, so that the session is reopened and the outage seen; the library would reconnect
// in silence. Used by one thread at a time, but for interrupt().
#pragma once

#include "base/result.h"
#include "drivers/mongodb/address.h"
#include "drivers/mongodb/wire.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct _bson_t;           // NOLINT(bugprone-reserved-identifier): libmongoc's names
struct _mongoc_client_t;  // NOLINT(bugprone-reserved-identifier)
struct _mongoc_cursor_t;  // NOLINT(bugprone-reserved-identifier)

namespace assay::mongodb {

/// One write of many. `filter` of all but insert, `document` of all but remove.
struct Write {
  enum class Kind : std::uint8_t { insert, upsert, replace, remove };
  Kind kind = Kind::insert;
  std::string filter, document;
};
struct Written {
  std::uint64_t inserted = 0, matched = 0, upserted = 0, removed = 0;
};

/// How long a write waits: as the URL says, or until it survives the server's crash.
enum class Durability : std::uint8_t { as_given, journaled };

class Connection;

/// What a query finds, document after document.
class Cursor {
 public:
  Cursor(Connection&, std::string_view collection, const std::string& filter, const std::string& options);
  ~Cursor();
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  /// The next document, until the next call; nothing at the end. `fresh`: a new call of the session begins.
  Result<std::optional<std::string_view>> next(bool fresh);

 private:
  Connection& connection_;
  _mongoc_cursor_t* cursor_;
  bool ended_ = false;
};

class Connection {
 public:
  /// Connects, authenticates and asks for an answer, within the connect time-out. The address must outlive it.
  static Result<std::unique_ptr<Connection>> open(const Address&);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// The server's answer to a command.
  Result<std::string> command(std::string_view database, const std::string& document, bool writes = false);
  /// Carries out all writes, in any order; what fails leaves the others done. A failure names the first of `writes` that it was
  /// in first_failed().
  Result<Written> write(std::string_view collection, std::span<const Write> writes, Durability = Durability::as_given);
  std::optional<std::size_t> first_failed() const noexcept { return first_failed_; }

  const Address& address() const noexcept { return address_; }
  bool lost() const noexcept { return lost_; }
  void set_patient(bool on) noexcept { patient_ = on; }
  void interrupt() noexcept { wire_.interrupt(); }
  std::uint64_t round_trips() const noexcept { return wire_.round_trips(); }

 private:
  friend class Cursor;
  explicit Connection(const Address& address) : address_(address), wire_(address) {}
  Result<> connect();
  Result<> begin();
  struct Problem;  // the library's error and the server's answer
  Failure failure_of(const Problem&, bool writes);

  const Address& address_;
  Wire wire_;  // outlives the client, whose streams are on it
  _mongoc_client_t* client_ = nullptr;
  bool lost_ = false, patient_ = false, connected_ = false;
  std::optional<std::size_t> first_failed_;
};

}  // namespace assay::mongodb
