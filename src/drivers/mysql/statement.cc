#include "drivers/mysql/statement.h"

#include "base/error.h"
#include "drivers/mysql/literal.h"

#include <fmt/format.h>
#include <mysql.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>

namespace assay::mysql {
namespace {

constexpr Quoting kQuoting{.brackets = false, .hash_comments = true};

tl::unexpected<Failure> unreadable(const MYSQL_FIELD& field) {
  return fail(FailureKind::rejected,
              fmt::format("column '{}' (type {}) holds a value that this driver does not read; cast it to char",
                          field.name, static_cast<int>(field.type)));
}

Result<> check_count(const Prepared& statement, std::size_t given) {
  if (given == statement.parameters) return {};
  return fail(FailureKind::rejected, fmt::format("statement '{}' takes {} parameters, given {}", statement.label,
                                                 statement.parameters, given));
}

tl::unexpected<Failure> no_form(const Prepared& statement, std::size_t number, const Value& value) {
  return fail(FailureKind::rejected,
              fmt::format("parameter ${} of statement '{}': {} is no value that MariaDB or MySQL has", number,
                          statement.label, to_text(value)),
              "22003");
}

std::vector<CellKind> kinds_of(const MYSQL_FIELD* fields, unsigned columns) {
  std::vector<CellKind> kinds(columns);
  for (unsigned c = 0; c < columns; c++) kinds[c] = cell_kind(fields[c]);
  return kinds;
}

}  // namespace

void StatementClose::operator()(st_mysql_stmt* statement) const noexcept { mysql_stmt_close(statement); }

Prepared::Prepared(std::string label_, std::string_view text, bool read_only_)
    : label(std::move(label_)), pieces(split_at_parameters(text, kQuoting)), read_only(read_only_) {
  for (const std::size_t number : pieces.numbers) parameters = std::max(parameters, number);
}

Result<> append_statement(const Prepared& statement, std::span<const Value> values, std::string& out) {
  if (auto counted = check_count(statement, values.size()); !counted) return counted;
  const std::size_t before = out.size();
  out += statement.pieces.text[0];
  for (std::size_t i = 0; i < statement.pieces.numbers.size(); i++) {
    const std::size_t number = statement.pieces.numbers[i];
    if (!append_literal(values[number - 1], out)) {
      out.resize(before);
      return no_form(statement, number, values[number - 1]);
    }
    out += statement.pieces.text[i + 1];
  }
  return {};
}

Result<> decode_rows(Answer answer, Slot& slot) {
  slot.clear();
  if (answer.rows == nullptr) {
    slot.rows.set_affected(answer.affected);
    return {};
  }
  slot.backing = std::move(answer.rows);
  MYSQL_RES* const result = slot.backing.get();
  const unsigned columns = mysql_num_fields(result);
  const MYSQL_FIELD* const fields = mysql_fetch_fields(result);
  const std::vector<CellKind> kinds = kinds_of(fields, columns);
  slot.rows.reset(columns);
  while (MYSQL_ROW row = mysql_fetch_row(result)) {
    const unsigned long* const lengths = mysql_fetch_lengths(result);
    for (unsigned c = 0; c < columns; c++) {
      if (row[c] == nullptr) {
        slot.rows.add(kNull);
        continue;
      }
      const auto value = decode_text(kinds[c], std::string_view(row[c], lengths[c]));
      if (!value) return unreadable(fields[c]);
      slot.rows.add(*value);
    }
  }
  return {};
}

// ---------------------------------------------------------------------------------------------------------------------
// Arguments in the binary form

/// What the library is told of the arguments, and the memory it points to. Kept from one execution to the next.
struct Executor::Bindings {
  struct Cell {
    std::int64_t integer = 0;
    double real = 0;
    MYSQL_TIME time{};
    unsigned long length = 0;
    std::string text;
  };
  std::vector<MYSQL_BIND> binds;
  std::vector<Cell> cells;

  void reset(std::size_t count) {
    binds.assign(count, MYSQL_BIND{});
    if (cells.size() < count) cells.resize(count);
  }

  /// False: there is no such value in MySQL.
  bool set(std::size_t i, const Value& value) {
    return std::visit([&](const auto& v) { return put(binds[i], cells[i], v); }, value);
  }

 private:
  static bool set(MYSQL_BIND& bind, enum_field_types type, void* buffer) {
    bind.buffer_type = type;
    bind.buffer = buffer;
    return true;
  }
  static bool data(MYSQL_BIND& bind, Cell& cell, enum_field_types type, std::string_view text) {
    static char empty = '\0';  // the library takes a null pointer for NULL
    cell.length = text.size();
    bind.length = &cell.length;
    bind.buffer_length = cell.length;
    return set(bind, type, text.empty() ? &empty : const_cast<char*>(text.data()));
  }
  static bool owned(MYSQL_BIND& bind, Cell& cell, enum_field_types type, std::string text) {
    cell.text = std::move(text);
    return data(bind, cell, type, cell.text);
  }
  static bool put(MYSQL_BIND& bind, Cell&, std::monostate) { return set(bind, MYSQL_TYPE_NULL, nullptr); }
  static bool put(MYSQL_BIND& bind, Cell& cell, bool v) { return put(bind, cell, std::int64_t{v}); }
  static bool put(MYSQL_BIND& bind, Cell& cell, std::int64_t v) {
    cell.integer = v;
    return set(bind, MYSQL_TYPE_LONGLONG, &cell.integer);
  }
  static bool put(MYSQL_BIND& bind, Cell& cell, double v) {
    cell.real = v;
    return std::isfinite(v) && set(bind, MYSQL_TYPE_DOUBLE, &cell.real);
  }
  static bool put(MYSQL_BIND& bind, Cell& cell, Decimal v) {
    return owned(bind, cell, MYSQL_TYPE_NEWDECIMAL, format_decimal(v));
  }
  static bool put(MYSQL_BIND& bind, Cell& cell, std::string_view v) { return data(bind, cell, MYSQL_TYPE_STRING, v); }
  static bool put(MYSQL_BIND& bind, Cell& cell, Json v) { return data(bind, cell, MYSQL_TYPE_STRING, v.text); }
  static bool put(MYSQL_BIND& bind, Cell& cell, Bytes v) { return data(bind, cell, MYSQL_TYPE_BLOB, v.data); }
  static bool put(MYSQL_BIND& bind, Cell& cell, const Uuid& v) {
    return owned(bind, cell, MYSQL_TYPE_STRING, to_text(v));
  }
  static bool put(MYSQL_BIND& bind, Cell& cell, Date v) {
    cell.time = {};
    set_date(cell.time, v.days);
    cell.time.time_type = MYSQL_TIMESTAMP_DATE;
    return set(bind, MYSQL_TYPE_DATE, &cell.time);
  }
  static bool put(MYSQL_BIND& bind, Cell& cell, TimeOfDay v) {
    cell.time = {};
    set_clock(cell.time, v.microseconds);
    cell.time.time_type = MYSQL_TIMESTAMP_TIME;
    return set(bind, MYSQL_TYPE_TIME, &cell.time);
  }
  static bool put(MYSQL_BIND& bind, Cell& cell, Timestamp v) {
    constexpr std::int64_t kDay = 86'400'000'000;
    const std::int64_t rest = ((v.microseconds % kDay) + kDay) % kDay;
    cell.time = {};
    set_date(cell.time, static_cast<std::int32_t>((v.microseconds - rest) / kDay));
    set_clock(cell.time, rest);
    cell.time.time_type = MYSQL_TIMESTAMP_DATETIME;
    return set(bind, MYSQL_TYPE_DATETIME, &cell.time);
  }
  static bool put(MYSQL_BIND&, Cell&, Array) { return false; }

  static void set_date(MYSQL_TIME& time, std::int32_t days) {
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
    time.year = static_cast<unsigned>(static_cast<int>(date.year()));
    time.month = static_cast<unsigned>(date.month());
    time.day = static_cast<unsigned>(date.day());
  }
  static void set_clock(MYSQL_TIME& time, std::int64_t micros) {
    time.second_part = static_cast<unsigned long>(micros % 1'000'000);
    const auto seconds = static_cast<unsigned>(micros / 1'000'000);
    time.hour = seconds / 3600;
    time.minute = seconds / 60 % 60;
    time.second = seconds % 60;
  }
};

Executor::Executor(Connection& connection) : connection_(connection), bindings_(std::make_unique<Bindings>()) {}
Executor::~Executor() = default;

Result<> Executor::prepare(Prepared& statement) {
  if (statement.handle != nullptr) return {};
  if (auto ready = connection_.begin_exchange(false); !ready) return ready;
  std::string text = statement.pieces.text[0];
  for (std::size_t i = 0; i < statement.pieces.numbers.size(); i++) text += '?' + statement.pieces.text[i + 1];
  StatementPtr handle(mysql_stmt_init(connection_.raw()));
  if (handle == nullptr) return fail(FailureKind::overloaded, "no memory for a statement");
  const bool ok = connection_.call([&](MYSQL*) {
    return mysql_stmt_prepare(handle.get(), text.data(), static_cast<unsigned long>(text.size())) == 0;
  });
  Result<> done = connection_.sent(ok);
  if (done) done = connection_.await();
  if (done &&
      !connection_.call([&](MYSQL* mysql) { return mysql->methods->db_read_prepare_response(handle.get()) == 0; }))
    done = tl::unexpected(connection_.failure());
  if (!done) {
    done.error().message = fmt::format("statement '{}': {}", statement.label, done.error().message);
    return done;
  }
  statement.handle = std::move(handle);
  return {};
}

void Executor::retire(Prepared& statement) noexcept {
  if (statement.handle == nullptr) return;
  if (!connection_.lost() && connection_.begin_exchange(false)) {
    connection_.call([&](MYSQL*) {
      statement.handle.reset();
      return 0;
    });
    if (connection_.raw()->net.pvio == nullptr) connection_.lose(FailureKind::disconnected, "lost the connection");
  }
  statement.handle.reset();
}

Result<> Executor::exchange(Prepared& statement, bool doubtful) {
  MYSQL_STMT* const handle = statement.handle.get();
  if (auto ready = connection_.begin_exchange(doubtful); !ready) return ready;
  const bool ok = connection_.call([&](MYSQL*) { return mysql_stmt_execute(handle) == 0; });
  if (auto left = connection_.sent(ok); !left) return left;
  if (auto arrived = connection_.await(); !arrived) return arrived;
  const bool read = connection_.call([&](MYSQL* mysql) {
    return mysql->methods->db_read_execute_response(handle) == 0 && mysql_stmt_store_result(handle) == 0;
  });
  if (read) return {};
  if (mysql_errno(connection_.raw()) == 0 && mysql_stmt_errno(handle) != 0) {
    // Found by the library: the table changed its shape.
    Failure failure{FailureKind::rejected, std::to_string(mysql_stmt_errno(handle)),
                    fmt::format("statement '{}': {}", statement.label, mysql_stmt_error(handle))};
    retire(statement);  // reads what is left of the answer, too
    return tl::unexpected(std::move(failure));
  }
  Failure failure = connection_.failure();
  failure.message = fmt::format("statement '{}': {}", statement.label, failure.message);
  // The server has forgotten the statement, or cannot make it fit the table any more.
  if (failure.native_code == "1243" || failure.native_code == "1615") retire(statement);
  return tl::unexpected(std::move(failure));
}

Result<> Executor::read_rows(const Prepared& statement, Slot& slot) {
  MYSQL_STMT* const handle = statement.handle.get();
  slot.clear();
  const unsigned columns = handle->field_count;
  if (columns == 0) {
    slot.rows.set_affected(mysql_stmt_affected_rows(handle));
    return {};
  }
  slot.rows.reset(columns);
  const std::vector<CellKind> kinds = kinds_of(handle->fields, columns);
  for (const MYSQL_ROWS* row = handle->result.data; row != nullptr; row = row->next) {
    // A byte of status, a bit for each NULL (the first two unused), the cells.
    std::string_view data(reinterpret_cast<const char*>(row->data), row->length);
    const std::size_t header = 1 + (columns + 9) / 8;
    if (data.size() < header) return unreadable(handle->fields[0]);
    const std::string_view nulls = data.substr(1);
    data.remove_prefix(header);
    for (unsigned c = 0; c < columns; c++) {
      if ((static_cast<unsigned char>(nulls[(c + 2) / 8]) >> ((c + 2) % 8) & 1) != 0) {
        slot.rows.add(kNull);
        continue;
      }
      const auto value = decode_binary(kinds[c], handle->fields[c], data);
      if (!value) return unreadable(handle->fields[c]);
      slot.rows.add(*value);
    }
  }
  return {};
}

Result<> Executor::execute(Prepared& statement, std::span<const Value> values, bool doubtful, Slot& slot) {
  if (auto counted = check_count(statement, values.size()); !counted) return counted;
  if (auto ready = prepare(statement); !ready) return ready;
  const std::vector<std::size_t>& numbers = statement.pieces.numbers;
  bindings_->reset(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); i++)
    if (const Value& value = values[numbers[i] - 1]; !bindings_->set(i, value))
      return no_form(statement, numbers[i], value);
  if (!numbers.empty()) mysql_stmt_bind_param(statement.handle.get(), bindings_->binds.data());
  if (auto done = exchange(statement, doubtful); !done) return done;
  return read_rows(statement, slot);
}

Result<> Executor::run(std::string_view text, std::span<const Value> values, bool doubtful, Slot& slot) {
  const Prepared statement("", text, false);
  text_.clear();
  if (auto rendered = append_statement(statement, values, text_); !rendered) return rendered;
  if (auto sent = connection_.send(text_, doubtful); !sent) return sent;
  auto answer = connection_.next();
  if (!answer) return tl::unexpected(std::move(answer.error()));
  connection_.in_doubt_when_lost(false);
  if (connection_.more()) {
    while (connection_.more())
      if (auto further = connection_.next(); !further) return tl::unexpected(std::move(further.error()));
    return fail(FailureKind::rejected, "the text holds several statements; expected one");
  }
  return decode_rows(std::move(*answer), slot);
}

}  // namespace assay::mysql
