#include "drivers/postgres/rows.h"

#include "base/error.h"
#include "drivers/postgres/ddl.h"
#include "drivers/postgres/wire.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <libpq-fe.h>

namespace assay::postgres {
namespace {

// COPY's binary form: PostgreSQL documentation, COPY, "Binary Format".
constexpr std::string_view kCopyHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::size_t kCopyPiece = 64 * 1024;
constexpr std::size_t kMostParameters = 65535;  // of one statement, by the protocol

void must(const Result<>& result, std::string_view what) {
  if (!result) throw_failure(result.error(), what);
}

/// Whether COPY's binary form of such values is that of the type.
bool has_binary_form(ColumnType values, Oid type) {
  const auto takes = [type](const Value& value) {
    std::string out;
    return encode_binary(value, type, out);
  };
  switch (values) {
    case ColumnType::boolean:
      return takes(true);
    case ColumnType::integer:
    case ColumnType::bigint:
      return takes(std::int64_t{0});
    case ColumnType::real:
      return takes(0.0);
    case ColumnType::decimal:
      return takes(Decimal{});
    case ColumnType::character:
    case ColumnType::varchar:
    case ColumnType::text:
      return takes(std::string_view());
    case ColumnType::bytes:
      return takes(Bytes{});
    case ColumnType::uuid:
      return takes(Uuid{});
    case ColumnType::date:
      return takes(Date{});
    case ColumnType::time:
      return takes(TimeOfDay{});
    case ColumnType::timestamp:
      return takes(Timestamp{});
    case ColumnType::json:
      return takes(Json{"{}"});
    case ColumnType::array:
      return type == type_oid(values);
  }
  return false;
}

/// Appends a row in COPY's form; answers the first column whose value does not fit, or the number of columns.
std::size_t append_row(const Table& table, const std::vector<Oid>& types, const Value* row, std::string& out) {
  put(out, static_cast<std::int16_t>(table.columns.size()));
  for (std::size_t c = 0; c < table.columns.size(); c++) {
    const std::size_t at = out.size();
    put<std::int32_t>(out, -1);
    if (is_null(row[c])) continue;
    if (!encode_binary(row[c], types[c], out)) return c;
    const std::int32_t size = big_endian(static_cast<std::int32_t>(out.size() - at - 4));
    out.replace(at, 4, reinterpret_cast<const char*>(&size), 4);
  }
  return table.columns.size();
}

}  // namespace

void throw_failure(const Failure& failure, std::string_view while_doing) {
  throw Error(fmt::format("{}: {}{}", while_doing, failure.message,
                          failure.native_code.empty() ? "" : " (SQLSTATE " + failure.native_code + ")"),
              failure.kind == FailureKind::cancelled ? ExitCode::interrupted : ExitCode::unreachable);
}

void PostgresRows::carry_out(const std::vector<std::string>& statements) {
  const bool own = statements.size() > 1 && !query_.in_transaction();
  if (own) must(query_.begin({}), "begin");
  for (const std::string& text : statements) {
    auto done = connection_.command(text.c_str(), !query_.in_transaction());
    if (done) continue;
    if (own && !connection_.lost()) query_.rollback();
    throw_failure(done.error(), text);
  }
  if (own) must(query_.commit(), "commit");
}

bool PostgresRows::ask(std::string_view text, std::span<const Value> arguments) {
  must(run(connection_, std::string(text), arguments, true, arguments_, slot_), text);
  const bool* answer = slot_.rows.empty() ? nullptr : std::get_if<bool>(&slot_.rows.at(0, 0));
  return answer != nullptr && *answer;
}

void PostgresRows::create(const Table& table) {
  stored_.erase(table.name);
  carry_out(create_statements(table));
}

void PostgresRows::create_indexes(const Table& table) {
  for (const std::string& text : index_statements(table)) carry_out({text});
}

void PostgresRows::create_foreign_keys(const Table& table) {
  for (std::size_t i = 0; i < table.foreign_keys.size(); i++) {
    const std::string relation = quoted_name(table.name), name = foreign_key_name(table, i);
    const Value arguments[] = {std::string_view(relation), std::string_view(name)};
    if (!ask("select exists (select from pg_constraint where conrelid = to_regclass($1) and conname = $2)", arguments))
      carry_out({foreign_key_statement(table, i)});
  }
}

bool PostgresRows::exists(std::string_view table) {
  const std::string relation = quoted_name(table);
  const Value arguments[] = {std::string_view(relation)};
  return ask("select to_regclass($1) is not null", arguments);
}

void PostgresRows::drop_all(std::span<const std::string> tables) {
  if (tables.empty()) return;
  std::vector<std::string> relations;
  for (const std::string& table : tables) {
    stored_.erase(table);
    relations.push_back(quoted_name(table));
  }
  // One statement: foreign keys among them go with them, and when something else refers to one, all stay.
  carry_out({fmt::format("drop table if exists {}", fmt::join(relations, ", "))});
}

void PostgresRows::truncate_all(std::span<const std::string> tables) {
  if (tables.empty()) return;
  // As above: foreign keys among them are no obstacle, and another one is an error that names its table.
  carry_out({fmt::format("truncate {}", quoted_list({tables.begin(), tables.end()}))});
}

/// By the blocks in which the rows lie.
std::vector<std::string> PostgresRows::conditions(const Table& table, std::uint64_t rows) {
  const std::string relation = quoted_name(table.name);
  const auto count = static_cast<std::uint64_t>(number(fmt::format("select count(*) from {}", relation)));
  std::string literal;
  for (const char c : relation) literal.append(c == '\'' ? 2 : 1, c);
  const auto blocks = static_cast<std::uint64_t>(number(
      fmt::format("select pg_relation_size(to_regclass('{}')) / current_setting('block_size')::bigint", literal)));
  if (count <= rows || blocks < 2) return {"true"};
  const std::uint64_t step = std::max<std::uint64_t>(blocks * rows / count, 1);
  std::vector<std::string> out;
  for (std::uint64_t at = 0; at < blocks; at += step) {
    out.push_back(fmt::format("ctid >= '({},0)'::tid", at));
    if (at + step < blocks) out.back() += fmt::format(" and ctid < '({},0)'::tid", at + step);
  }
  return out;
}

tl::unexpected<Failure> PostgresRows::does_not_fit(const Table& table, std::size_t column, std::size_t row,
                                                   const Value& value) const {
  const auto& types = stored_.find(table.name)->second;
  const auto stored = types.find(table.columns[column].name);
  return fail(FailureKind::rejected,
              fmt::format("table {}, row {} of the batch: {} does not fit column {} ({})", table.name, row,
                          to_text(value), table.columns[column].name,
                          stored == types.end() ? type_name(table.columns[column]) : stored->second.name),
              "22003");
}

Result<> PostgresRows::find_types(const Table& table) {
  auto known = stored_.find(table.name);
  if (known == stored_.end()) {
    constexpr std::string_view kTypes =
        "select a.attname::text, coalesce(nullif(t.typbasetype, 0), t.oid)::bigint, format_type(a.atttypid, "
        "a.atttypmod) "
        "from pg_attribute a join pg_type t on t.oid = a.atttypid "
        "where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped";
    const std::string relation = quoted_name(table.name);
    const Value arguments[] = {std::string_view(relation)};
    if (auto found = run(connection_, std::string(kTypes), arguments, true, arguments_, slot_); !found) return found;
    StoredTypes types;
    for (std::size_t r = 0; r < slot_.rows.size(); r++)
      types[std::string(slot_.rows.text(r, 0).value_or(""))] = {static_cast<Oid>(slot_.rows.integer(r, 1).value_or(0)),
                                                                std::string(slot_.rows.text(r, 2).value_or(""))};
    known = stored_.emplace(table.name, std::move(types)).first;
  }
  types_.clear();
  all_binary_ = true;
  for (const Column& column : table.columns) {
    const auto stored = known->second.find(column.name);
    types_.push_back(stored == known->second.end() ? type_oid(column.type) : stored->second.oid);
    all_binary_ = all_binary_ && has_binary_form(column.type, types_.back());
    if (types_.back() == oid::kBytea && column.type != ColumnType::bytes)
      return fail(FailureKind::rejected,
                  fmt::format("table {}: column {} is bytea, and what is written is {}; expected a column of that",
                              table.name, column.name, type_name(column)),
                  "42804");  // datatype_mismatch
  }
  return {};
}

Result<> PostgresRows::write(const Table& table, const RowBatch& batch) {
  ASSAY_ASSERT(batch.columns() == table.columns.size());
  if (batch.size() == 0) return {};
  if (auto found = find_types(table); !found) return found;
  return load_ == Load::copy && all_binary_ ? copy(table, batch) : insert(table, batch);
}

// ---------------------------------------------------------------------------------------------------------------------
// COPY

Result<> PostgresRows::copy(const Table& table, const RowBatch& batch) {
  std::string text = fmt::format("copy {} (", quoted_name(table.name));
  for (std::size_t c = 0; c < table.columns.size(); c++) text += (c ? ", " : "") + quoted_name(table.columns[c].name);
  text += ") from stdin (format binary)";
  if (auto ready = connection_.prepare_exchange(false); !ready) return ready;
  const bool alone = !connection_.in_transaction();
  if (auto left = connection_.sent(PQsendQuery(connection_.raw(), text.c_str())); !left) return left;
  auto answer = connection_.next();
  if (!answer) return tl::unexpected(std::move(answer.error()));
  if (PQresultStatus(answer->get()) != PGRES_COPY_IN) {
    Failure failure = connection_.failure(answer->get());
    if (!connection_.lost())
      if (auto rest = connection_.finish(); !rest) return tl::unexpected(std::move(rest.error()));
    return tl::unexpected(std::move(failure));
  }
  if (auto sent = copy_rows(table, batch); !sent) {
    if (connection_.lost()) return sent;
    end_copy("a value does not fit its column");  // fails, as it should: nothing is written
    return sent;
  }
  if (auto ready = connection_.prepare_exchange(alone); !ready) return ready;
  return end_copy(nullptr);
}

Result<> PostgresRows::copy_rows(const Table& table, const RowBatch& batch) {
  buffer_.assign(kCopyHeader);
  for (std::size_t r = 0; r < batch.size(); r++) {
    const std::size_t c = append_row(table, types_, batch.row(r), buffer_);
    if (c < table.columns.size()) return does_not_fit(table, c, r, batch.row(r)[c]);
    if (r + 1 == batch.size()) put<std::int16_t>(buffer_, -1);
    if (buffer_.size() < kCopyPiece && r + 1 < batch.size()) continue;
    // libpq would buffer without limit: what is put must have left before more is put.
    if (PQputCopyData(connection_.raw(), buffer_.data(), static_cast<int>(buffer_.size())) != 1)
      return tl::unexpected(connection_.lose(FailureKind::disconnected, "lost the connection during COPY"));
    buffer_.clear();
    if (auto ready = connection_.prepare_exchange(false); !ready) return ready;  // the timeout is for each piece
    if (auto left = connection_.drain(); !left) return left;
    if (auto there = connection_.check(); !there) return there;
  }
  return {};
}

Result<> PostgresRows::end_copy(const char* error) {
  if (auto left = connection_.sent(PQputCopyEnd(connection_.raw(), error) == 1 ? 1 : 0); !left) return left;
  auto result = connection_.finish();
  if (!result) return tl::unexpected(std::move(result.error()));
  return {};
}

// ---------------------------------------------------------------------------------------------------------------------
// INSERT

Result<> PostgresRows::insert(const Table& table, const RowBatch& batch) {
  const std::size_t step = std::min(insert_rows_, kMostParameters / std::max<std::size_t>(table.columns.size(), 1));
  const bool own = batch.size() > step && !query_.in_transaction();
  if (own)
    if (auto begun = query_.begin({}); !begun) return begun;
  for (std::size_t first = 0; first < batch.size(); first += step) {
    auto done = insert_some(table, batch, first, std::min(first + step, batch.size()));
    if (done) continue;
    if (own && !connection_.lost()) query_.rollback();
    return done;
  }
  return own ? query_.commit() : Result<>();
}

Result<> PostgresRows::insert_some(const Table& table, const RowBatch& batch, std::size_t first, std::size_t last) {
  std::string text = fmt::format("insert into {} (", quoted_name(table.name));
  for (std::size_t c = 0; c < table.columns.size(); c++) text += (c ? ", " : "") + quoted_name(table.columns[c].name);
  text += ") values ";
  arguments_.clear();
  std::vector<Oid> types;
  std::size_t number = 0;
  for (std::size_t r = first; r < last; r++) {
    for (std::size_t c = 0; c < table.columns.size(); c++) {
      const Value& value = batch.row(r)[c];
      if (!arguments_.add(value, types_[c])) return does_not_fit(table, c, r, value);
      types.push_back(types_[c]);
      text += fmt::format("{}${}", c > 0 ? ", " : r > first ? ", (" : "(", ++number);
    }
    text += ')';
  }
  arguments_.seal();
  if (auto ready = connection_.prepare_exchange(!connection_.in_transaction()); !ready) return ready;
  const int ok = PQsendQueryParams(connection_.raw(), text.c_str(), static_cast<int>(number), types.data(),
                                   arguments_.pointers(0), arguments_.lengths(0), arguments_.formats(0), 1);
  if (auto left = connection_.sent(ok); !left) return left;
  auto result = connection_.finish();
  if (!result) return tl::unexpected(std::move(result.error()));
  return {};
}

}  // namespace assay::postgres
