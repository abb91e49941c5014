#include "drivers/postgres/statement.h"

#include <fmt/format.h>

#include <charconv>
#include <libpq-fe.h>

namespace assay::postgres {
namespace {

tl::unexpected<Failure> unreadable(std::string_view column, Oid type) {
  return fail(
      FailureKind::rejected,
      fmt::format("column '{}' is of a type (OID {}) that this driver does not read; cast it to text", column, type));
}

tl::unexpected<Failure> wrong_number(const Prepared& statement, std::size_t given) {
  return fail(FailureKind::rejected, fmt::format("statement '{}' takes {} parameters, given {}", statement.label,
                                                 statement.parameters.size(), given));
}

tl::unexpected<Failure> does_not_fit(const Prepared& statement, std::size_t i, const Value& value) {
  return fail(FailureKind::rejected,
              fmt::format("parameter ${} of statement '{}': {} does not fit the type of the column (OID {})", i + 1,
                          statement.label, to_text(value), statement.parameters[i]),
              "22003");
}

}  // namespace

Result<> decode_rows(ResultPtr result, Slot& slot) {
  PGresult* const r = result.get();
  const int rows = PQntuples(r), columns = PQnfields(r);
  slot.clear(static_cast<std::size_t>(columns));
  slot.backing = std::move(result);
  slot.rows.set_affected(rows_changed(PQcmdStatus(r)));
  for (int row = 0; row < rows; row++) {
    for (int column = 0; column < columns; column++) {
      if (PQgetisnull(r, row, column) != 0) {
        slot.rows.add(kNull);
        continue;
      }
      const std::string_view data(PQgetvalue(r, row, column), static_cast<std::size_t>(PQgetlength(r, row, column)));
      const auto value = decode(PQftype(r, column), data, slot.arrays);
      if (!value) return unreadable(PQfname(r, column), PQftype(r, column));
      slot.rows.add(*value);
    }
  }
  return {};
}

[[gnu::hot]] Result<> decode_answer(Connection& connection, const Prepared& statement,
                                    const AnswerReader::Answer& answer, Slot& slot) {
  const DirectExchange& direct = *connection.direct();
  const std::size_t columns = statement.columns.size();
  slot.clear(columns);
  slot.rows.set_affected(rows_changed(direct.tag(answer)));
  std::string_view rest = direct.messages(answer);
  Message message;
  std::size_t size = 0;
  for (std::size_t left = answer.rows; left > 0; rest.remove_prefix(size)) {
    take_message(rest, message, size);
    if (message.type != 'D') continue;
    left--;
    RowCells cells(message.body);
    bool well = cells.count() == static_cast<int>(columns);
    std::optional<std::string_view> cell;
    for (std::size_t column = 0; well && column < columns; column++) {
      well = cells.next(cell);
      if (!well) break;
      const auto value = cell ? decode(statement.columns[column], *cell, slot.arrays) : std::optional<Value>(kNull);
      if (!value) return unreadable(statement.column_names[column], statement.columns[column]);
      slot.rows.add(*value);
    }
    if (!well || !cells.at_end())
      return tl::unexpected(connection.lose(
          FailureKind::disconnected, fmt::format("a row of statement '{}' cannot be understood: found {} cells in {} "
                                                 "bytes, expected {} cells",
                                                 statement.label, cells.count(), message.body.size(), columns)));
  }
  return {};
}

[[gnu::hot]] Result<> append_statement(std::string& out, const Prepared& statement, std::span<const Value> values) {
  if (values.size() != statement.parameters.size()) return wrong_number(statement, values.size());
  if (const auto bad = append_execution(out, statement.bind_head, statement.parameters, values))
    return does_not_fit(statement, *bad, values[*bad]);
  return {};
}

void Arguments::clear() noexcept {
  bytes_.clear();
  offsets_.clear();
  lengths_.clear();
  formats_.clear();
}

void Arguments::note(std::size_t offset, Wire wire) {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  offsets_.push_back(wire == Wire::null ? kNone : offset);
  lengths_.push_back(static_cast<int>(bytes_.size() - offset));
  formats_.push_back(wire == Wire::binary ? 1 : 0);
  if (wire == Wire::text) bytes_ += '\0';  // libpq looks for the end
}

Result<std::size_t> Arguments::add(const Prepared& statement, std::span<const Value> values) {
  if (values.size() != statement.parameters.size()) return wrong_number(statement, values.size());
  const std::size_t at = offsets_.size();
  for (std::size_t i = 0; i < values.size(); i++) {
    if (!add(values[i], statement.parameters[i])) return does_not_fit(statement, i, values[i]);
  }
  return at;
}

bool Arguments::add(const Value& value, Oid type) {
  const std::size_t offset = bytes_.size();
  const auto wire = encode(value, type, bytes_);
  if (wire) note(offset, *wire);
  return wire.has_value();
}

void Arguments::add_text(const Value& value) {
  const std::size_t offset = bytes_.size();
  if (is_null(value)) return note(offset, Wire::null);
  encode_text(value, bytes_);
  note(offset, Wire::text);
}

void Arguments::seal() {
  pointers_.resize(offsets_.size());
  for (std::size_t i = 0; i < offsets_.size(); i++)
    pointers_[i] = offsets_[i] == static_cast<std::size_t>(-1) ? nullptr : bytes_.data() + offsets_[i];
}

namespace {

/// Reads the two answers (to Parse and Describe) for each statement, and the sync.
Result<> read_prepared(Connection& connection, std::span<Prepared* const> statements) {
  Failure failed;
  bool has_failed = false;
  for (Prepared* statement : statements) {
    for (int step = 0; step < 2; step++) {
      auto result = connection.next();
      if (!result) return tl::unexpected(std::move(result.error()));
      PGresult* const r = result->get();
      if (PQresultStatus(r) == PGRES_COMMAND_OK && step == 1) {
        statement->parameters.clear();
        statement->columns.clear();
        statement->column_names.clear();
        for (int i = 0; i < PQnparams(r); i++) statement->parameters.push_back(PQparamtype(r, i));
        for (int i = 0; i < PQnfields(r); i++) {
          statement->columns.push_back(PQftype(r, i));
          statement->column_names.emplace_back(PQfname(r, i));
        }
        statement->bind_head = bind_head(statement->name, statement->parameters.size());
        statement->ready = true;
      } else if (PQresultStatus(r) == PGRES_FATAL_ERROR && !has_failed) {
        failed = connection.failure(r);
        failed.message = fmt::format("statement '{}': {}", statement->label, failed.message);
        has_failed = true;
        if (connection.lost()) return tl::unexpected(std::move(failed));
      }
      if (auto end = connection.next(); !end) return tl::unexpected(std::move(end.error()));
    }
  }
  if (auto sync = connection.next(); !sync) return tl::unexpected(std::move(sync.error()));
  PQexitPipelineMode(connection.raw());
  if (has_failed) return tl::unexpected(std::move(failed));
  return {};
}

}  // namespace

Result<> prepare(Connection& connection, std::span<Prepared* const> statements) {
  if (auto ready = connection.prepare_exchange(false); !ready) return ready;
  PGconn* const conn = connection.raw();
  int ok = PQenterPipelineMode(conn);
  for (Prepared* statement : statements) {
    statement->name = connection.fresh_statement_name();
    ok = ok != 0 && PQsendPrepare(conn, statement->name.c_str(), statement->text.c_str(), 0, nullptr) != 0 &&
         PQsendDescribePrepared(conn, statement->name.c_str()) != 0;
  }
  if (auto left = connection.sent(ok != 0 && PQpipelineSync(conn) != 0); !left) return left;
  return read_prepared(connection, statements);
}

void note_failure(Prepared& statement, const Failure& failure) {
  // The table changed its shape, or somebody deallocated the statement.
  if (failure.native_code == "0A000" || failure.native_code == "26000") statement.ready = false;
}

namespace {

/// The answer is then that of connection.direct().
[[gnu::always_inline]] inline Result<> exchange_directly(Connection& connection, Prepared& statement,
                                                         std::span<const Value> values) {
  DirectExchange& direct = *connection.direct();
  if (auto appended = append_statement(direct.statements(), statement, values); !appended) return appended;
  const bool doubtful = !statement.read_only && !connection.in_transaction();
  auto done = direct.exchange(1, doubtful ? DirectExchange::kAll : DirectExchange::kNever);
  if (!done) note_failure(statement, done.error());
  return done;
}

Result<> prepare_one(Connection& connection, Prepared& statement) {
  Prepared* const one[] = {&statement};
  return prepare(connection, one);
}

/// The cell of an answer that is one row of one column of bytes or text; nullopt: it is another, or NULL, or malformed.
[[gnu::always_inline]] inline std::optional<std::string_view> only_bytes(const DirectExchange& direct,
                                                                         const Prepared& statement,
                                                                         const AnswerReader::Answer& answer) noexcept {
  if (answer.rows != 1 || statement.columns.size() != 1 ||
      (statement.columns[0] != oid::kBytea && statement.columns[0] != oid::kText))
    return std::nullopt;
  Message message;
  std::size_t size = 0;
  std::string_view rest = direct.messages(answer);
  for (take_message(rest, message, size); message.type != 'D'; take_message(rest, message, size))
    rest.remove_prefix(size);
  RowCells cells(message.body);
  std::optional<std::string_view> cell;
  return cells.count() == 1 && cells.next(cell) && cells.at_end() ? cell : std::nullopt;
}

}  // namespace

[[gnu::hot]] Result<std::optional<std::string_view>> execute_for_bytes(Connection& connection, Prepared& statement,
                                                                       std::span<const Value> values,
                                                                       Arguments& arguments, Slot& slot) {
  if (!statement.ready)
    if (auto prepared = prepare_one(connection, statement); !prepared)
      return tl::unexpected(std::move(prepared.error()));
  if (connection.direct() != nullptr) {
    if (auto done = exchange_directly(connection, statement, values); !done)
      return tl::unexpected(std::move(done.error()));
    const AnswerReader::Answer& answer = connection.direct()->answers().front();
    if (answer.rows == 0) return std::nullopt;
    if (const auto bytes = only_bytes(*connection.direct(), statement, answer)) return bytes;
    if (auto done = decode_answer(connection, statement, answer, slot); !done)
      return tl::unexpected(std::move(done.error()));
  } else if (auto done = execute(connection, statement, values, arguments, slot); !done) {
    return tl::unexpected(std::move(done.error()));
  }
  if (slot.rows.empty()) return std::nullopt;
  return bytes_of(slot.rows.at(0, 0));
}

[[gnu::hot]] Result<> execute(Connection& connection, Prepared& statement, std::span<const Value> values,
                              Arguments& arguments, Slot& slot) {
  if (!statement.ready)
    if (auto prepared = prepare_one(connection, statement); !prepared) return prepared;
  if (connection.direct() != nullptr) {
    if (auto done = exchange_directly(connection, statement, values); !done) return done;
    return decode_answer(connection, statement, connection.direct()->answers().front(), slot);
  }
  arguments.clear();
  if (auto added = arguments.add(statement, values); !added) return tl::unexpected(std::move(added.error()));
  arguments.seal();
  if (auto ready = connection.prepare_exchange(!statement.read_only && !connection.in_transaction()); !ready)
    return ready;
  const int sent = PQsendQueryPrepared(connection.raw(), statement.name.c_str(), static_cast<int>(values.size()),
                                       arguments.pointers(0), arguments.lengths(0), arguments.formats(0), 1);
  if (auto left = connection.sent(sent); !left) return left;
  auto result = connection.finish();
  if (!result) {
    note_failure(statement, result.error());
    return tl::unexpected(std::move(result.error()));
  }
  return decode_rows(std::move(*result), slot);
}

Result<> run(Connection& connection, const std::string& text, std::span<const Value> values, bool read_only,
             Arguments& arguments, Slot& slot) {
  arguments.clear();
  for (const Value& value : values) arguments.add_text(value);
  arguments.seal();
  if (auto ready = connection.prepare_exchange(!read_only && !connection.in_transaction()); !ready) return ready;
  const int sent = PQsendQueryParams(connection.raw(), text.c_str(), static_cast<int>(values.size()), nullptr,
                                     arguments.pointers(0), arguments.lengths(0), arguments.formats(0), 1);
  if (auto left = connection.sent(sent); !left) return left;
  auto result = connection.finish();
  if (!result) return tl::unexpected(std::move(result.error()));
  return decode_rows(std::move(*result), slot);
}

}  // namespace assay::postgres
