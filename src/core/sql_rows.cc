#include "core/sql_rows.h"

#include "base/error.h"
#include "base/random.h"
#include "core/parallel.h"
#include "core/sql_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace assay {
namespace {

Result<bool> is_noted(QueryFacet& query, const RowsNote& note) {
  const Value key[] = {note.workload, note.name};
  const Result<const ResultSet*> found =
      query.run("select name from assay_meta where workload = $1 and name = $2", key);
  if (!found) return tl::unexpected(found.error());
  return !(*found)->empty();
}

/// The decimal with the column's scale; as it is where digits would be lost.
Decimal in_scale(Decimal d, int scale) {
  const Decimal before = d;
  for (; d.scale < scale; d.scale++)
    if (__builtin_mul_overflow(d.unscaled, 10, &d.unscaled)) return before;
  for (; d.scale > scale; d.scale--) {
    if (d.unscaled % 10 != 0) return before;
    d.unscaled /= 10;
  }
  return d;
}

std::optional<Uuid> uuid_of(std::string_view text) {
  Uuid out;
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == '-') continue;
    const int v = c >= '0' && c <= '9'   ? c - '0'
                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                         : -1;
    if (v < 0 || digits >= 32) return std::nullopt;
    std::uint8_t& octet = out.octets[digits++ / 2];
    octet = static_cast<std::uint8_t>(16 * octet + v);
  }
  return digits == 32 ? std::optional(out) : std::nullopt;
}

Value whole_of_column(std::int64_t v, const Column& column, const Dialect& dialect) {
  switch (column.type) {
    case ColumnType::boolean:
      return v != 0;
    case ColumnType::real:
      return static_cast<double>(v);
    case ColumnType::decimal:
      return dialect.exact_decimals ? in_scale({v, 0}, column.scale)
                                    : Decimal{v, static_cast<std::uint8_t>(column.scale)};
    default:
      return v;
  }
}

Value text_of_column(std::string_view text, const Column& column, const Dialect& dialect, RowBatch& store) {
  switch (column.type) {
    case ColumnType::uuid:
      if (const std::optional<Uuid> uuid = uuid_of(text)) return *uuid;
      break;
    case ColumnType::json:
    case ColumnType::array:
      return Json{store.keep(text)};
    case ColumnType::bytes:
      return Bytes{store.keep(text)};
    case ColumnType::character:
      if (dialect.pads_characters) text = text.substr(0, text.find_last_not_of(' ') + 1);
      break;
    default:
      break;
  }
  return store.keep(text);
}

Value copy_of(Array array, RowBatch& store) {
  Value* const elements = store.elements(array.size);
  for (std::size_t i = 0; i < array.size; i++)
    if (const auto* text = std::get_if<std::string_view>(&array.data[i]))
      elements[i] = store.keep(*text);
    else
      elements[i] = array.data[i];
  return Array{elements, array.size};
}

}  // namespace

std::string derived_name(std::string_view table, std::span<const std::string> columns, std::string_view kind) {
  constexpr std::size_t kMost = 63, kHashed = 9;  // bytes of a name; of _ and eight digits
  std::string name(table);
  std::uint64_t hash = 0;
  const auto count = [&](std::string_view part) {
    for (const char c : part) hash = hash_of(hash, static_cast<unsigned char>(c));
    hash = hash_of(hash, 0);
  };
  count(table);
  bool plain = columns.empty() || table.find('_') == table.npos;
  for (const std::string& column : columns) {
    (name += '_') += column;
    count(column);
    plain = plain && column.find('_') == column.npos;
  }
  (name += '_') += kind;
  count(kind);
  if (plain && name.size() <= kMost) return name;
  std::size_t end = std::min(name.size(), kMost - kHashed);
  while (end < name.size() && end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) end--;
  name.resize(end);
  return fmt::format("{}_{:08x}", name, hash & 0xffffffff);
}

std::string quoted_name(const Dialect& dialect, std::string_view identifier) {
  std::string out(1, dialect.quote);
  for (const char c : identifier) out.append(c == dialect.quote ? 2 : 1, c);
  return out += dialect.quote;
}

Value value_of_column(const Value& value, const Column& column, const Dialect& dialect, RowBatch& store) {
  if (const auto* v = std::get_if<std::int64_t>(&value)) return whole_of_column(*v, column, dialect);
  if (const auto* v = std::get_if<std::string_view>(&value)) return text_of_column(*v, column, dialect, store);
  if (const auto* v = std::get_if<Decimal>(&value)) {
    if (column.type == ColumnType::decimal) return in_scale(*v, column.scale);
    const bool whole = column.type == ColumnType::integer || column.type == ColumnType::bigint;
    return whole && v->scale == 0 ? Value(v->unscaled) : value;
  }
  if (const auto* v = std::get_if<bool>(&value))
    return column.type == ColumnType::boolean ? value : Value(static_cast<std::int64_t>(*v));
  if (const auto* v = std::get_if<Bytes>(&value)) return Bytes{store.keep(v->data)};
  if (const auto* v = std::get_if<Json>(&value)) return Json{store.keep(v->text)};
  if (const auto* v = std::get_if<Array>(&value)) return copy_of(*v, store);
  return value;
}

Result<> write_with_note(QueryFacet& query, const RowsNote& note, bool again, const std::function<Result<>()>& write) {
  const auto work = [&]() -> Result<> {
    if (again) {
      // What is tried again may have been committed although the answer was lost.
      const Result<bool> noted = is_noted(query, note);
      if (!noted) return tl::unexpected(noted.error());
      if (*noted) return query.rollback();
    }
    if (Result<> written = write(); !written) return written;
    const Value row[] = {note.workload, note.name, note.value};
    const Result<const ResultSet*> noted =
        query.run("insert into assay_meta (workload, name, value) values ($1, $2, $3)", row);
    if (!noted) return tl::unexpected(noted.error());
    return query.commit();
  };
  Result<> result = query.begin({});
  if (result) result = work();
  if (result) return result;
  static_cast<void>(query.rollback());
  if (result.error().kind != FailureKind::rejected) return result;
  // The commit of a process that was killed may have come between our look at the record and our rows.
  const Result<bool> noted = is_noted(query, note);
  return noted && *noted ? Result<>() : result;
}

Result<> SqlRows::write_noted(const Table& table, const RowBatch& batch, const RowsNote& note, bool again) {
  return write_with_note(sql_, note, again, [&] { return write(table, batch); });
}

std::int64_t SqlRows::number(const std::string& statement) {
  return value_or_throw(sql_.run(statement), statement)->integer(0, 0).value_or(0);
}

std::vector<std::string> SqlRows::split(const Table& table, std::uint64_t rows) {
  rows = std::max<std::uint64_t>(rows, 1);
  if (!table.primary_key.empty()) return split_by_key(table, rows);
  std::vector<std::string> out;
  for (const std::string& condition : conditions(table, rows)) out.push_back(stretch_of_condition(condition));
  if (out.empty()) out.push_back(stretch_of_keys("", ""));
  return out;
}

std::vector<std::string> SqlRows::split_by_key(const Table& table, std::uint64_t rows) {
  const std::vector<std::size_t> columns = key_columns(table);
  const std::string key = column_list(sql_.dialect(), table.primary_key),
                    from = quoted_name(sql_.dialect(), table.name);
  std::vector<std::string> bounds;
  const Column& first = table.columns[columns[0]];
  const bool whole = columns.size() == 1 && (first.type == ColumnType::integer || first.type == ColumnType::bigint);
  bool dense = false;
  if (whole) {
    const ResultSet& facts =
        *value_or_throw(sql_.run(fmt::format("select min({0}), max({0}), count(*) from {1}", key, from)),
                        "looking at table " + table.name);
    const auto low = facts.integer(0, 0), high = facts.integer(0, 1);
    const auto count = static_cast<std::uint64_t>(facts.integer(0, 2).value_or(0));
    if (count <= rows) return {stretch_of_keys("", "")};
    const std::uint64_t span = static_cast<std::uint64_t>(*high) - static_cast<std::uint64_t>(*low);
    const std::uint64_t width = std::max<std::uint64_t>(span / count * rows + span % count * rows / count, 1);
    // Cut by arithmetic where the keys lie close; else all could lie in one range.
    dense = span / count <= 16;
    for (std::uint64_t at = width; dense && at < span; at += width) {
      const Value bound = static_cast<std::int64_t>(static_cast<std::uint64_t>(*low) + at - 1);
      bounds.push_back(key_text(&bound, 1));
    }
  }
  if (!dense) {
    const ResultSet& found = *value_or_throw(
        sql_.run(fmt::format("select {0} from (select {0}, row_number() over (order by {0}) as assay_row from {1}) "
                             "assay_rows where assay_row % {2} = 0 order by {0}",
                             key, from, rows)),
        "looking at table " + table.name);
    RowBatch values(columns.size());
    for (std::size_t r = 0; r < found.size(); r++) {
      values.clear();
      for (std::size_t c = 0; c < columns.size(); c++)
        values.add(value_of_column(found.at(r, c), table.columns[columns[c]], sql_.dialect(), values));
      bounds.push_back(key_text(values.row(0), columns.size()));
    }
  }
  std::vector<std::string> out;
  for (std::size_t i = 0; i <= bounds.size(); i++)
    out.push_back(stretch_of_keys(i > 0 ? bounds[i - 1] : "", i < bounds.size() ? bounds[i] : ""));
  return out;
}

Result<std::unique_ptr<RowReader>> SqlRows::read(const Table& table, const std::string& stretch) {
  return read_stretch(sql_, table, stretch);
}

Result<std::uint64_t> SqlRows::as_one(bool several, const std::function<Result<std::uint64_t>()>& work) {
  if (!several || sql_.in_transaction()) return work();
  if (Result<> begun = sql_.begin({}); !begun) return tl::unexpected(begun.error());
  Result<std::uint64_t> done = work();
  if (done)
    if (Result<> kept = sql_.commit(); !kept) done = tl::unexpected(kept.error());
  if (!done) static_cast<void>(sql_.rollback());
  return done;
}

Result<std::uint64_t> SqlRows::replace(const Table& table, const RowBatch& batch) {
  ASSAY_ASSERT(!table.primary_key.empty() && batch.columns() == table.columns.size());
  const std::vector<std::size_t> key = key_columns(table);
  const auto in_key = [&](std::size_t c) { return std::find(key.begin(), key.end(), c) != key.end(); };
  std::string sets, where;
  for (std::size_t c = 0; c < table.columns.size(); c++) {
    const std::string name = quoted_name(sql_.dialect(), table.columns[c].name);
    std::string& part = in_key(c) ? where : sets;
    part += fmt::format("{}{} = ${}", part.empty() ? "" : in_key(c) ? " and " : ", ", name, c + 1);
  }
  // Nothing but the key: it is what it is, and counts.
  if (sets.empty()) sets = fmt::format("{0} = {0}", quoted_name(sql_.dialect(), table.primary_key[0]));
  const std::string text =
      fmt::format("update {} set {} where {}", quoted_name(sql_.dialect(), table.name), sets, where);
  return as_one(batch.size() > 1, [&]() -> Result<std::uint64_t> {
    std::uint64_t found = 0;
    std::vector<Value> arguments(table.columns.size());
    for (std::size_t r = 0; r < batch.size(); r++) {
      for (std::size_t c = 0; c < arguments.size(); c++) {
        arguments[c] = batch.row(r)[c];
        if (const auto* v = std::get_if<Decimal>(&arguments[c]);
            v != nullptr && table.columns[c].type == ColumnType::decimal)
          arguments[c] = in_scale(*v, table.columns[c].scale);
      }
      const Result<const ResultSet*> done = sql_.run(text, arguments);
      if (!done) return tl::unexpected(done.error());
      found += (*done)->affected();
    }
    return found;
  });
}

Result<std::uint64_t> SqlRows::remove(const Table& table, const RowBatch& keys) {
  ASSAY_ASSERT(!table.primary_key.empty() && keys.columns() == table.primary_key.size());
  constexpr std::size_t kRows = 100;  // of a statement
  return as_one(keys.size() > kRows, [&]() -> Result<std::uint64_t> {
    std::uint64_t found = 0;
    std::vector<Value> arguments;
    for (std::size_t first = 0; first < keys.size(); first += kRows) {
      std::string where;
      arguments.clear();
      for (std::size_t r = first; r < std::min(first + kRows, keys.size()); r++) {
        for (std::size_t c = 0; c < keys.columns(); c++) {
          arguments.push_back(keys.row(r)[c]);
          where += fmt::format("{}{} = ${}",
                               c > 0           ? " and "
                               : where.empty() ? "("
                                               : ") or (",
                               quoted_name(sql_.dialect(), table.primary_key[c]), arguments.size());
        }
      }
      const Result<const ResultSet*> done =
          sql_.run(fmt::format("delete from {} where {})", quoted_name(sql_.dialect(), table.name), where), arguments);
      if (!done) return tl::unexpected(done.error());
      found += (*done)->affected();
    }
    return found;
  });
}

}  // namespace assay
