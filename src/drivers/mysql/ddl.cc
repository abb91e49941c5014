#include "drivers/mysql/ddl.h"

#include "base/error.h"
#include "core/sql_rows.h"
#include "drivers/mysql/literal.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace assay::mysql {
namespace {

constexpr int kLongestChar = 255, kLongestVarchar = 16'000;  // of four bytes a character, in a row of 65,535
constexpr int kPrefix = 255;                                 // of a long text in an index that is not unique

std::string partitions_of(const Table& table) {
  const Partitioning& partitioning = table.partitioning;
  if (partitioning.kind == Partitioning::Kind::none) return {};
  if (partitioning.parts.empty()) throw Error(fmt::format("table {} is partitioned but has no partition", table.name));
  const std::string column = quoted_name(partitioning.column);
  if (partitioning.kind == Partitioning::Kind::hash)
    return fmt::format(" partition by hash ({}) partitions {}", column, partitioning.parts.size());
  const bool range = partitioning.kind == Partitioning::Kind::range;
  std::string out = fmt::format(" partition by {} ({}) (", range ? "range" : "list", column);
  for (std::size_t i = 0; i < partitioning.parts.size(); i++) {
    const Partitioning::Part& part = partitioning.parts[i];
    out += fmt::format("{}partition p{} values ", i > 0 ? ", " : "", i);
    if (range && part.low >= part.high)
      throw Error(fmt::format("partition {} of table {} is empty: from {} to {}", i, table.name, part.low, part.high));
    if (range && i > 0 && part.low != partitioning.parts[i - 1].high)
      throw Error(
          fmt::format("partition {} of table {} begins with {}; the server has no gaps between partitions, and the one "
                      "before ends at {}",
                      i, table.name, part.low, partitioning.parts[i - 1].high));
    if (!range && part.values.empty())
      throw Error(fmt::format("partition {} of table {} has no values", i, table.name));
    out += range ? fmt::format("less than ({})", part.high) : fmt::format("in ({})", fmt::join(part.values, ", "));
  }
  return out + ")";
}

}  // namespace

std::string type_name(const Column& column, bool mariadb) {
  switch (column.type) {
    case ColumnType::boolean:
      return "boolean";
    case ColumnType::integer:
      return "integer";
    case ColumnType::bigint:
      return "bigint";
    case ColumnType::real:
      return "double";
    case ColumnType::decimal:
      return column.precision > 0 ? fmt::format("decimal({},{})", column.precision, column.scale) : "decimal(38,10)";
    case ColumnType::character:
      if (column.length <= kLongestChar) return fmt::format("char({})", std::max(column.length, 1));
      [[fallthrough]];
    case ColumnType::varchar:
      return column.length > 0 && column.length <= kLongestVarchar ? fmt::format("varchar({})", column.length)
                                                                   : "longtext";
    case ColumnType::text:
      return "longtext";
    case ColumnType::bytes:
      return "longblob";
    case ColumnType::uuid:
      return mariadb ? "uuid" : "char(36)";
    case ColumnType::date:
      return "date";
    case ColumnType::time:
      return "time(6)";
    case ColumnType::timestamp:
      return "datetime(6)";
    case ColumnType::json:
      return "json";
    case ColumnType::array:
      break;
  }
  throw Error(fmt::format("column {} is an array; MariaDB and MySQL have none", column.name));
}

std::string quoted_list(const std::vector<std::string>& identifiers) {
  std::string out;
  for (const std::string& identifier : identifiers) out += (out.empty() ? "" : ", ") + quoted_name(identifier);
  return out;
}

std::string create_statement(const Table& table, bool mariadb) {
  std::string text = fmt::format("create table {} (", quoted_name(table.name));
  for (std::size_t i = 0; i < table.columns.size(); i++) {
    const Column& column = table.columns[i];
    text += fmt::format("{}{} {}{}", i > 0 ? ", " : "", quoted_name(column.name), type_name(column, mariadb),
                        column.nullable ? "" : " not null");
  }
  if (!table.primary_key.empty()) text += fmt::format(", primary key ({})", quoted_list(table.primary_key));
  return text + ") engine = innodb default character set utf8mb4 collate " +
         (mariadb ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin") + partitions_of(table);
}

std::vector<Addition> indexes_of(const Table& table) {
  std::vector<Addition> out;
  for (const Index& index : table.indexes) {
    std::string columns;
    for (const std::string& name : index.columns) {
      const auto column =
          std::find_if(table.columns.begin(), table.columns.end(), [&](const Column& c) { return c.name == name; });
      const bool is_long = column != table.columns.end() && type_name(*column, true).starts_with("long");
      columns += fmt::format("{}{}{}", columns.empty() ? "" : ", ", quoted_name(name),
                             is_long && !index.unique ? fmt::format("({})", kPrefix) : "");
    }
    out.push_back({index.name, fmt::format("add {}index {} ({})", index.unique ? "unique " : "",
                                           quoted_name(index.name), columns)});
  }
  return out;
}

std::vector<Addition> foreign_keys_of(const Table& table) {
  std::vector<Addition> out;
  for (const ForeignKey& key : table.foreign_keys) {
    const std::string name = derived_name(table.name, {}, fmt::format("fk{}", out.size()));
    out.push_back({name, fmt::format("add constraint {} foreign key ({}) references {} ({})", quoted_name(name),
                                     quoted_list(key.columns), quoted_name(key.table), quoted_list(key.references))});
  }
  return out;
}

}  // namespace assay::mysql
