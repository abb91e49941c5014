#include "drivers/postgres/ddl.h"

#include "base/error.h"
#include "core/sql_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace assay::postgres {

std::string quoted_name(std::string_view identifier) {
  std::string out = "\"";
  for (const char c : identifier) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string quoted_list(const std::vector<std::string>& identifiers) {
  std::string out;
  for (const std::string& identifier : identifiers) out += (out.empty() ? "" : ", ") + quoted_name(identifier);
  return out;
}

std::string type_name(const Column& column) {
  switch (column.type) {
    case ColumnType::boolean:
      return "boolean";
    case ColumnType::integer:
      return "integer";
    case ColumnType::bigint:
      return "bigint";
    case ColumnType::real:
      return "double precision";
    case ColumnType::decimal:
      return column.precision > 0 ? fmt::format("numeric({},{})", column.precision, column.scale) : "numeric";
    case ColumnType::character:
      return fmt::format("char({})", column.length > 0 ? column.length : 1);
    case ColumnType::varchar:
      return column.length > 0 ? fmt::format("varchar({})", column.length) : "varchar";
    case ColumnType::text:
      return "text";
    case ColumnType::bytes:
      return "bytea";
    case ColumnType::uuid:
      return "uuid";
    case ColumnType::date:
      return "date";
    case ColumnType::time:
      return "time";
    case ColumnType::timestamp:
      return "timestamp";
    case ColumnType::json:
      return "json";  // not jsonb, which would change the text
    case ColumnType::array:
      return "text[]";
  }
  return "text";
}

Oid type_oid(ColumnType type) noexcept {
  switch (type) {
    case ColumnType::boolean:
      return oid::kBool;
    case ColumnType::integer:
      return oid::kInt4;
    case ColumnType::bigint:
      return oid::kInt8;
    case ColumnType::real:
      return oid::kFloat8;
    case ColumnType::decimal:
      return oid::kNumeric;
    case ColumnType::character:
      return oid::kBpchar;
    case ColumnType::varchar:
      return oid::kVarchar;
    case ColumnType::text:
      return oid::kText;
    case ColumnType::bytes:
      return oid::kBytea;
    case ColumnType::uuid:
      return oid::kUuid;
    case ColumnType::date:
      return oid::kDate;
    case ColumnType::time:
      return oid::kTime;
    case ColumnType::timestamp:
      return oid::kTimestamp;
    case ColumnType::json:
      return oid::kJson;
    case ColumnType::array:
      return oid::kTextArray;
  }
  return oid::kText;
}

namespace {

constexpr std::string_view kKinds[] = {"", "hash", "range", "list"};

std::string part_bounds(const Partitioning& partitioning, std::size_t i) {
  const Partitioning::Part& part = partitioning.parts[i];
  switch (partitioning.kind) {
    case Partitioning::Kind::hash:
      return fmt::format("with (modulus {}, remainder {})", partitioning.parts.size(), i);
    case Partitioning::Kind::range:
      if (part.low >= part.high)
        throw Error(fmt::format("partition {} is empty: from {} to {}", i, part.low, part.high));
      return fmt::format("from ({}) to ({})", part.low, part.high);
    case Partitioning::Kind::list:
      if (part.values.empty()) throw Error(fmt::format("partition {} has no values", i));
      return fmt::format("in ({})", fmt::join(part.values, ", "));
    case Partitioning::Kind::none:
      break;
  }
  return {};
}

}  // namespace

std::vector<std::string> create_statements(const Table& table) {
  std::string text = fmt::format("create table {} (", quoted_name(table.name));
  for (std::size_t i = 0; i < table.columns.size(); i++) {
    const Column& column = table.columns[i];
    text += fmt::format("{}{} {}{}", i > 0 ? ", " : "", quoted_name(column.name), type_name(column),
                        column.nullable ? "" : " not null");
  }
  if (!table.primary_key.empty()) text += fmt::format(", primary key ({})", quoted_list(table.primary_key));
  text += ')';
  const Partitioning& partitioning = table.partitioning;
  if (partitioning.kind == Partitioning::Kind::none) return {text};
  if (partitioning.parts.empty()) throw Error(fmt::format("table {} is partitioned but has no partition", table.name));
  text += fmt::format(" partition by {} ({})", kKinds[static_cast<std::size_t>(partitioning.kind)],
                      quoted_name(partitioning.column));
  std::vector<std::string> out = {text};
  for (std::size_t i = 0; i < partitioning.parts.size(); i++)
    out.push_back(fmt::format("create table {} partition of {} for values {}",
                              quoted_name(fmt::format("{}_p{}", table.name, i)), quoted_name(table.name),
                              part_bounds(partitioning, i)));
  return out;
}

std::vector<std::string> index_statements(const Table& table) {
  std::vector<std::string> out;
  for (const Index& index : table.indexes)
    out.push_back(fmt::format("create {}index if not exists {} on {} ({})", index.unique ? "unique " : "",
                              quoted_name(index.name), quoted_name(table.name), quoted_list(index.columns)));
  return out;
}

std::string foreign_key_name(const Table& table, std::size_t i) {
  return derived_name(table.name, {}, fmt::format("fk{}", i));
}

std::string foreign_key_statement(const Table& table, std::size_t i) {
  const ForeignKey& key = table.foreign_keys[i];
  return fmt::format("alter table {} add constraint {} foreign key ({}) references {} ({})", quoted_name(table.name),
                     quoted_name(foreign_key_name(table, i)), quoted_list(key.columns), quoted_name(key.table),
                     quoted_list(key.references));
}

}  // namespace assay::postgres
