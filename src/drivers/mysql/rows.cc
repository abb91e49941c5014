#include "drivers/mysql/rows.h"

#include "base/error.h"
#include "drivers/mysql/classify.h"
#include "drivers/mysql/ddl.h"
#include "drivers/mysql/handle.h"
#include "drivers/mysql/literal.h"

#include <fmt/format.h>
#include <mysql.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace assay::mysql {
namespace {

constexpr std::size_t kTextPart = 1 << 20;  // of an INSERT: well under max_allowed_packet

tl::unexpected<Failure> does_not_fit(const Table& table, std::size_t column, std::size_t row, const Value& value) {
  return fail(FailureKind::rejected,
              fmt::format("table {}, row {} of the batch: {} does not fit column {}", table.name, row, to_text(value),
                          table.columns[column].name),
              "22003");
}

/// A value as LOAD DATA reads it.
struct Field {
  std::string& out;

  bool operator()(std::monostate) const { return plain("\\N"); }
  bool operator()(bool v) const { return plain(v ? "1" : "0"); }
  bool operator()(std::int64_t v) const { return plain(std::to_string(v)); }
  bool operator()(double v) const { return std::isfinite(v) && plain(fmt::format("{}", v)); }
  bool operator()(Decimal v) const { return plain(format_decimal(v)); }
  bool operator()(std::string_view v) const {
    for (const char c : v) {
      const char* const special = std::strchr("\\\t\n", c);
      if (c == '\0')
        out += "\\0";
      else if (special == nullptr)
        out += c;
      else
        out += {'\\', c == '\t' ? 't' : c == '\n' ? 'n' : c};
    }
    return true;
  }
  bool operator()(Json v) const { return (*this)(v.text); }
  bool operator()(Bytes v) const {  // in hexadecimal digits: the lines are text
    for (const char c : v.data) fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(c));
    return true;
  }
  bool operator()(const Uuid& v) const { return plain(to_text(v)); }
  bool operator()(Date v) const { return plain(to_text(v)); }
  bool operator()(TimeOfDay v) const { return plain(to_text(v)); }
  bool operator()(Timestamp v) const { return plain(to_text(v)); }
  bool operator()(Array) const { return false; }

 private:
  bool plain(std::string_view text) const {
    out += text;
    return true;
  }
};

/// The lines that the library reads to the server.
struct Lines {
  Connection& connection;
  std::string_view rest;
};

int lines_begin(void** handle, const char*, void* lines) {
  *handle = lines;
  return 0;
}
int lines_read(void* handle, char* buffer, unsigned size) {
  Lines& lines = *static_cast<Lines*>(handle);
  const std::size_t piece = std::min<std::size_t>(size, lines.rest.size());
  std::memcpy(buffer, lines.rest.data(), piece);
  lines.rest.remove_prefix(piece);
  lines.connection.extend();  // the timeout is for each piece
  return static_cast<int>(piece);
}
void lines_end(void*) {}
int lines_error(void*, char* message, unsigned size) {
  std::strncpy(message, "reading rows", size);
  return 2000;
}

}  // namespace

void throw_failure(const Failure& failure, std::string_view while_doing) {
  throw Error(fmt::format("{}: {}{}", while_doing, failure.message,
                          failure.native_code.empty() ? "" : " (error " + failure.native_code + ")"),
              failure.kind == FailureKind::cancelled ? ExitCode::interrupted : ExitCode::unreachable);
}

// ---------------------------------------------------------------------------------------------------------------------
// Tables

void MysqlRows::carry_out(const std::string& statement) {
  if (auto done = connection_.command(statement, true); !done) throw_failure(done.error(), statement);
}

std::int64_t MysqlRows::ask(std::string_view text, std::span<const Value> arguments) {
  if (auto done = executor_.run(text, arguments, false, slot_); !done) throw_failure(done.error(), text);
  return slot_.rows.integer(0, 0).value_or(0);
}

void MysqlRows::look_at(const Table& table) const {
  create_statement(table, connection_.is_mariadb());
  for (const Column& column : table.columns)
    if (column.type == ColumnType::bytes &&
        std::find(table.primary_key.begin(), table.primary_key.end(), column.name) != table.primary_key.end())
      throw Error(
          fmt::format("the column '{}' of '{}' is of bytes, without a length; MariaDB and MySQL take none for a "
                      "primary key, expected another type",
                      column.name, table.name));
}

void MysqlRows::create(const Table& table) { carry_out(create_statement(table, connection_.is_mariadb())); }

void MysqlRows::leave_missing(const Table& table, std::vector<Addition>& additions, std::string_view names_there) {
  const Value arguments[] = {std::string_view(table.name)};
  if (auto done = executor_.run(names_there, arguments, false, slot_); !done) throw_failure(done.error(), names_there);
  for (std::size_t r = 0; r < slot_.rows.size(); r++)
    std::erase_if(additions, [&](const Addition& a) { return a.name == slot_.rows.text(r, 0); });
}

/// One statement, since the server may copy the table for it. It goes on with the statement of a process that was killed:
/// what was not there when we looked may be there when it is our turn.
void MysqlRows::add_missing(const Table& table, std::vector<Addition> additions, std::string_view names_there) {
  if (additions.empty()) return;
  leave_missing(table, additions, names_there);
  if (additions.empty()) return;
  std::string text = fmt::format("alter table {}", quoted_name(table.name));
  for (const Addition& addition : additions) text += (&addition == additions.data() ? " " : ", ") + addition.clause;
  const auto done = connection_.command(text, true);
  if (done) return;
  if (!connection_.lost()) leave_missing(table, additions, names_there);
  if (!additions.empty()) throw_failure(done.error(), text);
}

void MysqlRows::create_indexes(const Table& table) {
  add_missing(table, indexes_of(table),
              "select distinct index_name from information_schema.statistics where table_schema = database() and "
              "table_name = $1");
}

void MysqlRows::create_foreign_keys(const Table& table) {
  add_missing(table, foreign_keys_of(table),
              "select constraint_name from information_schema.table_constraints where table_schema = database() and "
              "table_name = $1");
}

bool MysqlRows::exists(std::string_view table) {
  const Value arguments[] = {table};
  return ask("select count(*) from information_schema.tables where table_schema = database() and table_name = $1",
             arguments) > 0;
}

std::vector<std::string> MysqlRows::removals_of_foreign_keys(std::span<const std::string> tables,
                                                             std::string_view done) {
  std::string texts;
  for (const std::string& table : tables) {
    texts += texts.empty() ? "" : ", ";
    append_literal(table, texts);
  }
  const std::string referring = fmt::format(
      "select constraint_schema, table_name, constraint_name, referenced_table_name, "
      "constraint_schema = database() and table_name in ({0}) "
      "from information_schema.referential_constraints where unique_constraint_schema = database() and "
      "referenced_table_name in ({0}) and (constraint_schema <> database() or table_name <> referenced_table_name)",
      texts);
  if (auto asked = executor_.run(referring, {}, false, slot_); !asked)
    throw_failure(asked.error(), "looking for foreign keys");
  std::vector<std::string> statements;
  for (std::size_t r = 0; r < slot_.rows.size(); r++) {
    if (slot_.rows.integer(r, 4) != 1)
      throw Error(fmt::format("a foreign key of table {} refers to table {}; nothing was {}", *slot_.rows.text(r, 1),
                              *slot_.rows.text(r, 3), done),
                  ExitCode::unreachable);
    statements.push_back(fmt::format("alter table {} drop foreign key {}", quoted_name(*slot_.rows.text(r, 1)),
                                     quoted_name(*slot_.rows.text(r, 2))));
  }
  return statements;
}

/// The server drops one table after the other, and none that a foreign key still leads to.
void MysqlRows::drop_all(std::span<const std::string> tables) {
  if (tables.empty()) return;
  std::vector<std::string> statements = removals_of_foreign_keys(tables, "dropped");
  statements.push_back("drop table if exists " + quoted_list({tables.begin(), tables.end()}));
  for (const std::string& statement : statements) carry_out(statement);
}

void MysqlRows::truncate_all(std::span<const std::string> tables) {
  if (tables.empty()) return;
  removals_of_foreign_keys(tables, "removed");
  carry_out("set foreign_key_checks = 0");
  for (const std::string& table : tables) {
    if (auto done = connection_.command("truncate table " + quoted_name(table), true); !done) {
      if (connection_.lost()) throw_failure(done.error(), "truncate table " + table);
      carry_out("set foreign_key_checks = 1");
      throw_failure(done.error(), "truncate table " + table);
    }
  }
  carry_out("set foreign_key_checks = 1");
}

// ---------------------------------------------------------------------------------------------------------------------
// Rows

Result<> MysqlRows::write(const Table& table, const RowBatch& batch) {
  ASSAY_ASSERT(batch.columns() == table.columns.size());
  if (batch.size() == 0) return {};
  if (auto allowed = query_.may_run(); !allowed) return allowed;
  if (query_.in_transaction()) {
    auto done = write_parts(table, batch);
    if (!done) query_.note(done.error());
    return done;
  }
  // LOAD DATA LOCAL leaves out what is wrong, and a batch may take several statements: so that it is all or none.
  if (auto begun = query_.begin({}); !begun) return begun;
  auto done = write_parts(table, batch);
  if (done) return query_.commit();
  if (!connection_.lost()) query_.rollback();
  return done;
}

Result<> MysqlRows::choose() {
  if (auto done = executor_.run("select @@local_infile", {}, false, slot_); !done) return done;
  load_ = slot_.rows.integer(0, 0) == 1 ? Load::load_data : connection_.is_mariadb() ? Load::bulk : Load::insert;
  return {};
}

Result<> MysqlRows::write_parts(const Table& table, const RowBatch& batch) {
  if (load_ == Load::automatic)
    if (auto chosen = choose(); !chosen) return chosen;
  return load_ == Load::load_data ? load_data(table, batch)
         : load_ == Load::bulk    ? bulk(table, batch)
                                  : insert(table, batch);
}

std::size_t append_line(const Table& table, const Value* row, std::string& out) {
  for (std::size_t c = 0; c < table.columns.size(); c++) {
    if (c > 0) out += '\t';
    // A text for a column of bytes is its bytes.
    const auto* text = table.columns[c].type == ColumnType::bytes ? std::get_if<std::string_view>(&row[c]) : nullptr;
    if (!std::visit(Field{out}, text != nullptr ? Value(Bytes{*text}) : row[c])) return c;
  }
  out += '\n';
  return table.columns.size();
}

Result<> MysqlRows::load_data(const Table& table, const RowBatch& batch) {
  buffer_.clear();
  for (std::size_t r = 0; r < batch.size(); r++)
    if (const std::size_t c = append_line(table, batch.row(r), buffer_); c < table.columns.size())
      return does_not_fit(table, c, r, batch.row(r)[c]);
  std::string columns, conversions;
  for (std::size_t c = 0; c < table.columns.size(); c++) {
    const std::string name = quoted_name(table.columns[c].name);
    const bool hex = table.columns[c].type == ColumnType::bytes;
    columns += (c > 0 ? ", " : "") + (hex ? fmt::format("@c{}", c) : name);
    if (hex) conversions += fmt::format("{}{} = unhex(@c{})", conversions.empty() ? " set " : ", ", name, c);
  }
  const std::string text = fmt::format(
      "load data local infile 'rows of assay' into table {} character set utf8mb4 fields terminated by x'09' escaped "
      "by x'5c' "
      "lines terminated by x'0a' ({}){}",
      quoted_name(table.name), columns, conversions);
  Lines lines{connection_, buffer_};
  MYSQL* const mysql = connection_.raw();
  if (mysql != nullptr) mysql_set_local_infile_handler(mysql, lines_begin, lines_read, lines_end, lines_error, &lines);
  auto sent = connection_.send(text, false);
  auto answer = sent ? connection_.next() : Result<Answer>(tl::unexpected(std::move(sent.error())));
  if (connection_.raw() != nullptr) refuse_files(*mysql);
  if (!answer) return tl::unexpected(std::move(answer.error()));
  if (answer->warnings == 0 && answer->affected == batch.size()) return {};
  return why_incomplete(table, answer->affected, batch.size());
}

/// The server takes LOAD DATA LOCAL for LOAD DATA IGNORE: what would be an error is a warning, and the row is left out or
/// bent.
Result<> MysqlRows::why_incomplete(const Table& table, std::uint64_t written, std::uint64_t expected) {
  if (auto shown = executor_.run("show warnings limit 1", {}, false, slot_); !shown) return shown;
  const ResultSet& rows = slot_.rows;
  const auto number = static_cast<unsigned>(rows.empty() ? 0 : rows.integer(0, 1).value_or(0));
  const FailureKind kind = classify(number);
  return fail(
      kind == FailureKind::disconnected ? FailureKind::rejected : kind,
      fmt::format("table {}: {}: {}", table.name,
                  written == expected ? "a value would not be stored as it is"
                                      : fmt::format("{} of {} rows of the batch could be written", written, expected),
                  rows.empty() ? "the server does not say why" : rows.text(0, 2).value_or("")),
      number == 0 ? "" : std::to_string(number));
}

Result<> MysqlRows::bulk(const Table& table, const RowBatch& batch) {
  std::vector<std::string> names;
  std::vector<ColumnType> types;
  std::string text = ") values (";
  for (const Column& column : table.columns) {
    text += fmt::format("{}${}", names.empty() ? "" : ", ", names.size() + 1);
    names.push_back(column.name);
    types.push_back(column.type);
  }
  text = fmt::format("insert into {} ({}{})", quoted_name(table.name), quoted_list(names), text);
  const auto [statement, is_new] = bulk_statements_.try_emplace(text);
  if (is_new) statement->second = Prepared("insert into " + table.name, text, false);
  constexpr std::size_t kRows = 4096;
  for (std::size_t first = 0; first < batch.size(); first += kRows)
    if (auto done =
            executor_.execute_bulk(statement->second, types, batch, first, std::min(first + kRows, batch.size()));
        !done)
      return done;
  return {};
}

Result<> MysqlRows::insert(const Table& table, const RowBatch& batch) {
  std::vector<std::string> names;
  for (const Column& column : table.columns) names.push_back(column.name);
  const std::string head = fmt::format("insert into {} ({}) values ", quoted_name(table.name), quoted_list(names));
  for (std::size_t r = 0; r < batch.size();) {
    buffer_ = head;
    for (std::size_t n = 0; n < insert_rows_ && r < batch.size() && buffer_.size() < kTextPart; n++, r++) {
      buffer_ += n > 0 ? ", (" : "(";
      for (std::size_t c = 0; c < names.size(); c++) {
        if (c > 0) buffer_ += ", ";
        if (!append_literal(batch.row(r)[c], buffer_)) return does_not_fit(table, c, r, batch.row(r)[c]);
      }
      buffer_ += ')';
    }
    if (auto done = connection_.command(buffer_, false); !done) return done;
  }
  return {};
}

}  // namespace assay::mysql
