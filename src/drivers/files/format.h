// The two formats of a table's file: how a row stands in it as one record, and what a record says. Pure, stateless,
// thread-safe.
//
// csv_format: RFC 4180 with a line of the columns' names, and LF at line ends (CRLF is read as well). A field is
// quoted when it must be; one that is empty and not quoted is NULL, and "" is the empty text, as PostgreSQL's COPY
// has it.
// jsonl_format: one JSON object (RFC 8259) a line, in UTF-8, its members the columns in their order. NULL is null;
// numbers and truth values are JSON's, and all else is a string, decimals too, so that no reader rounds them. JSON
// columns stand as what they are; since that may be null, one that is NULL is left out. What is not there is NULL.
#pragma once

#include "base/result.h"
#include "core/table.h"

#include <string>
#include <string_view>

namespace assay::files {

class Format {
 public:
  virtual ~Format() = default;
  /// "csv": of the URL, and behind the dot of files.
  virtual std::string_view name() const noexcept = 0;
  /// What a file begins with; empty: with its first row.
  virtual std::string header(const Table&) const = 0;
  /// Appends a row as a record with its line end. Rejects what the table does not take, naming the column.
  virtual Result<> append_row(const Table&, const Value* row, std::string& out) const = 0;
  /// Adds the row that a record, without its line end, is. A cell that is none of its column's type is added as it
  /// stands, as text or Json, so that who compares can show it; a record that is no row is a wrong answer, and may leave a
  /// row behind in the batch.
  virtual Result<> read_row(const Table&, std::string_view record, RowBatch&) const = 0;
  /// True: a line end between double quotes, of which a record has an even number, does not end the record.
  virtual bool quotes_line_ends() const noexcept = 0;
};

const Format& csv_format();
const Format& jsonl_format();

/// Where records end. Told a text piece by piece, it calls `found(position)` with each position behind a record's
/// line end.
class RecordScanner {
 public:
  explicit RecordScanner(const Format& format) noexcept : quotes_(format.quotes_line_ends()) {}
  template <class F>
  void scan(std::string_view piece, F found) {
    for (std::size_t at = 0; at < piece.size();) {
      const std::size_t line_end = piece.find('\n', at);
      const std::size_t end = line_end == piece.npos ? piece.size() : line_end;
      if (quotes_ && odd_quotes(piece.substr(at, end - at))) inside_ = !inside_;
      at = end + 1;
      if (line_end != piece.npos && !inside_) found(at);
    }
  }

 private:
  static bool odd_quotes(std::string_view) noexcept;

  const bool quotes_;
  bool inside_ = false;  // of a quoted field
};

}  // namespace assay::files
