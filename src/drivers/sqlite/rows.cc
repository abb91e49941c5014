#include "base/error.h"
#include "drivers/sqlite/session.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <sqlite3.h>

namespace assay::sqlite {
namespace {

/// The declared type decides SQLite's affinity as well as the kind in which a cell is read back (connection.cc): TEXT
/// and BLOB in the name keep "123" in a json column from becoming a number.
std::string declared_type(const Column& column) {
  switch (column.type) {
    case ColumnType::boolean:
      return "BOOLEAN";
    case ColumnType::integer:
    case ColumnType::bigint:
      return "INTEGER";
    case ColumnType::real:
      return "REAL";
    case ColumnType::decimal:
      return fmt::format("DECIMAL({},{})", column.precision, column.scale);
    case ColumnType::character:
      return fmt::format("CHARACTER({})", column.length);
    case ColumnType::varchar:
      return fmt::format("VARCHAR({})", column.length);
    case ColumnType::text:
      return "TEXT";
    case ColumnType::bytes:
      return "BLOB";
    case ColumnType::uuid:
      return "UUID BLOB";
    case ColumnType::date:
      return "DATE";
    case ColumnType::time:
      return "TIME";
    case ColumnType::timestamp:
      return "TIMESTAMP";
    case ColumnType::json:
      return "JSON TEXT";
    case ColumnType::array:
      return "ARRAY TEXT";
  }
  return "BLOB";
}

std::string list(const std::vector<std::string>& names) {
  std::vector<std::string> all;
  all.reserve(names.size());
  for (const std::string& name : names) all.push_back(quoted_name(name));
  return fmt::format("({})", fmt::join(all, ", "));
}

bool whole_number(const Table& table, const std::string& name) {
  for (const Column& column : table.columns)
    if (column.name == name) return column.type == ColumnType::integer || column.type == ColumnType::bigint;
  return false;
}

/// `with_foreign_keys`: as it is once create_foreign_keys() has been called.
std::string create_statement(const Table& table, bool clustered, bool with_foreign_keys) {
  std::vector<std::string> parts;
  for (const Column& column : table.columns)
    parts.push_back(
        fmt::format("{} {}{}", quoted_name(column.name), declared_type(column), column.nullable ? "" : " NOT NULL"));
  if (!table.primary_key.empty()) parts.push_back("PRIMARY KEY " + list(table.primary_key));
  if (with_foreign_keys)
    for (const ForeignKey& key : table.foreign_keys)
      parts.push_back(fmt::format("FOREIGN KEY {} REFERENCES {} {}", list(key.columns), quoted_name(key.table),
                                  list(key.references)));
  // A primary key of one integer is the row id already.
  const bool own_key =
      table.primary_key.size() > 1 || (table.primary_key.size() == 1 && !whole_number(table, table.primary_key[0]));
  return fmt::format("CREATE TABLE {} ({}){}", quoted_name(table.name), fmt::join(parts, ", "),
                     clustered && own_key ? " WITHOUT ROWID" : "");
}

/// The value in the column's scale: a decimal of another scale and a whole number count. False when digits were lost.
bool to_scale(const Value& value, int scale, Value& scaled) {
  Decimal d;
  if (const auto* decimal = std::get_if<Decimal>(&value))
    d = *decimal;
  else if (const auto* integer = std::get_if<std::int64_t>(&value))
    d = {*integer, 0};
  else
    return is_null(scaled = value);
  for (; d.scale < scale; d.scale++)
    if (__builtin_mul_overflow(d.unscaled, 10, &d.unscaled)) return false;
  for (; d.scale > scale; d.scale--) {
    if (d.unscaled % 10 != 0) return false;
    d.unscaled /= 10;
  }
  scaled = d;
  return true;
}

}  // namespace

void throw_sqlite(std::string_view doing, const Failure& failure) {
  const bool unreachable = failure.kind == FailureKind::disconnected || failure.kind == FailureKind::timeout;
  throw Error(fmt::format("{}: {} ({})", doing, failure.message, failure.native_code),
              unreachable ? ExitCode::unreachable : ExitCode::usage);
}

Result<> Unit::end(Result<> written) {
  if (written) {
    Result<> kept = connection_.execute(nested_ ? "release assay_unit" : "commit");
    if (kept) return kept;
    kept.error().in_doubt = !nested_ && kept.error().kind == FailureKind::disconnected;
    written = std::move(kept);
  }
  if (!connection_.in_transaction()) return written;  // SQLite rolled back by itself
  Result<> undone = connection_.execute(nested_ ? "rollback to assay_unit" : "rollback");
  if (undone && nested_) undone = connection_.execute("release assay_unit");
  return written;
}

namespace {

constexpr std::string_view kDuplicate[] = {"SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"};

}  // namespace

Rows::Rows(Connection& connection, Query& query)
    : SqlRows(query, {.columns = 2000, .duplicate_codes = kDuplicate}), connection_(connection) {}  // SQLITE_MAX_COLUMN

void Rows::create(const Table& table) {
  if (table.partitioning.kind != Partitioning::Kind::none)
    throw Error(fmt::format("table {}: SQLite has no partitions", table.name));
  const Result<> made = connection_.execute(create_statement(table, connection_.settings().clustered, false));
  if (!made) throw_sqlite(fmt::format("creating table {}", table.name), made.error());
}

void Rows::create_indexes(const Table& table) {
  for (const Index& index : table.indexes) {
    const Result<> made =
        connection_.execute(fmt::format("CREATE {}INDEX {} ON {} {}", index.unique ? "UNIQUE " : "",
                                        quoted_name(index.name), quoted_name(table.name), list(index.columns)));
    if (!made) throw_sqlite(fmt::format("creating index {} on {}", index.name, table.name), made.error());
  }
}

void Rows::create_foreign_keys(const Table& table) {
  if (table.foreign_keys.empty()) return;
  const auto doing = fmt::format("creating the foreign keys of {}", table.name);
  Unit unit(connection_);
  Result<> made = unit.begin();
  if (!made) throw_sqlite(doing, made.error());
  made = unit.end(add_foreign_keys(table));
  // RESET also makes the connection read the schema again, as it is after a rollback.
  const Result<> reset = connection_.execute("pragma writable_schema=reset");
  if (!made) throw_sqlite(doing, made.error());
  if (!reset) throw_sqlite(doing, reset.error());
}

/// SQLite cannot ALTER foreign keys in, and declared at once they would bind a load to one order of tables. So the
/// table's text in the schema is exchanged, the way https://www.sqlite.org/lang_altertable.html (section 7) describes
/// for changes that leave the stored rows as they are, and the rows are checked in the same transaction.
Result<> Rows::add_foreign_keys(const Table& table) {
  const Result<std::string> version = connection_.ask("pragma schema_version");
  if (!version) return tl::unexpected(version.error());
  Result<> step = connection_.execute("pragma writable_schema=on");
  if (step) {
    Result<Prepared> change =
        connection_.prepare("update sqlite_schema set sql = $1 where type = 'table' and name = $2", false);
    if (!change) return tl::unexpected(change.error());
    const std::string text = create_statement(table, connection_.settings().clustered, true);
    const Value arguments[] = {std::string_view(text), std::string_view(table.name)};
    ResultSet answer;
    step = connection_.execute(*change, arguments, answer);
    if (step && answer.affected() != 1) return fail(FailureKind::rejected, "there is no such table");
  }
  if (step) step = connection_.execute(fmt::format("pragma schema_version={}", std::stoll(*version) + 1));
  if (step) step = connection_.execute("pragma writable_schema=reset");
  if (!step) return step;

  Result<Prepared> check =
      connection_.prepare(fmt::format("pragma foreign_key_check({})", quoted_name(table.name)), false);
  if (!check) return tl::unexpected(check.error());
  ResultSet missing;
  step = connection_.execute(*check, {}, missing);
  if (step && !missing.empty())
    return fail(FailureKind::rejected,
                fmt::format("{} references of {} lead nowhere; the first to {}", missing.size(), table.name,
                            missing.text(0, 2).value_or("")),
                "SQLITE_CONSTRAINT_FOREIGNKEY");
  return step;
}

bool Rows::exists(std::string_view table) {
  Result<Prepared> look =
      connection_.prepare("select 1 from sqlite_schema where type = 'table' and name = $1 collate nocase", false);
  if (!look) throw_sqlite("looking for a table", look.error());
  const Value arguments[] = {table};
  ResultSet answer;
  if (const Result<> done = connection_.execute(*look, arguments, answer); !done)
    throw_sqlite(fmt::format("looking for table {}", table), done.error());
  return !answer.empty();
}

Result<> Rows::require_unreferenced(std::span<const std::string> tables) {
  const auto ours = [&](const std::string& name) {
    return std::any_of(tables.begin(), tables.end(),
                       [&](const std::string& table) { return sqlite3_stricmp(table.c_str(), name.c_str()) == 0; });
  };
  Result<Prepared> look = connection_.prepare(
      "select t.name, f.\"table\" from sqlite_schema t, pragma_foreign_key_list(t.name) f where t.type = 'table'",
      false);
  if (!look) return tl::unexpected(look.error());
  ResultSet references;
  if (Result<> done = connection_.execute(*look, {}, references); !done) return done;
  for (std::size_t r = 0; r < references.size(); r++) {
    const std::string from(references.text(r, 0).value_or("")), to(references.text(r, 1).value_or(""));
    if (ours(to) && !ours(from))
      return fail(FailureKind::rejected, fmt::format("a foreign key of table {} refers to table {}", from, to));
  }
  return {};
}

/// With foreign keys on, dropping or emptying a table would first look up each of its rows in those that refer to it.
void Rows::for_all(std::span<const std::string> tables, std::string_view statement, std::string_view doing) {
  insert_ = Prepared();
  insert_table_.clear();
  Result<> dropped = connection_.execute("pragma foreign_keys=off");
  if (dropped) {
    Unit unit(connection_);
    dropped = unit.begin();
    if (dropped) {
      Result<> done = require_unreferenced(tables);
      for (std::size_t i = 0; done && i < tables.size(); i++)
        done = connection_.execute(fmt::format("{} {}", statement, quoted_name(tables[i])));
      dropped = unit.end(std::move(done));
    }
  }
  const Result<> on = connection_.execute("pragma foreign_keys=on");
  if (!dropped) throw_sqlite(fmt::format("{} {}", doing, fmt::join(tables, ", ")), dropped.error());
  if (!on) throw_sqlite(fmt::format("{} {}", doing, fmt::join(tables, ", ")), on.error());
}

void Rows::drop_all(std::span<const std::string> tables) { for_all(tables, "DROP TABLE IF EXISTS", "dropping"); }

void Rows::truncate_all(std::span<const std::string> tables) { for_all(tables, "DELETE FROM", "emptying"); }

/// A table without a primary key has row ids, by one of three names that no column has.
std::vector<std::string> Rows::conditions(const Table& table, std::uint64_t rows) {
  for (const std::string_view id : {"_rowid_", "rowid", "oid"}) {
    const bool taken = std::any_of(table.columns.begin(), table.columns.end(),
                                   [&](const Column& c) { return sqlite3_stricmp(c.name.c_str(), id.data()) == 0; });
    if (taken) continue;
    const std::int64_t last = number(fmt::format("select max({}) from {}", id, quoted_name(table.name)));
    const auto step = static_cast<std::int64_t>(rows);
    std::vector<std::string> out;
    for (std::int64_t at = 0; at + step < last; at += step)
      out.push_back(fmt::format("{0} > {1} and {0} <= {2}", id,
                                out.empty() ? "-9223372036854775808" : std::to_string(at), at + step));
    out.push_back(out.empty() ? "1" : fmt::format("{} > {}", id, step * static_cast<std::int64_t>(out.size())));
    return out;
  }
  return {};
}

Result<Prepared*> Rows::insert_into(const Table& table) {
  if (insert_ && insert_table_ == table.name && insert_columns_ == table.columns.size()) return &insert_;
  std::vector<std::string> names, places;
  for (const Column& column : table.columns) {
    names.push_back(column.name);
    places.push_back(fmt::format("?{}", places.size() + 1));
  }
  Result<Prepared> made = connection_.prepare(
      fmt::format("INSERT INTO {} {} VALUES ({})", quoted_name(table.name), list(names), fmt::join(places, ", ")),
      true);
  if (!made) return tl::unexpected(std::move(made.error()));
  insert_ = std::move(*made);
  insert_table_ = table.name;
  insert_columns_ = table.columns.size();
  return &insert_;
}

Result<> Rows::write(const Table& table, const RowBatch& batch) {
  ASSAY_ASSERT(batch.columns() == table.columns.size());
  if (batch.size() == 0) return {};
  Unit unit(connection_);
  if (Result<> begun = unit.begin(); !begun) return begun;
  return unit.end(insert_all(table, batch));
}

Result<> Rows::insert_all(const Table& table, const RowBatch& batch) {
  Result<Prepared*> insert = insert_into(table);
  if (!insert) return tl::unexpected(std::move(insert.error()));
  for (std::size_t r = 0; r < batch.size(); r++) {
    connection_.start_clock();
    const Value* row = batch.row(r);
    int code = 0;
    for (std::size_t c = 0; c < table.columns.size() && code == 0; c++) {
      const Column& column = table.columns[c];
      const int parameter = static_cast<int>(c + 1);
      if (column.type != ColumnType::decimal) {
        code = connection_.bind(**insert, parameter, row[c]);
        continue;
      }
      Value scaled;
      if (!to_scale(row[c], column.scale, scaled))
        return fail(FailureKind::rejected, fmt::format("{}.{}: {} is no decimal with {} decimals", table.name,
                                                       column.name, to_text(row[c]), column.scale));
      code = connection_.bind(**insert, parameter, scaled);
    }
    if (code == 0) code = connection_.step(**insert);
    if (Result<> done = connection_.done(**insert, code); !done) {
      done.error().message = fmt::format("row {} of the batch for {}: {}", r, table.name, done.error().message);
      return done;
    }
  }
  return {};
}

}  // namespace assay::sqlite
