#include "drivers/postgres/messages.h"

#include "drivers/postgres/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace assay::postgres {
namespace {

constexpr std::int16_t kBinaryFormat = 1;
/// Begins a message whose length is not known yet; answers where the length stands.
std::size_t open_message(std::string& out, char type) {
  out += type;
  put<std::int32_t>(out, 0);
  return out.size() - 4;
}

void set_number(std::string& out, std::size_t at, std::int32_t v) noexcept {
  const std::int32_t wire = big_endian(v);
  std::memcpy(out.data() + at, &wire, sizeof wire);
}

void close_message(std::string& out, std::size_t length, std::size_t end) noexcept {
  set_number(out, length, static_cast<std::int32_t>(end - length));
}

/// How many bytes of garbage made it so: however many have arrived behind them.
std::size_t judged(char type) noexcept { return kServerTypes[static_cast<unsigned char>(type)] ? kMessageHeader : 1; }

bool ends_session(const ServerError& error) noexcept { return error.severity == "FATAL" || error.severity == "PANIC"; }

}  // namespace

std::string bind_head(std::string_view statement, std::size_t values) {
  std::string head = "B";
  put<std::int32_t>(head, 0);
  head += '\0';  // the unnamed portal
  head.append(statement);
  head += '\0';
  const auto count = static_cast<std::uint16_t>(values);
  put(head, count);
  for (std::size_t i = 0; i < values; i++) put(head, kBinaryFormat);
  put(head, count);
  return head;
}

namespace {

// The answers in binary form; behind it Execute of the unnamed portal, without a limit of rows.
constexpr std::string_view kEnd("\0\1\0\1", 4), kExecute("E\0\0\0\11\0\0\0\0\0", 10),
    kEndAndExecute("\0\1\0\1E\0\0\0\11\0\0\0\0\0", 14);
static_assert(kEndAndExecute.substr(0, kEnd.size()) == kEnd && kEndAndExecute.substr(kEnd.size()) == kExecute);

char* write(char* at, std::string_view bytes) noexcept {
  // Not memcpy(), which takes no null pointer: what is empty may be one.
  return std::copy(bytes.begin(), bytes.end(), at);
}

template <std::integral T>
char* write(char* at, T v) noexcept {
  const T wire = big_endian(v);
  std::memcpy(at, &wire, sizeof wire);
  return at + sizeof wire;
}

/// append_execution() for values whose binary form is their bytes as they are, or an integer of the parameter's own width:
/// most of a load. False: there is another one among them, and `out` is as before.
[[gnu::hot]] bool append_plain_execution(std::string& out, std::string_view head, std::span<const Oid> types,
                                         std::span<const Value> values) {
  std::size_t most = head.size() + kEndAndExecute.size();
  for (std::size_t i = 0; i < values.size(); i++) {
    const std::string_view* const bytes = verbatim(values[i], types[i]);
    most += sizeof(std::int32_t) + (bytes != nullptr ? bytes->size() : sizeof(std::int64_t));
  }
  const std::size_t before = out.size();
  out.resize(before + most);
  char* const begin = out.data() + before;
  char* at = write(begin, head);
  for (std::size_t i = 0; i < values.size(); i++) {
    if (const std::string_view* const bytes = verbatim(values[i], types[i])) {
      at = write(write(at, static_cast<std::int32_t>(bytes->size())), *bytes);
    } else if (const auto* number = std::get_if<std::int64_t>(&values[i]);
               number != nullptr && types[i] == oid::kInt4 && *number == static_cast<std::int32_t>(*number)) {
      at = write(write(at, std::int32_t{4}), static_cast<std::int32_t>(*number));
    } else if (number != nullptr && types[i] == oid::kInt8) {
      at = write(write(at, std::int32_t{8}), *number);
    } else {
      out.resize(before);
      return false;
    }
  }
  at = write(at, kEndAndExecute);
  write(begin + 1, static_cast<std::int32_t>(at - begin - 1) - static_cast<std::int32_t>(kExecute.size()));
  out.resize(before + static_cast<std::size_t>(at - begin));
  return true;
}

}  // namespace

[[gnu::hot]] std::optional<std::size_t> append_execution(std::string& out, std::string_view head,
                                                         std::span<const Oid> types, std::span<const Value> values) {
  if (append_plain_execution(out, head, types, values)) return std::nullopt;
  const std::size_t before = out.size();
  out.append(head);
  const std::size_t formats = out.size() - 2 - 2 * values.size();
  for (std::size_t i = 0; i < values.size(); i++) {
    const std::size_t at = out.size();
    put<std::int32_t>(out, -1);
    const auto wire = encode(values[i], types[i], out);
    if (!wire) {
      out.resize(before);
      return i;
    }
    if (*wire != Wire::binary) out[formats + 2 * i + 1] = '\0';
    if (*wire != Wire::null) set_number(out, at, static_cast<std::int32_t>(out.size() - at - 4));
  }
  out.append(kEndAndExecute);
  close_message(out, before + 1, out.size() - kExecute.size());
  return std::nullopt;
}

void append_text(std::string& out, std::string_view text) {
  static const std::string kHead = bind_head("", 0);
  const std::size_t parse = open_message(out, 'P');
  out += '\0';  // the unnamed statement
  out.append(text);
  out.append(3, '\0');  // its end, and no types
  close_message(out, parse, out.size());
  append_execution(out, kHead, {}, {});
}

[[gnu::hot]] void append_sync(std::string& out) {
  constexpr std::string_view kSync("S\0\0\0\4", 5);
  out.resize(out.size() + kSync.size());
  write(out.data() + out.size() - kSync.size(), kSync);
}

std::optional<ServerError> read_error(std::string_view body) noexcept {
  ServerError error;
  std::string_view translated;  // the severity of servers before 9.6 only
  for (;;) {
    if (body.empty()) return std::nullopt;
    const char field = body[0];
    if (field == '\0') break;
    const std::size_t end = body.find('\0', 1);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view text = body.substr(1, end - 1);
    if (field == 'V') error.severity = text;
    if (field == 'S') translated = text;
    if (field == 'C') error.code = text;
    if (field == 'M') error.message = text;
    if (field == 'D') error.detail = text;
    body.remove_prefix(end + 1);
  }
  if (error.severity.empty()) error.severity = translated;
  if (error.code.empty()) return std::nullopt;
  return error;
}

std::uint64_t rows_changed(std::string_view tag) noexcept {
  if (tag.empty() || (tag[0] != 'I' && tag[0] != 'U' && tag[0] != 'D' && tag[0] != 'M')) return 0;
  const std::string_view count = tag.substr(tag.rfind(' ') + 1);
  std::uint64_t rows = 0;
  std::from_chars(count.data(), count.data() + count.size(), rows);
  return rows;
}

// ---------------------------------------------------------------------------------------------------------------------
// AnswerReader

[[gnu::hot]] void AnswerReader::begin(std::size_t statements, std::size_t at) {
  statements_ = statements;
  at_ = at;
  complete_ = 0;
  if (answers_.size() < statements) answers_.resize(statements);
  bound_ = failed_ = false;
}

inline AnswerReader::State AnswerReader::complete(std::size_t tag_size, std::size_t begin, std::size_t end) {
  current_.end = end;
  current_.tag = begin + kMessageHeader;
  current_.tag_size = tag_size;
  answers_[complete_++] = current_;  // no more than statements, as each begins with a BindComplete that was expected
  bound_ = false;
  return State::more;
}

inline AnswerReader::State AnswerReader::ready(std::string_view body) {
  if (!failed_ && (bound_ || complete_ < statements_)) {
    fault_ = fmt::format("found the end of the answers behind {} of {} statements", complete_, statements_);
    return State::garbage;
  }
  if (body.size() != 1 || (body[0] != 'I' && body[0] != 'T' && body[0] != 'E')) {
    fault_ = fmt::format("found the transaction status {:?}, expected I, T or E", body.substr(0, 8));
    return State::garbage;
  }
  status_ = body[0];
  return State::ready;
}

[[gnu::always_inline]] inline AnswerReader::State AnswerReader::accept(const Message& message, std::size_t begin,
                                                                       std::size_t end) {
  const auto expects = [this] { return !failed_ && complete_ < statements_; };
  switch (message.type) {
    case '1':  // ParseComplete
      return !bound_ && expects() ? State::more : unexpected(message);
    case '2':  // BindComplete
      if (bound_ || !expects()) return unexpected(message);
      bound_ = true;
      current_ = {.begin = end};
      return State::more;
    case 'D':  // DataRow
      if (!bound_) return unexpected(message);
      current_.rows++;
      return State::more;
    case 'C':  // CommandComplete
      if (!bound_ || message.body.empty() || message.body.back() != '\0') return unexpected(message);
      return complete(message.body.size() - 1, begin, end);
    case 'I':  // EmptyQueryResponse
      return bound_ ? complete(0, begin, end) : unexpected(message);
    case 'E':
      return fail_with(message, begin);
    case 'G':
    case 'H':
    case 'W':
      return bound_ ? State::copy : unexpected(message);
    case 'Z':
      return ready(message.body);
    case 'N':
    case 'A':
    case 'S':
      return State::more;  // may come at any time
    default:
      return unexpected(message);
  }
}

[[gnu::hot]] AnswerReader::State AnswerReader::read(std::string_view bytes) {
  for (;;) {
    Message message;
    std::size_t size = 0;
    const Framing framing = take_message({bytes.data() + at_, bytes.size() - at_}, message, size);
    if (framing != Framing::whole) return framing == Framing::partial ? State::more : unreadable(bytes);
    const State state = accept(message, at_, at_ + size);
    if (state == State::garbage) return state;
    at_ += size;
    if (state != State::more) return state;
  }
}

AnswerReader::State AnswerReader::unreadable(std::string_view bytes) {
  fault_ =
      fmt::format("found {:?}, expected a message of PostgreSQL's protocol 3", bytes.substr(at_, judged(bytes[at_])));
  return State::garbage;
}

AnswerReader::State AnswerReader::fail_with(const Message& message, std::size_t begin) {
  const auto error = read_error(message.body);
  if (!error) {
    fault_ = "found an error without an SQLSTATE";
    return State::garbage;
  }
  const bool fatal = ends_session(*error);
  if (failed_ && !fatal) return unexpected(message);
  failed_ = true;
  bound_ = false;
  error_ = begin + kMessageHeader;
  error_size_ = message.body.size();
  return fatal ? State::fatal : State::more;
}

AnswerReader::State AnswerReader::unexpected(const Message& message) {
  fault_ = fmt::format("found a message '{}' of {} bytes behind {} of {} answers{}, which does not belong there",
                       message.type, message.body.size(), complete_, statements_,
                       failed_  ? " and an error"
                       : bound_ ? " and within the next"
                                : "");
  return State::garbage;
}

AnswerReader::State pass_over(std::string_view& rest, std::string_view& error) noexcept {
  for (;;) {
    Message message;
    std::size_t size = 0;
    switch (take_message(rest, message, size)) {
      case Framing::partial:
        return AnswerReader::State::ready;
      case Framing::garbage:
        return AnswerReader::State::garbage;
      case Framing::whole:
        break;
    }
    if (const auto last = message.type == 'E' ? read_error(message.body) : std::nullopt; last && ends_session(*last)) {
      error = message.body;
      return AnswerReader::State::fatal;
    }
    if (std::string_view("NAS").find(message.type) == std::string_view::npos) return AnswerReader::State::garbage;
    rest.remove_prefix(size);
  }
}

}  // namespace assay::postgres
