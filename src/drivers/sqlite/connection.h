// One connection to a SQLite file and its prepared statements: the only place where the library is called.
//
// Used by one thread at a time. A call is bounded by the operation timeout and, where it waits for a lock, by the busy
// timeout. Failures are classified by failure.h and name the file where the file is what is wrong.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "core/facets.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace assay::sqlite {

/// What a target was asked to be; the same for all its sessions.
struct Settings {
  std::string path;
  std::string journal_mode, synchronous;
  Nanos busy_timeout{};
  std::uint64_t cache_bytes = 0, mmap_bytes = 0;
  int page_size = 0;
  bool page_size_given = false;
  std::int64_t wal_autocheckpoint = 0;
  bool create = true, clustered = true;
  Nanos connect_timeout{}, operation_timeout{};
};

/// SQLite's figures of all sessions of a target together. Sessions add what is new from their own threads.
struct Counters {
  std::atomic<std::uint64_t> cache_hits{0}, cache_misses{0}, cache_spills{0}, cache_writes{0};
  std::atomic<std::int64_t> cache_bytes{0}, sessions{0};
};

/// How a column was declared, as far as it decides the kind of a cell.
enum class Declared : std::uint8_t { plain, boolean, json, uuid, date, time, timestamp };

/// A prepared statement. Belongs to its connection and must end before it.
class Prepared {
 public:
  Prepared() = default;
  explicit Prepared(sqlite3_stmt* statement) noexcept : statement_(statement) {}
  Prepared(Prepared&& other) noexcept { *this = std::move(other); }
  Prepared& operator=(Prepared&& other) noexcept;
  ~Prepared();

  explicit operator bool() const noexcept { return statement_ != nullptr; }
  sqlite3_stmt* get() const noexcept { return statement_; }
  bool writes() const noexcept;
  /// The declared kinds of the columns it answers, looked up anew when SQLite prepared the statement anew.
  std::span<const Declared> columns();

 private:
  sqlite3_stmt* statement_ = nullptr;
  std::vector<Declared> columns_;
  int looked_up_ = -1;  // how often SQLite had prepared it anew by then
};

class Connection {
 public:
  /// Opens the file and applies the settings, within the connect timeout.
  static Result<std::unique_ptr<Connection>> open(const Settings&, std::shared_ptr<Counters>);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// `text` has placeholders of either form. `keep`: it will be executed many times.
  Result<Prepared> prepare(std::string_view text, bool keep);
  /// Carries out the statement and copies its answer.
  Result<> execute(Prepared&, std::span<const Value> arguments, ResultSet& answer);
  /// Carries out a statement that is SQLite's own and answers nothing that matters: BEGIN, a pragma, DDL.
  Result<> execute(std::string_view text);
  /// The one cell that the statement answers, as text; "" when there is none.
  Result<std::string> ask(std::string_view text);

  /// Ends the call under way on another thread, soon, as cancelled, and every later one. Thread-safe.
  void interrupt() noexcept { interrupted_ = true; }

  // Step by step, for hot loops. start_clock() first; the statement is reset after it was carried out.
  void start_clock() noexcept;
  // What is bound must stay in memory until done().
  int bind(Prepared&, int parameter, const Value&);  // all three answer SQLite's code
  int bind_blob(Prepared&, int parameter, std::string_view) noexcept;
  int step(Prepared&) noexcept;
  std::string_view blob(Prepared&, int column) const noexcept;  // of the row; until the next step
  Result<> done(Prepared&, int code);                           // resets; the failure when the code is one

  bool in_transaction() const noexcept;  // as SQLite sees it
  std::uint64_t changes() const noexcept;
  /// Statements carried out so far.
  std::uint64_t executed() const noexcept { return executed_; }
  const Settings& settings() const noexcept { return settings_; }
  /// Whether statements have no time-out from now on.
  void set_patient(bool on) noexcept { patient_ = on; }

 private:
  Connection(const Settings& settings, std::shared_ptr<Counters> counters)
      : settings_(settings), counters_(std::move(counters)) {}
  Result<> open_file();
  Result<> apply_settings();
  Result<> apply_journal_mode();
  Result<> apply_page_size();
  tl::unexpected<Failure> failure(int code) const;
  void publish(bool last) noexcept;
  static int on_busy(void* self, int count) noexcept;
  static int on_progress(void* self) noexcept;

  const Settings settings_;
  const std::shared_ptr<Counters> counters_;  // shared: a session may outlive its target
  sqlite3* db_ = nullptr;
  TimePoint deadline_ = TimePoint::max(), busy_since_{}, published_{};
  Nanos timeout_{};
  bool patient_ = false;
  std::atomic<bool> interrupted_{false};  // looked at by SQLite's busy and progress handlers
  std::uint64_t executed_ = 0;
  std::int64_t cache_bytes_ = 0;  // what of Counters::cache_bytes is ours
};

/// "name", with quotes inside doubled.
std::string quoted_name(std::string_view name);

}  // namespace assay::sqlite
