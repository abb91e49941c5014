// A schema's text to the schema: tables, keys and what points where.
#include "base/error.h"
#include "base/units.h"
#include "dataset/constant.h"
#include "dataset/generator_reader.h"
#include "dataset/keys.h"
#include "dataset/schema_record.h"
#include "input/text_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace assay::dataset {
namespace {

using input::Node;
using input::NodePtr;
using Names = GeneratorReader::Names;

/// {enum: [a, b]}, {varchar: 20}, {decimal: {precision: 8}}: a type with its arguments behind its name, as {type: enum,
/// values: …}.
NodePtr plain_type(const NodePtr& type) {
  if (type->kind != Node::Kind::map || type->members.size() != 1) return type;
  const Node::Member& only = type->members[0];
  const auto names = type_names();
  const auto known = std::find_if(names.begin(), names.end(), [&](const TypeName& n) { return n.name == only.name; });
  if (known == names.end()) return type;
  Node out = *only.value;
  if (out.kind != Node::Kind::map) {
    const char* const argument = known->kind == Kind::enumeration || known->kind == Kind::set     ? "values"
                                 : known->kind == Kind::character || known->kind == Kind::varchar ? "length"
                                 : known->kind == Kind::array                                     ? "element_type"
                                                                                                  : nullptr;
    if (argument == nullptr) return type;
    out = Node{};
    out.kind = Node::Kind::map;
    out.members.push_back({argument, only.mark, only.value});
  }
  out.mark = type->mark;
  out.members.insert(out.members.begin(), {"type", only.mark, input::scalar_node(only.name, false, only.mark)});
  return std::make_shared<const Node>(std::move(out));
}

NodePtr with_plain_types(const NodePtr& node) {
  Node out = *node;
  for (NodePtr& item : out.items) item = with_plain_types(item);
  for (Node::Member& member : out.members) {
    if (member.name == "type" || member.name == "data_type" || member.name == "element_type")
      member.value = plain_type(member.value);
    if (member.name != "values" && member.name != "value" && member.name != "pool")
      member.value = with_plain_types(member.value);
  }
  return out.items.empty() && out.members.empty() ? node : std::make_shared<const Node>(std::move(out));
}

/// Whether every value of one is a value of the other: a foreign key has its parent's.
bool holds(const Type& child, const Type& parent) {
  const auto c = integer_limits(child.kind), p = integer_limits(parent.kind);
  if (c && p) return c->low <= p->low && c->high >= p->high;
  if (is_text(child.kind) && is_text(parent.kind))
    return child.kind == Kind::text || (parent.kind != Kind::text && child.length >= parent.length);
  if (child.kind != parent.kind) return false;
  return child.kind != Kind::decimal || (child.scale == parent.scale && child.precision >= parent.precision);
}

std::string in_lower_case(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

class SchemaReader {
 public:
  SchemaReader(const Overrides& overrides, input::Mistakes& mistakes)
      : overrides_(overrides), mistakes_(mistakes), reader_(names_, *store_, mistakes) {}

  Schema read(const input::Value& root) {
    if (const input::Value* seed = root.find("seed")) schema_.seed = parse_whole(seed->text);
    if (const input::Value* rows = root.find("rows"))
      schema_.rows = static_cast<std::uint64_t>(parse_count(rows->text));
    schema_.seed = overrides_.seed.value_or(schema_.seed);
    schema_.rows = overrides_.rows.value_or(schema_.rows);
    const input::Value* tables = root.find("tables");
    if (tables == nullptr) return std::move(schema_);
    if (tables->members.empty()) refuse(*tables, "tables is empty; expected one or more");
    for (std::size_t t = 0; t < tables->members.size(); t++) {
      const input::Value& table = tables->members[t].value;
      const std::string name = table.text_of("name");
      if (!names_.emplace(name, t).second)
        refuse(table, fmt::format("a table '{}' stands here twice", name));
      else
        refuse_alike("", name, table, "table");
      refuse_nul(name, table, "table");
      if (name.find(',') != std::string::npos)
        refuse(
            table,
            fmt::format("the table's name '{}' has a comma, which separates tables in --tables; expected none", name));
      if (in_lower_case(name) == "assay_meta")
        refuse(table, fmt::format("a table '{}' would be where assay keeps its record; expected another name", name));
    }
    for (const auto& [none, table] : tables->members) add_table(table);
    sound_ = sound_of(*tables);
    for (std::size_t t = 0; t < tables->members.size(); t++) add_foreign_keys(t, tables->members[t].value);
    schema_.constants = store_;
    const Sound sound = sound_of(*tables);
    settle_keys(schema_, sound, mistakes_);
    check_lengths(schema_, sound, mistakes_);
    check_links(sound);
    return std::move(schema_);
  }

 private:
  Sound sound_of(const input::Value& tables) const {
    Sound out;
    for (std::size_t t = 0; t < tables.members.size(); t++) {
      const input::Value& table = tables.members[t].value;
      out.tables.push_back(is_sound(table));
      std::set<std::pair<int, int>> unsound;  // by where they stand
      const auto look_at = [&](const input::Value& column) {
        if (!out.tables[t] && !is_sound(column)) unsound.emplace(column.mark.line, column.mark.column);
      };
      if (const input::Value* id = table.find("id")) look_at(*id);
      if (const input::Value* columns = table.find("columns"))
        for (const auto& [none, column] : columns->members) look_at(column);
      auto& of_columns = out.columns.emplace_back();
      for (const Column& column : schema_.tables[t].columns)
        of_columns.push_back(unsound.find({column.mark.line, column.mark.column}) == unsound.end());
    }
    return out;
  }
  bool is_sound(const input::Value& value) const {
    return !mistakes_.any_between(value.mark, behind(*value.node, value.mark));
  }
  /// Behind the last part of it that has a place, which is where a mistake of that part stands.
  static input::Mark behind(const Node& node, input::Mark last) {
    const auto later = [&](input::Mark mark) {
      if (std::pair(mark.line, mark.column) >= std::pair(last.line, last.column))
        last = {mark.file, mark.line, mark.column + 1};
    };
    later(node.mark);
    for (const NodePtr& item : node.items) last = behind(*item, last);
    for (const Node::Member& member : node.members) {
      later(member.mark);
      last = behind(*member.value, last);
    }
    return last;
  }

  void refuse(const input::Value& at, const std::string& text) { mistakes_.add(at.mark, at.path, text); }

  void add_table(const input::Value& value) {
    Table& table = schema_.tables.emplace_back();
    Names& columns = columns_.emplace_back();
    table.mark = value.mark;
    table.name = value.text_of("name");
    if (table.name.empty()) refuse(value, "a table without a name");
    if (const input::Value* weight = value.find("weight")) table.weight = parse_number(weight->text);
    if (const input::Value* rows = value.find("rows")) {
      table.own_rows = static_cast<std::uint64_t>(parse_count(rows->text));
      if (value.find("weight") != nullptr)
        refuse(*value.find("weight"), "weight has no effect beside rows; expected one of them");
    }
    const double rows = std::round(static_cast<double>(schema_.rows) * table.weight);
    if (!table.own_rows && rows > static_cast<double>(kMostRows))
      refuse(value, fmt::format("{} rows by its weight; expected at most {}", rows, kMostRows));
    else
      table.rows = table.own_rows.value_or(static_cast<std::uint64_t>(rows));
    if (const input::Value* id = value.find("id")) add_id(table, columns, *id);
    if (const input::Value* list = value.find("columns"))
      for (const auto& [none, column] : list->members) add_column(table, columns, column, is_key(value, column));
    if (table.columns.empty() && !has_columns(value))
      refuse(value, fmt::format("the table {} has no columns; expected columns, fields or id", table.name));
    read_key(table, columns, value);
  }

  static bool has_columns(const input::Value& table) {
    const input::Value* columns = table.find("columns");
    return table.node->find("id") != nullptr || (columns != nullptr && !columns->members.empty());
  }

  /// Whether it is the whole key, which then counts by default.
  static bool is_key(const input::Value& table, const input::Value& column) {
    const input::Value* key = table.find("primary_key");
    if (key != nullptr) return key->members.size() == 1 && key->members[0].value.text == column.text_of("name");
    return flag(column, "primary_key");
  }

  static bool flag(const input::Value& value, std::string_view name) {
    const input::Value* given = value.find(name);
    return given != nullptr && parse_bool(given->text);
  }

  void add_id(Table& table, Names& columns, const input::Value& id) {
    const input::Value* type = id.find("type");
    if (type == nullptr) return;
    Column column{.name = "id", .type = type_of(*type), .generator = {}, .mark = id.mark};
    if (const input::Value* generator = id.find("generator")) {
      if (auto made = reader_.read(*generator, column.type)) column.generator = *std::move(made);
    } else if (column.type.kind == Kind::array || column.type.kind == Kind::thing) {
      refuse(id, fmt::format("id of type {} needs a generator", name_of(column.type.kind)));
    } else {
      column.generator = reader_.by_default(column.type, wording_of(*type), true);
    }
    columns.emplace("id", 0);
    table.columns.push_back(std::move(column));
    keys_given_.emplace_back(table.columns.size() - 1, &id);
  }

  /// Many stores do not tell names apart that differ in case only. `scope`: of the table, for columns.
  void refuse_alike(const std::string& scope, const std::string& name, const input::Value& at, std::string_view what) {
    const auto [other, fresh] = alike_.emplace(scope + '\n' + in_lower_case(name), name);
    if (!fresh && other->second != name)
      refuse(at, fmt::format("a {} '{}' differs from '{}' in case only, which many stores take for the same", what,
                             name, other->second));
  }

  /// Most stores take a name to end there.
  void refuse_nul(const std::string& name, const input::Value& at, std::string_view what) {
    if (name.find('\0') != std::string::npos)
      refuse(at, fmt::format("the {}'s name '{}' has a character NUL (\\0); expected none", what, name));
  }

  void add_column(Table& table, Names& columns, const input::Value& value, bool key) {
    std::optional<Column> column = reader_.column(value, key);
    if (!column) return;
    if (column->name.empty()) refuse(value, "a column without a name");
    refuse_nul(column->name, value, "column");
    if (!columns.emplace(column->name, table.columns.size()).second)
      refuse(value, fmt::format("a column '{}' of {} stands here twice", column->name, table.name));
    else
      refuse_alike(table.name, column->name, value, "column");
    column->unique = flag(value, "unique");
    if (flag(value, "primary_key")) keys_given_.emplace_back(table.columns.size(), &value);
    if (const input::Value* references = value.find("references");
        references != nullptr && value.find("generator") != nullptr)
      refuse(*value.find("generator"),
             "the column has the values of another one; expected one of generator and references");
    if (value.find("references") != nullptr)
      references_.push_back({schema_.tables.size() - 1, table.columns.size(), &value});
    table.columns.push_back(*std::move(column));
  }

  void read_key(Table& table, const Names& columns, const input::Value& value) {
    if (const input::Value* key = value.find("primary_key")) {
      for (const auto& [none, name] : key->members) {
        if (const auto found = columns.find(name.text); found == columns.end())
          no_column(name, table, columns);
        else if (std::find(table.primary_key.begin(), table.primary_key.end(), found->second) !=
                 table.primary_key.end())
          refuse(name, fmt::format("'{}' stands here twice", name.text));
        else
          table.primary_key.push_back(found->second);
      }
      for (const auto& [column, at] : keys_given_)
        if (std::find(table.primary_key.begin(), table.primary_key.end(), column) == table.primary_key.end())
          refuse(*at, fmt::format("the column {} says that it is of the key, and primary_key of {} has it not",
                                  table.columns[column].name, table.name));
    } else {
      for (const auto& [column, at] : keys_given_) table.primary_key.push_back(column);
    }
    keys_given_.clear();
    for (const std::size_t c : table.primary_key) {
      Column& column = table.columns[c];
      if (column.nullable)
        mistakes_.add(column.mark, table.name + "." + column.name,
                      fmt::format("{} is of the key, which has no nulls; expected nullable: false", column.name));
      if (table.primary_key.size() == 1) column.unique = true;
    }
    if (table.primary_key.empty() && !mistakes_.any())
      mistakes_.note(table.mark, table.name,
                     fmt::format("{} has no primary key: its rows cannot be looked up when data is checked or changed",
                                 table.name));
  }

  void no_column(const input::Value& at, const Table& table, const Names& columns) {
    std::vector<std::string_view> known;
    for (const auto& [name, index] : columns) known.push_back(name);
    const std::string_view nearest = nearest_name(known, at.text);
    refuse(at, fmt::format("there is no column '{}' in {}{}", at.text, table.name,
                           nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest)));
  }

  std::optional<std::size_t> column_of(const input::Value& name, std::size_t table) {
    const auto found = columns_[table].find(name.text);
    if (found != columns_[table].end()) return found->second;
    no_column(name, schema_.tables[table], columns_[table]);
    return std::nullopt;
  }

  void add_foreign_keys(std::size_t t, const input::Value& value) {
    for (const auto& [table, column, at] : references_) {
      if (table != t) continue;
      const input::Value& references = *at->find("references");
      ForeignKey key{
          .columns = {column}, .null_rate = schema_.tables[t].columns[column].null_rate, .mark = references.mark};
      const input::Value* to = references.find("column");
      add_foreign_key(t, std::move(key), references,
                      to == nullptr ? std::vector<const input::Value*>{} : std::vector{to},
                      references.find("column") != nullptr);
    }
    const input::Value* keys = value.find("foreign_keys");
    if (keys == nullptr) return;
    for (const auto& [none, given] : keys->members) {
      ForeignKey key{.mark = given.mark};
      const input::Value *columns = given.find("columns"), *to = given.find("references");
      if (columns == nullptr) continue;
      for (const auto& [no_name, name] : columns->members)
        if (const auto column = column_of(name, t)) key.columns.push_back(*column);
      if (key.columns.size() != columns->members.size() || key.columns.empty()) continue;
      if (const input::Value* rate = given.find("null_rate")) key.null_rate = parse_number(rate->text);
      std::vector<const input::Value*> names;
      if (to != nullptr)
        for (const auto& [no_name, name] : to->members) names.push_back(&name);
      add_foreign_key(t, std::move(key), given, names, to != nullptr);
    }
  }

  /// `at` has table and distribution; without names it points at the primary key.
  void add_foreign_key(std::size_t t, ForeignKey key, const input::Value& at,
                       const std::vector<const input::Value*>& names, bool named) {
    Table& table = schema_.tables[t];
    const input::Value* parent_name = at.find("table");
    const std::optional<std::size_t> parent = parent_name == nullptr ? std::nullopt : reader_.table(*parent_name);
    if (!parent || *parent >= schema_.tables.size()) return;
    key.table = *parent;
    for (const input::Value* name : names)
      if (const auto column = column_of(*name, *parent)) key.references.push_back(*column);
    if (key.references.size() != names.size()) return;
    if (!named) key.references = schema_.tables[*parent].primary_key;
    if (!named && !sound_.tables[*parent]) return;  // what its key is may be what is wrong with it
    key.distribution = reader_.distribution(at.find("distribution"), {}, false);
    if (key.references.size() != key.columns.size()) {
      refuse(at, fmt::format("{} columns point at {} of {}; expected as many", key.columns.size(),
                             key.references.size(), schema_.tables[*parent].name));
      return;
    }
    nulls_agree(table, key, at);
    for (std::size_t i = 0; i < key.columns.size(); i++) {
      Column& child = table.columns[key.columns[i]];
      const Column& target = schema_.tables[*parent].columns[key.references[i]];
      if (!holds(child.type, target.type))
        refuse(at, fmt::format("{}.{} is {}, and points at {}.{}, which is {}; expected the same type, or a wider one",
                               table.name, child.name, name_of(child.type.kind), schema_.tables[*parent].name,
                               target.name, name_of(target.type.kind)));
      if (std::holds_alternative<Referenced>(child.generator) && assigned_.find({t, key.columns[i]}) != assigned_.end())
        refuse(at, fmt::format("{} is in two foreign keys; expected one", child.name));
      assigned_.insert({t, key.columns[i]});
      child.generator = Referenced{table.foreign_keys.size()};
    }
    table.foreign_keys.push_back(std::move(key));
  }

  /// All columns of a foreign key are null together.
  void nulls_agree(Table& table, ForeignKey& key, const input::Value& at) {
    const auto nullable = [&](std::size_t c) { return table.columns[c].nullable; };
    const auto count = static_cast<std::size_t>(std::count_if(key.columns.begin(), key.columns.end(), nullable));
    if (count != 0 && count != key.columns.size())
      refuse(at, "some of its columns are nullable, and some are not; expected all or none");
    if (count == 0 && key.null_rate > 0)
      refuse(at,
             fmt::format("null_rate is {}, and its columns are not nullable; expected nullable: true", key.null_rate));
    if (key.columns.size() == 1)
      key.null_rate = std::max(key.null_rate, table.columns[key.columns[0]].null_rate);
    else
      for (const std::size_t c : key.columns)
        if (table.columns[c].null_rate > 0)
          refuse(at,
                 fmt::format("{} has a null_rate of its own; expected it of the foreign key, for all of its columns",
                             table.columns[c].name));
    for (const std::size_t c : key.columns) table.columns[c].null_rate = 0;
  }

  /// A name of a record needs one key.
  void check_links(const Sound& sound) {
    for (std::size_t t = 0; t < schema_.tables.size(); t++)
      for (const Column& column : schema_.tables[t].columns)
        if (sound.tables[t]) check_link(sound, column, schema_.tables[t].name + "." + column.name);
  }

  void check_link(const Sound& sound, const Column& column, const std::string& path) {
    if (const auto* object = std::get_if<Object>(&column.generator))
      for (const Column& field : object->fields) check_link(sound, field, path + "." + field.name);
    const auto* link = std::get_if<Link>(&column.generator);
    if (link == nullptr || !sound.tables[link->table]) return;
    const Table& to = schema_.tables[link->table];
    if (to.primary_key.size() == 1 && to.rows > 0) return;
    mistakes_.add(column.mark, path,
                  fmt::format("{} names rows of {}, which has {}; expected a key of one column, and rows", path,
                              to.name, to.rows == 0 ? "no rows" : "another key"));
  }

  struct PointsAt {
    std::size_t table, column;
    const input::Value* at;
  };

  const Overrides& overrides_;
  input::Mistakes& mistakes_;
  std::shared_ptr<RowBatch> store_ = std::make_shared<RowBatch>(1);
  Names names_;                                                          // of tables
  std::map<std::string, std::string> alike_;                             // by scope and name in lower case
  std::vector<Names> columns_;                                           // of each table
  std::vector<std::pair<std::size_t, const input::Value*>> keys_given_;  // by columns of the table being read
  std::vector<PointsAt> references_;
  std::set<std::pair<std::size_t, std::size_t>> assigned_;
  Sound sound_;  // before foreign keys
  GeneratorReader reader_;
  Schema schema_;
};

}  // namespace

std::optional<std::size_t> Table::column(std::string_view wanted) const {
  for (std::size_t c = 0; c < columns.size(); c++)
    if (columns[c].name == wanted) return c;
  return std::nullopt;
}

std::optional<std::size_t> Schema::table(std::string_view wanted) const {
  for (std::size_t t = 0; t < tables.size(); t++)
    if (tables[t].name == wanted) return t;
  return std::nullopt;
}

Reading read_schema_text(std::string_view text, std::string name, const Overrides& overrides) {
  Reading reading;
  const std::uint32_t file = reading.mistakes.add_file(std::move(name));
  const NodePtr root = input::parse_yaml(
      text, file, kSubject, [&](input::Mark mark, const std::string& what) { reading.mistakes.add(mark, "", what); });
  if (root == nullptr) return reading;
  const input::Value checked = input::check(with_plain_types(root), schema_record(), kSubject, {}, reading.mistakes);
  Schema schema = SchemaReader(overrides, reading.mistakes).read(checked);
  if (!reading.mistakes.any()) reading.schema = std::move(schema);
  return reading;
}

Reading read_schema(const std::filesystem::path& path, const Overrides& overrides) {
  return read_schema_text(input::read_file(path, kSubject), path.string(), overrides);
}

}  // namespace assay::dataset
