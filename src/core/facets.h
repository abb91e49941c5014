// What a session can do: the facets. A driver implements those it can; a workload asks for the one it needs.
//
// A facet belongs to its session and is used by whoever holds the session, one call at a time. Every call that talks to
// the target may wait (the fiber or the thread, as the driver is) and answers a Result; see base/result.h for the kinds
// of failure.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "core/table.h"
#include "core/value.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay {

enum class Facet : std::uint8_t { query, rows, kv, log, object, block, file, invoke };
std::string_view to_string(Facet) noexcept;

// ------------------------------------------------------------------------------------------------------------------
// query

enum class Isolation : std::uint8_t {
  default_level,
  read_uncommitted,
  read_committed,
  repeatable_read,
  snapshot,
  serializable,
  linearizable
};
std::string_view to_string(Isolation) noexcept;
/// By the names of pgdistbench: default, read_committed, … Throws Error.
Isolation parse_isolation(std::string_view);

class Session;
/// The level that a transaction of the session really gets by default: asked of the target (Dialect::default_isolation).
/// Throws Error when the target does not answer, or with a level that has no name here.
Isolation default_isolation(Session&);

struct Transaction {
  Isolation isolation = Isolation::default_level;
  bool read_only = false;
};

/// What a query language is called and what it can do, so that a workload can choose its statements and refuse an
/// option.
struct Dialect {
  std::string_view name;              // "postgres", "sqlite", "mysql"
  std::vector<Isolation> isolations;  // those that `begin` accepts
  /// A statement that answers the level a transaction gets by default in this session, as one text, in words like the names
  /// of Isolation with any separator ("repeatable read", "REPEATABLE-READ"). Empty: it is always serializable.
  std::string_view default_isolation = {};
  bool returning = false;   // UPDATE … RETURNING
  bool for_update = false;  // SELECT … FOR UPDATE
  bool partitions = false;
  bool foreign_keys = true;
  bool foreign_keys_with_partitions = false;
  /// False: the target has no exact decimals and its driver stores them as integers in units of 10^-scale (cents), so
  /// that +, -, sum and comparison in the query language stay exact as long as all operands have one scale. A Decimal
  /// parameter is then its unscaled integer, and a decimal cell is read as that integer.
  bool exact_decimals = true;
  bool infinite_reals = true;  // a column of reals takes infinities
  /// The statement that refreshes what the planner knows of the table whose name follows.
  std::string_view analyze = "analyze";
  char quote = '"';              // of identifiers, doubled inside them
  bool rows_by_index = true;     // (a, b) > ($1, $2) uses an index on (a, b)
  bool pads_characters = false;  // a column of characters is read filled up with blanks
};

enum class StatementId : std::uint16_t {};

/// A statement that a workload declares: a session prepares it on first use, and again after it was reopened.
/// Parameters are written $1, $2, … whatever the target; the driver rewrites them to its own form.
struct Statement {
  std::string name;
  std::string text;
  bool read_only = false;  // a failure while it runs outside a transaction leaves nothing in doubt
};
using StatementTable = std::vector<Statement>;  // indexed by StatementId

/// Rows that a statement answered. Cells point into memory of the ResultSet: valid until the session's next call.
class ResultSet {
 public:
  std::size_t size() const noexcept { return columns_ ? cells_.size() / columns_ : 0; }
  std::size_t columns() const noexcept { return columns_; }
  bool empty() const noexcept { return cells_.empty(); }
  const Value& at(std::size_t row, std::size_t column) const noexcept { return cells_[row * columns_ + column]; }
  /// Rows that an INSERT, UPDATE or DELETE changed.
  std::uint64_t affected() const noexcept { return affected_; }

  // Typed reading: a cell that is not of the kind (or NULL) is a bug of the statement and answers nullopt.
  std::optional<std::int64_t> integer(std::size_t row,
                                      std::size_t column) const noexcept;  // a decimal of scale 0 counts: sum(bigint)
  std::optional<Decimal> decimal(std::size_t row,
                                 std::size_t column) const noexcept;  // an integer counts, with scale 0
  std::optional<std::string_view> text(std::size_t row, std::size_t column) const noexcept;
  std::optional<double> number(std::size_t row, std::size_t column) const noexcept;  // any numeric kind, as double

  // For drivers.
  void reset(std::size_t columns) noexcept {
    columns_ = columns;
    cells_.clear();
    copies_.clear();
    affected_ = 0;
  }
  void add(Value v) { cells_.push_back(v); }
  void add_copy(std::string_view text) { cells_.push_back(copies_.keep(text)); }
  std::string_view keep(std::string_view text) { return copies_.keep(text); }
  void set_affected(std::uint64_t n) noexcept { affected_ = n; }

 private:
  std::size_t columns_ = 0;
  std::vector<Value> cells_;
  std::uint64_t affected_ = 0;
  RowBatch copies_{1};  // only its memory is used
};

/// Text in, rows out: SQL and its like.
class QueryFacet {
 public:
  virtual ~QueryFacet() = default;
  virtual const Dialect& dialect() const noexcept = 0;
  /// The statements that StatementId names from now on. The table must outlive the session. Sends nothing.
  virtual void declare(const StatementTable&) = 0;

  virtual Result<> begin(const Transaction&) = 0;
  /// A failure with in_doubt set: whether the commit took effect is unknown.
  virtual Result<> commit() = 0;
  /// Ends an open transaction, if any; also drops what is enqueued. Fails only when the session is lost.
  virtual Result<> rollback() = 0;
  virtual bool in_transaction() const noexcept = 0;

  /// Runs one declared statement. The answer is valid until the next call on this session.
  virtual Result<const ResultSet*> execute(StatementId, std::span<const Value> arguments) = 0;
  /// Runs one statement that is not declared (DDL, checks, set-up), unprepared.
  virtual Result<const ResultSet*> run(std::string_view text, std::span<const Value> arguments = {}) = 0;

  // A batch: enqueue n, flush, n results. On a target that can pipeline it costs one round trip. Arguments are taken
  // over at enqueue. When one fails, those behind it are not carried out (their results stay empty) and flush answers
  // the failure. begin and commit may stand in a batch; an enqueued commit behind a failed statement is not carried
  // out, and the transaction is then open and must be rolled back. Outside a transaction they are one, or as many as there
  // are statements: the target's choice.
  virtual std::size_t enqueue(StatementId, std::span<const Value> arguments) = 0;  // the index for result()
  virtual void enqueue_begin(const Transaction&) = 0;                              // has no result of its own
  virtual void enqueue_commit() = 0;                                               // likewise
  virtual Result<> flush() = 0;
  /// The result of the i-th enqueued statement of the last flush. Valid until the next enqueue, execute or run.
  virtual const ResultSet& result(std::size_t i) const = 0;
};

// -------------------------------------------------------------------------------------------------------------------
// rows

/// What a target that takes rows does with them.
struct RowsTraits {
  /// True: write() joins a transaction of the query facet, and so does the record (core/meta.h). False: there is none, and
  /// write_noted() keeps rows and record together by the target's own means.
  bool transactions = true;
  /// Rows are found by their primary key, which is enforced: replace() and remove() work.
  bool keyed = true;
  bool arrays = false;                       // a column of arrays is held as one; else as JSON
  Nanos timestamp_resolution = Nanos(1000);  // what is finer is cut off
  bool foreign_keys = true;                  // enforced, or made into something of the target's (relationships)
  std::uint64_t columns = 1000;              // of a table, at most
  std::span<const std::string_view> duplicate_codes =
      {};  // Failure::native_code where a row with the same key is there
};

/// The note of the record (core/meta.h) that rows are there.
struct RowsNote {
  std::string_view workload, name, value;
};

/// Reads a stretch of a table, some rows a call. Belongs to the session that made it, which does nothing else meanwhile.
class RowReader {
 public:
  virtual ~RowReader() = default;
  /// Adds at most `most` rows, with all columns of the table in its order, to the batch; how many it added. 0: it is at its end.
  virtual Result<std::size_t> next(std::size_t most, RowBatch&) = 0;
  /// What stood among the rows and is none of the table, since the last call: where, and what was found. It was passed by.
  std::vector<std::string> take_strangers() { return std::exchange(strangers_, {}); }

 protected:
  std::vector<std::string> strangers_;
};

/// Typed batches into a named table, by the fastest way the target has; and out of it again.
class RowsFacet {
 public:
  virtual ~RowsFacet() = default;
  virtual const RowsTraits& traits() const noexcept = 0;

  /// Throws Error where there can be no such table whatever the target holds: a name, the type of a key. Touches nothing.
  virtual void look_at(const Table&) const {}
  /// Creates the table: columns, primary key, partitions. Not its indexes nor foreign keys. Throws Error when the
  /// target cannot.
  virtual void create(const Table&) = 0;
  /// Both are part of the open transaction. Where DDL commits by itself, they make what is not there yet: what was begun and
  /// not noted is made again.
  virtual void create_indexes(const Table&) = 0;
  virtual void create_foreign_keys(const Table&) = 0;
  virtual bool exists(std::string_view table) = 0;  // throws Error
  /// Removes these tables, those that are not there aside: all or, where the target's DDL is transactional, none of them.
  /// What they refer to among themselves is no obstacle; what somebody else's table or view refers to throws Error.
  virtual void drop_all(std::span<const std::string> tables) = 0;
  void drop(std::string_view table) {
    const std::string one[] = {std::string(table)};
    drop_all(one);
  }
  /// Removes all rows of these tables, which stay, with what they refer to among themselves. Throws Error.
  virtual void truncate_all(std::span<const std::string> tables) = 0;

  /// Writes all rows of the batch or none; inside an open transaction of the query facet it is part of that. Where there are no
  /// transactions (RowsTraits), a failure may leave some of the rows.
  virtual Result<> write(const Table&, const RowBatch&) = 0;
  /// Writes all rows of the batch and the note as one: where the note is, the rows are, each once, whoever was killed when.
  /// `again`: an earlier try, also one of another process, may have left the note, or some of the rows. Not called inside a
  /// transaction.
  virtual Result<> write_noted(const Table&, const RowBatch&, const RowsNote&, bool again) = 0;

  /// Cuts what the table holds now into disjoint stretches of about so many rows, which are all of it; each is a text that only
  /// read() understands, in any session of the target. Throws Error.
  virtual std::vector<std::string> split(const Table&, std::uint64_t rows) = 0;
  virtual Result<std::unique_ptr<RowReader>> read(const Table&, const std::string& stretch) = 0;

  /// Each row of the batch takes the place of the one with its primary key; how many were there. Joins an open transaction.
  virtual Result<std::uint64_t> replace(const Table&, const RowBatch&) = 0;
  /// Removes the rows with these primary keys (a batch of the columns of Table::primary_key, in its order); how many were there.
  virtual Result<std::uint64_t> remove(const Table&, const RowBatch& keys) = 0;
};

// ---------------------------------------------------------------------------------------------------------------------
// kv

struct KvPair {
  std::string_view key, value;
};

/// Point reads and writes of byte strings in a named collection.
class KvFacet {
 public:
  virtual ~KvFacet() = default;
  virtual void create(std::string_view collection) = 0;  // no error when it is there; throws Error
  virtual bool exists(std::string_view collection) = 0;
  virtual void drop(std::string_view collection) = 0;  // no error when it is not there
  /// The collection that the calls below work on.
  virtual void use(std::string_view collection) = 0;

  /// False when the key is not there; `value` is then untouched.
  virtual Result<bool> get(std::string_view key, std::string& value) = 0;
  virtual Result<> put(std::string_view key, std::string_view value) = 0;         // inserts or replaces
  virtual Result<bool> update(std::string_view key, std::string_view value) = 0;  // false when the key is not there
  virtual Result<bool> remove(std::string_view key) = 0;                          // likewise
  /// Up to `limit` pairs with key ≥ first, ascending by bytes. Appends to `out`, which owns its strings.
  virtual Result<> scan(std::string_view first, std::size_t limit,
                        std::vector<std::pair<std::string, std::string>>& out) = 0;
  /// values[i] is nullopt when keys[i] is not there. One round trip where the target can.
  virtual Result<> get_batch(std::span<const std::string_view> keys,
                             std::vector<std::optional<std::string>>& values) = 0;
  /// All or none where the target can.
  virtual Result<> put_batch(std::span<const KvPair>) = 0;
};

}  // namespace assay
