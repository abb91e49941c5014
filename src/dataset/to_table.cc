// The schema's tables as those of the rows facet.
#include "core/sql_rows.h"
#include "dataset/keys.h"
#include "dataset/schema.h"

#include <algorithm>

namespace assay::dataset {
namespace {

/// Of the longest value, for stores that want a length to make a key of it.
int longest(const std::vector<std::string>& values) {
  std::size_t most = 1;
  for (const std::string& value : values) most = std::max(most, value.size());
  return static_cast<int>(most);
}

void set_type(const Type& type, Arrays arrays, assay::Column& out) {
  const auto of_length = [&](ColumnType column_type, int length) {
    out.type = column_type;
    out.length = length;
  };
  switch (type.kind) {
    case Kind::boolean:
      out.type = ColumnType::boolean;
      return;
    case Kind::tiny_int:
    case Kind::small_int:
    case Kind::integer:
      out.type = ColumnType::integer;
      return;
    case Kind::big_int:
      out.type = ColumnType::bigint;
      return;
    case Kind::single:
    case Kind::real:
      out.type = ColumnType::real;
      return;
    case Kind::decimal:
      out.type = ColumnType::decimal;
      out.precision = type.precision;
      out.scale = type.scale;
      return;
    case Kind::character:
      return of_length(ColumnType::character, type.length);
    case Kind::varchar:
      return of_length(ColumnType::varchar, type.length);
    case Kind::text:
      out.type = ColumnType::text;
      return;
    case Kind::blob:
    case Kind::bytes:
      out.type = ColumnType::bytes;
      return;
    case Kind::date:
      out.type = ColumnType::date;
      return;
    case Kind::time:
    case Kind::time_tz:
      out.type = ColumnType::time;
      return;
    case Kind::date_time:
    case Kind::date_time_nano:
    case Kind::timestamp_tz:
      out.type = ColumnType::timestamp;
      return;
    case Kind::uuid:
      out.type = ColumnType::uuid;
      return;
    case Kind::ulid:
      return of_length(ColumnType::character, 26);
    case Kind::json:
    case Kind::jsonb:
    case Kind::object:
    case Kind::geometry:
      out.type = ColumnType::json;
      return;
    case Kind::duration:
      return of_length(ColumnType::varchar, 24);
    case Kind::thing:
      return of_length(ColumnType::varchar, 255);
    case Kind::array:
    case Kind::set:
      out.type = arrays == Arrays::native ? ColumnType::array : ColumnType::json;
      return;
    case Kind::enumeration:
      return of_length(ColumnType::varchar, longest(type.values));
  }
}

std::vector<std::string> names_of(const Table& table, const std::vector<std::size_t>& columns) {
  std::vector<std::string> out;
  out.reserve(columns.size());
  for (const std::size_t c : columns) out.push_back(table.columns[c].name);
  return out;
}

constexpr int kKeyCharacters = 255;

/// MySQL wants a length of what is indexed.
bool is_in_key(const Table& table, const Column& column) {
  const auto c = static_cast<std::size_t>(&column - table.columns.data());
  const bool primary = std::find(table.primary_key.begin(), table.primary_key.end(), c) != table.primary_key.end();
  return primary || column.unique || std::holds_alternative<Referenced>(column.generator);
}

}  // namespace

assay::Table to_table(const Schema& schema, std::size_t index, Arrays arrays) {
  const Table& table = schema.tables[index];
  assay::Table out;
  out.name = table.name;
  for (const Column& column : table.columns) {
    assay::Column& to = out.columns.emplace_back();
    to.name = column.name;
    to.nullable = column.nullable;
    set_type(column.type, arrays, to);
    if (to.type == ColumnType::text && is_in_key(table, column) &&
        longest_text(schema, table, column) <= kKeyCharacters) {
      to.type = ColumnType::varchar;
      to.length = kKeyCharacters;
    }
  }
  out.primary_key = names_of(table, table.primary_key);
  for (const ForeignKey& key : table.foreign_keys)
    out.foreign_keys.push_back({names_of(table, key.columns), schema.tables[key.table].name,
                                names_of(schema.tables[key.table], key.references)});
  const bool single = table.primary_key.size() == 1;
  for (std::size_t c = 0; c < table.columns.size(); c++)
    if (table.columns[c].unique && !(single && table.primary_key[0] == c))
      out.indexes.push_back(
          {derived_name(table.name, {&table.columns[c].name, 1}, "key"), {table.columns[c].name}, true});
  return out;
}

}  // namespace assay::dataset
