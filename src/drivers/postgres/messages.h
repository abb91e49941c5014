// Messages of PostgreSQL's protocol 3, as far as prepared statements need them: those that go out, appended to a byte
// string, and those that come in, taken from one.
//
// Pure: knows neither libpq nor sockets, and trusts nothing that comes in. Source: the chapter "Frontend/Backend Protocol" of
// PostgreSQL's documentation, its sections "Message Flow" and "Message Formats". A message is one byte that says what it
// is, four bytes of length (of themselves and what follows), and the body. Views point into the bytes that were given.
#pragma once

#include "core/value.h"
#include "drivers/postgres/codec.h"
#include "drivers/postgres/wire.h"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::postgres {

/// Every Bind of the statement of this name, with that many values, to the unnamed portal, as far as it is the same each time:
/// to its first value, all of which are said to be binary, and with a length that is not known yet.
std::string bind_head(std::string_view statement, std::size_t values);
/// Appends Bind (`head` and the values; answers in binary form) and Execute (all rows). As many values as types and as the head
/// was made for. Answers the index of the first value that does not fit its type, and then `out` is as before.
std::optional<std::size_t> append_execution(std::string& out, std::string_view head, std::span<const Oid> types,
                                            std::span<const Value> values);
/// Appends Parse, Bind and Execute of a text without parameters, as the unnamed statement.
void append_text(std::string& out, std::string_view text);
void append_sync(std::string& out);

struct Message {
  char type = 0;
  std::string_view body;
};
enum class Framing { whole, partial, garbage };

inline constexpr std::size_t kMessageHeader = 5;
// No message is longer than what the server can hold at once: MaxAllocSize of its src/include/utils/memutils.h.
inline constexpr std::uint32_t kMostMessageBytes = 0x3fffffff;
/// Whether a server sends messages of a type.
inline constexpr auto kServerTypes = [] {
  std::array<bool, 256> types{};
  for (const char type : std::string_view("12CDEINSATZtnRKGHWVsdcv3")) types[static_cast<unsigned char>(type)] = true;
  return types;
}();

/// The message that the bytes begin with. `size`: how many of them it is, when it is whole. What no server sends (a type that
/// is none, a length that cannot be) is garbage as soon as it shows.
[[gnu::always_inline]] inline Framing take_message(std::string_view bytes, Message& message,
                                                   std::size_t& size) noexcept {
  if (bytes.empty()) return Framing::partial;
  if (!kServerTypes[static_cast<unsigned char>(bytes[0])]) return Framing::garbage;
  if (bytes.size() < kMessageHeader) return Framing::partial;
  const auto length = get<std::uint32_t>(bytes, 1);
  if (length < 4 || length > kMostMessageBytes) return Framing::garbage;
  if (bytes.size() - 1 < length) return Framing::partial;
  message = {bytes[0], {bytes.data() + kMessageHeader, length - 4}};
  size = length + 1;
  return Framing::whole;
}

/// What an ErrorResponse says; views into its body.
struct ServerError {
  std::string_view severity, code, message, detail;
};
/// nullopt when the body is malformed, or has no SQLSTATE.
std::optional<ServerError> read_error(std::string_view body) noexcept;

/// The cells of a DataRow, one after the other.
class RowCells {
 public:
  explicit RowCells(std::string_view body) noexcept : rest_(body) {
    if (rest_.size() < 2) return;
    count_ = get<std::uint16_t>(rest_);
    rest_.remove_prefix(2);
  }
  /// How many there are; -1: the body is malformed.
  int count() const noexcept { return count_; }
  /// False: the body is malformed. A NULL has no value.
  bool next(std::optional<std::string_view>& cell) noexcept {
    if (rest_.size() < 4) return false;
    const auto length = get<std::int32_t>(rest_);
    rest_.remove_prefix(4);
    if (length == -1) {
      cell = std::nullopt;
      return true;
    }
    if (length < 0 || static_cast<std::size_t>(length) > rest_.size()) return false;
    cell = std::string_view(rest_.data(), static_cast<std::size_t>(length));
    rest_.remove_prefix(static_cast<std::size_t>(length));
    return true;
  }
  /// Whether nothing is left.
  bool at_end() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
  int count_ = -1;
};

/// Rows changed, from the tag of a CommandComplete: INSERT 0 5, UPDATE 5, DELETE 5, MERGE 5; 0 for all else.
std::uint64_t rows_changed(std::string_view tag) noexcept;

/// Understands the answers to statements that were sent with one sync behind them, as they arrive.
///
/// Holds offsets into the bytes, which may move between two calls. Messages that may come at any time (notices,
/// notifications, parameters that changed) are passed over.
class AnswerReader {
 public:
  enum class State {
    more,     // not all has arrived yet
    ready,    // the server waits for the next statements
    fatal,    // an error that ends the session: nothing follows it
    copy,     // a statement was a COPY: the server waits for its data, or sends it
    garbage,  // what arrived cannot be understood: fault() says why
  };
  struct Answer {
    std::size_t begin = 0, end = 0;  // its rows, from behind BindComplete to behind CommandComplete
    std::size_t rows = 0;
    std::size_t tag = 0, tag_size = 0;
  };

  /// `statements` were sent; their answers begin at the offset.
  void begin(std::size_t statements, std::size_t at);
  /// `bytes` are those of the last call and more behind them.
  State read(std::string_view bytes);

  /// The answers that are complete, in the order of the statements. Behind one that failed there are none.
  std::span<const Answer> answers() const noexcept { return {answers_.data(), complete_}; }
  /// Behind the last message that was understood.
  std::size_t position() const noexcept { return at_; }
  bool failed() const noexcept { return failed_; }
  /// When failed: of whose body it is read by read_error().
  std::string_view error(std::string_view bytes) const noexcept { return bytes.substr(error_, error_size_); }
  /// When ready: 'I' idle, 'T' in a transaction, 'E' in one that failed.
  char transaction_status() const noexcept { return status_; }
  const std::string& fault() const noexcept { return fault_; }

 private:
  State accept(const Message&, std::size_t begin, std::size_t end);
  State complete(std::size_t tag_size, std::size_t begin, std::size_t end);
  State fail_with(const Message&, std::size_t begin);
  State ready(std::string_view body);
  State unexpected(const Message&);
  State unreadable(std::string_view bytes);

  std::size_t statements_ = 0, at_ = 0, complete_ = 0;
  std::vector<Answer> answers_;  // at least as many as statements
  Answer current_;
  bool bound_ = false, failed_ = false;
  char status_ = 'I';
  std::size_t error_ = 0, error_size_ = 0;
  std::string fault_;
};

/// Of messages that nothing was asked for: the state `ready` when all are such as may come at any time, with `rest` what is not
/// whole yet; `fatal` when one is an error that ends the session, whose body is then in `error`; else `garbage`.
AnswerReader::State pass_over(std::string_view& rest, std::string_view& error) noexcept;

}  // namespace assay::postgres
