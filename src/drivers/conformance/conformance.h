// One suite for every driver: what core/driver.h and core/facets.h promise, checked on a real target.
//
// A driver's folder has X_conformance_test.cc (or _livetest.cc) that defines subject(), and a line of CMake,
// assay_conformance(), that names the parts of the suite that hold for it:
//   target        info, facts, sampler, failures to connect            every driver
//   query         statements, transactions, batches, values            facet query (and rows, which makes the tables)
//   rows          tables, batches of rows                              facets rows and query
//   store         tables, rows, notes and their record, every type     facet rows without query
//   kv            all calls                                            facet kv
//   meta          core/meta.h                                          facets query and rows
//   conflict      two transactions that cannot both be                 where sessions share what they write
//   lost_session  reopening                                            where a test can cut a session off
//   server        time-outs, killed sessions, a server that is frozen  where it is a process of its own, and sessions wait
//                                                                      on fibers
// What a target cannot do by nature is read from its Dialect, never from its name. Tables and collections of the suite
// are called conf_…, are dropped before and after each test, and two runs on one target disturb each other.
#pragma once

#include "base/error.h"
#include "core/driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace assay::conformance {

/// A way in which a target cannot be had, and what connect() must then answer.
struct Unreachable {
  std::string what;  // "wrong password"
  TargetSpec spec;
  FailureKind kind = FailureKind::disconnected;
  std::string message_has;  // a person must find this in the message: the path, the host, the user
};

/// A server in a process of its own, and what its dialect has for it. For the part server, whose sessions are on fibers.
struct ServerUnderTest {
  std::string own_id;  // statements: the id by which the server knows the session
  std::string kill, is_there,
      is_asleep;                // the session with the id $1 ends; is there, is in `sleep` or `slow_add`: 1 or 0
  std::string sleep;            // takes a minute
  std::string slow_add;         // takes a minute and adds 1 to n of the row $1 of conf_pairs
  std::string wait_for_locks;   // as long as it takes
  std::string timeout_code;     // of a statement that the option statement-timeout ended
  std::string silent, by_name;  // URLs: of nobody who answers; of this server by the name localhost
  std::string script, folder;   // of tests/servers; no folder: it was started by somebody else
};

/// The driver under test and its target.
struct Subject {
  const Driver& driver;
  TargetSpec spec;
  std::vector<Unreachable> unreachable = {};
  std::vector<std::string> bad_urls = {};  // open() throws Error for them
  /// Cuts the session off behind its back. For the part lost_session.
  std::function<void(Target&, Session&)> cut_off = {};
  std::optional<ServerUnderTest> server = {};
  /// Leaves in the target what write_noted() leaves when its process is killed on the way: some of the rows, and not the note.
  /// For the part store; without it some of the rows are written where the target finds them again by their key.
  std::function<void(const Table&, const RowBatch&, const RowsNote&)> half_write = {};
};
std::string environment(const char* name);  // "" when it is not set

/// Defined by the driver's test. The object lives as long as the process; its target is there from the first call on.
const Subject& subject();

class Conformance : public testing::Test {
 protected:
  Conformance();
  ~Conformance() override;

  /// A further session.
  std::unique_ptr<Session> connect();
  QueryFacet& query() { return *session_->query(); }
  RowsFacet& rows() { return *session_->rows(); }
  KvFacet& kv() { return *session_->kv(); }
  const Dialect& dialect() { return session_->query()->dialect(); }

  /// Makes the table anew; it is dropped when the test ends.
  void create(const Table&);
  /// Table conf_pairs(id bigint primary key, n bigint null, t text null) with the ids given, n = 10 × id.
  void create_pairs(std::span<const std::int64_t> ids = {});
  std::int64_t count(std::string_view table);  // its rows, over a session of its own
  /// The one integer that the statement answers.
  std::int64_t integer(std::string_view text, std::span<const Value> arguments = {});

  std::unique_ptr<Target> target_;
  std::unique_ptr<Session> session_;

 private:
  std::vector<std::string> tables_;
};

const Table& pairs_table();

/// The value, or the end of the test with the failure's message.
template <class T>
T must(Result<T> result) {
  if (!result)
    throw Error(
        fmt::format("{}: {} ({})", to_string(result.error().kind), result.error().message, result.error().native_code));
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// "ok", or the kind of the failure.
template <class T>
std::string outcome(const Result<T>& result) {
  return result ? "ok" : std::string(to_string(result.error().kind));
}

}  // namespace assay::conformance
