// Prepared statements on a connection: preparing on first use, encoding arguments, decoding rows.
//
// The server infers the types of parameters; they are asked for once, when the statement is prepared, and arguments are
// then sent in the binary form of just these types. Rows are asked for in binary, too, and point into libpq's result, or
// into the buffer of a direct exchange (direct.h). Both ways answer the same, in the same words.
#pragma once

#include "core/facets.h"
#include "drivers/postgres/codec.h"
#include "drivers/postgres/connection.h"
#include "drivers/postgres/direct.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::postgres {

struct Prepared {
  std::string label;  // for messages
  std::string text;
  bool read_only = false;
  std::string name = {};  // at the server
  bool ready = false;
  std::vector<Oid> parameters = {};
  std::string bind_head = {};     // messages.h
  std::vector<Oid> columns = {};  // of its rows
  std::vector<std::string> column_names = {};
};

/// An answer and the memory its cells point to.
struct Slot {
  ResultSet rows;
  ArrayMemory arrays;
  ResultPtr backing;
  std::unique_ptr<char[]> received = {};  // of a direct exchange, when another one follows before the answer is read

  void clear(std::size_t columns = 0) {
    rows.reset(columns);
    arrays.clear();
    backing.reset();
    received.reset();
  }
};

/// Takes over the result and makes its rows readable.
Result<> decode_rows(ResultPtr, Slot&);
/// The same of an answer of a direct exchange. A row that is not as the statement was described loses the connection.
Result<> decode_answer(Connection&, const Prepared&, const AnswerReader::Answer&, Slot&);
/// Appends the execution of a statement that is ready.
Result<> append_statement(std::string& out, const Prepared&, std::span<const Value>);

/// Arguments of several statements in the form libpq wants them. Keeps its memory over clear().
class Arguments {
 public:
  void clear() noexcept;
  /// Answers where the statement's arguments begin, for pointers() and the others after seal().
  Result<std::size_t> add(const Prepared&, std::span<const Value>);
  /// For a parameter of a given type (multi-row INSERT). False: the value does not fit it.
  bool add(const Value&, Oid);
  /// In text form, for the server to convert.
  void add_text(const Value&);
  /// To be called when all is added.
  void seal();

  const char* const* pointers(std::size_t at) const noexcept { return pointers_.data() + at; }
  const int* lengths(std::size_t at) const noexcept { return lengths_.data() + at; }
  const int* formats(std::size_t at) const noexcept { return formats_.data() + at; }
  std::size_t size() const noexcept { return offsets_.size(); }

 private:
  void note(std::size_t offset, Wire);

  std::string bytes_;
  std::vector<std::size_t> offsets_;
  std::vector<int> lengths_, formats_;
  std::vector<const char*> pointers_;
};

/// Makes the statements ready that are not, in one round trip.
Result<> prepare(Connection&, std::span<Prepared* const>);
/// One statement, one round trip (two when it is to be prepared). The answer is in the slot.
Result<> execute(Connection&, Prepared&, std::span<const Value>, Arguments&, Slot&);
/// The first cell of the first row of such an answer, of bytes or text (else empty), valid until the next exchange; nullopt: no
/// row. Costs less than execute(): where the answer is nothing else, no ResultSet is made of it.
Result<std::optional<std::string_view>> execute_for_bytes(Connection&, Prepared&, std::span<const Value>, Arguments&,
                                                          Slot&);
/// One statement unprepared, with arguments as text.
Result<> run(Connection&, const std::string& text, std::span<const Value>, bool read_only, Arguments&, Slot&);
/// After a failure of the statement: whether it is to be prepared anew before its next use.
void note_failure(Prepared&, const Failure&);

}  // namespace assay::postgres
