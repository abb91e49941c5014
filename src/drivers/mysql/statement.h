// Statements on a connection: prepared on first use and executed in the protocol's binary form, or sent as text with their
// arguments as literals; rows of either kind.
#pragma once

#include "core/facets.h"
#include "core/parameters.h"
#include "drivers/mysql/connection.h"
#include "drivers/mysql/decode.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::mysql {

struct StatementClose {
  void operator()(st_mysql_stmt*) const noexcept;
};
/// Freed after its connection was closed, or given back by Executor::retire().
using StatementPtr = std::unique_ptr<st_mysql_stmt, StatementClose>;

struct Prepared {
  Prepared() = default;
  Prepared(std::string name, std::string_view text, bool only_reads);

  std::string label;  // for messages
  StatementPieces pieces;
  std::size_t parameters = 0;  // the highest number of one
  bool read_only = false;
  StatementPtr handle = {};  // null as long as it is not prepared
};

/// An answer and the memory its cells point to.
struct Slot {
  ResultSet rows;
  ResultPtr backing;  // of a text; cells of a prepared statement point into its handle

  void clear() {
    rows.reset(0);
    backing.reset();
  }
};

/// Makes the rows of an answer to a text readable; takes it over.
Result<> decode_rows(Answer, Slot&);

/// "$2" in the pieces becomes the literal of the second value. A failure when there are too few or too many of them, or
/// when a value has no literal; `out` is then as before.
Result<> append_statement(const Prepared&, std::span<const Value>, std::string& out);

class Executor {
 public:
  /// The connection must outlive it.
  explicit Executor(Connection&);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// One round trip, two when the statement is not prepared yet. `doubtful`: a write that nothing rolls back when it is
  /// lost.
  Result<> execute(Prepared&, std::span<const Value>, bool doubtful, Slot&);
  /// The same unprepared.
  Result<> run(std::string_view text, std::span<const Value>, bool doubtful, Slot&);
  /// Prepares it, unless it is already.
  Result<> prepare(Prepared&);
  /// Sends rows of a prepared INSERT by array binding: all cells of a column have one type (see rows.cc).
  Result<> execute_bulk(Prepared&, std::span<const ColumnType>, const RowBatch&, std::size_t first, std::size_t last);
  /// Closes the statement at the server, too; it is prepared anew on its next use.
  void retire(Prepared&) noexcept;

 private:
  struct Bindings;
  Result<> exchange(Prepared&, bool doubtful);
  Result<> read_rows(const Prepared&, Slot&);

  Connection& connection_;
  std::unique_ptr<Bindings> bindings_;
  std::string text_;
};

}  // namespace assay::mysql
