// The schema as YAML again, with everything said that was left out.
#include "base/units.h"
#include "dataset/constant.h"
#include "dataset/schema_record.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

namespace assay::dataset {
namespace {

using input::Node;
using input::NodePtr;

NodePtr bare(std::string text) { return input::scalar_node(std::move(text), false); }
/// Text, which other readers take for that too.
NodePtr word(std::string text) {
  const bool quoted = input::looks_like_another_type(text);
  return input::scalar_node(std::move(text), quoted);
}
template <class Number>
NodePtr number(Number value) {
  return bare(fmt::format("{}", value));
}

class Map {
 public:
  Map() { node_.kind = Node::Kind::map; }
  Map& add(std::string name, NodePtr value) {
    node_.members.push_back({std::move(name), {}, std::move(value)});
    return *this;
  }
  Map& add_all(const Node& other) {
    for (const Node::Member& member : other.members) node_.members.push_back(member);
    return *this;
  }
  NodePtr take() { return std::make_shared<const Node>(std::move(node_)); }

 private:
  Node node_;
};

NodePtr list(std::vector<NodePtr> items) {
  Node node;
  node.kind = Node::Kind::list;
  node.items = std::move(items);
  return std::make_shared<const Node>(std::move(node));
}

NodePtr type_node(const Type& type) {
  const std::string name(name_of(type.kind));
  Map map;
  map.add("type", bare(name));
  switch (type.kind) {
    case Kind::tiny_int:
      return map.add("width", number(type.width)).take();
    case Kind::decimal:
      return map.add("precision", number(type.precision)).add("scale", number(type.scale)).take();
    case Kind::character:
    case Kind::varchar:
      return map.add("length", number(type.length)).take();
    case Kind::set:
    case Kind::enumeration: {
      std::vector<NodePtr> values;
      for (const std::string& value : type.values) values.push_back(word(value));
      return map.add("values", list(std::move(values))).take();
    }
    case Kind::geometry:
      return map.add("geometry_type", bare(std::string(name_of(type.geometry)))).take();
    case Kind::array:
      return map.add("element_type", type_node(*type.element)).take();
    default:
      return bare(name);
  }
}

std::string micros_text(std::int64_t micros) { return instant_text({micros}); }

/// A number in the unit of the type, as people write it there.
std::string limit_text(const Type& type, std::int64_t units, int scale) {
  if (type.kind == Kind::decimal) return format_decimal({units, static_cast<std::uint8_t>(type.scale)});
  if (type.kind == Kind::date) return format_date({static_cast<std::int32_t>(units)});
  if (is_instant(type.kind) || type.kind == Kind::time || type.kind == Kind::time_tz) return micros_text(units);
  if (type.kind == Kind::single || type.kind == Kind::real) {
    const double power = std::pow(10.0, std::abs(scale)), value = static_cast<double>(units);
    return fmt::format("{}", scale >= 0 ? value / power : value * power);
  }
  return fmt::format("{}", units);
}

NodePtr distribution_node(const Distribution& distribution, const Type& type, int scale) {
  if (distribution.shape == Distribution::Shape::uniform) return bare("uniform");
  Map map;
  if (distribution.shape == Distribution::Shape::zipf)
    return map.add("type", bare("zipf")).add("exponent", number(distribution.exponent)).take();
  map.add("type", bare("normal"));
  const double unit = type.kind == Kind::decimal ? std::pow(10.0, type.scale) : std::pow(10.0, scale);
  const auto parameter = [&](const char* name, std::optional<double> value, bool length) {
    if (!value) return;
    if (!is_time(type.kind)) {
      map.add(name, number(*value / unit));
    } else {
      const auto micros = static_cast<std::int64_t>(std::llround(*value * (type.kind == Kind::date ? 86'400e6 : 1)));
      map.add(name, bare(length ? format_duration(std::chrono::microseconds(micros)) : micros_text(micros)));
    }
  };
  parameter("mean", distribution.mean, false);
  parameter("stddev", distribution.deviation, true);
  return map.take();
}

struct GeneratorNode {
  const Schema& schema;
  const Type& type;

  static Map named(std::string_view name) {
    Map map;
    map.add("type", bare(std::string(name)));
    return map;
  }
  static NodePtr duration(std::int64_t micros) { return bare(format_duration(std::chrono::microseconds(micros))); }

  NodePtr operator()(const Sequence& s) const {
    return named("sequential")
        .add("start", bare(limit_text(type, s.start, 0)))
        .add("step", bare(limit_text(type, s.step, 0)))
        .take();
  }
  NodePtr operator()(const Range& r) const {
    const auto last = static_cast<std::int64_t>(static_cast<std::uint64_t>(r.low) +
                                                static_cast<std::uint64_t>(r.step) * (r.count - 1));
    const NodePtr low = bare(limit_text(type, r.low, r.scale)), high = bare(limit_text(type, last, r.scale));
    const NodePtr how = distribution_node(r.distribution, type, r.scale);
    if (type.kind == Kind::duration)
      return named("duration_range").add("min_secs", low).add("max_secs", high).add("distribution", how).take();
    if (is_time(type.kind)) {
      Map map = named("timestamp_range").add("start", low).add("end", high);
      if (type.kind != Kind::date) map.add("resolution", duration(r.step));
      return map.add("distribution", how).take();
    }
    return named(type.kind == Kind::decimal                             ? "decimal_range"
                 : type.kind == Kind::single || type.kind == Kind::real ? "float_range"
                                                                        : "int_range")
        .add("min", low)
        .add("max", high)
        .add("distribution", how)
        .take();
  }
  static NodePtr instants(std::string_view name, const Instants& i) {
    return named(name).add("start", bare(micros_text(i.start))).add("step", duration(i.step)).take();
  }
  NodePtr operator()(const Instants& i) const { return instants("timestamp_now", i); }
  NodePtr operator()(const SortedUlid& u) const { return instants("ulid", u.instants); }
  NodePtr operator()(const Pattern& p) const { return named("pattern").add("pattern", word(p.text)).take(); }
  NodePtr operator()(const Chance& c) const {
    return named("weighted_bool").add("true_weight", number(c.of_true)).take();
  }
  NodePtr values(const std::vector<Value>& values, const Type& of) const {
    std::vector<NodePtr> items;
    items.reserve(values.size());
    for (const Value& value : values) items.push_back(node_of(value, of));
    return list(std::move(items));
  }
  NodePtr operator()(const OneOf& o) const {
    Map map = named("one_of").add("values", values(o.values, type));
    if (o.weights.empty()) return map.add("distribution", distribution_node(o.distribution, type, 0)).take();
    std::vector<NodePtr> weights;
    weights.reserve(o.weights.size());
    for (const double weight : o.weights) weights.push_back(number(weight));
    return map.add("weights", list(std::move(weights))).take();
  }
  NodePtr operator()(const Sample& s) const {
    return named("sample_array")
        .add("pool", values(s.pool, type.element == nullptr ? Type{} : *type.element))
        .add("min_length", number(s.least))
        .add("max_length", number(s.most))
        .take();
  }
  NodePtr operator()(const Static& s) const { return named("static").add("value", node_of(s.value, type)).take(); }
  NodePtr operator()(const Null&) const { return bare("null"); }
  NodePtr operator()(const RandomUuid&) const { return bare("uuid_v4"); }
  NodePtr operator()(const Shapes&) const { return bare("geometry"); }
  NodePtr operator()(const Characters& c) const {
    constexpr std::string_view kAlphabets[] = {"alphanumeric", "lower", "hex", "digits", "unicode"};
    return named("string")
        .add("min_length", number(c.least))
        .add("max_length", number(c.most))
        .add("alphabet", bare(std::string(kAlphabets[static_cast<std::size_t>(c.alphabet)])))
        .take();
  }
  NodePtr operator()(const Words& w) const {
    std::string_view name = w.what == Wording::word ? "word" : "words";
    for (const TypeName& known : type_names())
      if (known.wording == w.what) name = known.name;
    Map map = named(name);
    if (w.what == Wording::words) map.add("min_words", number(w.least)).add("max_words", number(w.most));
    return map.add("ascii", bare(w.ascii ? "true" : "false")).take();
  }
  NodePtr operator()(const Octets& o) const {
    return named("bytes").add("min_length", number(o.least)).add("max_length", number(o.most)).take();
  }
  NodePtr operator()(const Object& o) const;
  NodePtr operator()(const Link& l) const {
    return named("thing")
        .add("table", word(schema.tables[l.table].name))
        .add("distribution", distribution_node(l.distribution, type, 0))
        .take();
  }
  NodePtr operator()(const Referenced&) const { return nullptr; }
};

NodePtr column_node(const Schema& schema, const Column& column, bool whole) {
  Map map;
  map.add("name", word(column.name)).add("type", type_node(column.type));
  const bool null_generator = std::holds_alternative<Null>(column.generator);
  if (NodePtr generator = std::visit(GeneratorNode{schema, column.type}, column.generator))
    map.add("generator", null_generator ? input::scalar_node("null", true) : generator);
  if (column.nullable) map.add("nullable", bare("true"));
  if (column.null_rate > 0) map.add("null_rate", number(column.null_rate));
  if (whole && column.unique) map.add("unique", bare("true"));
  return map.take();
}

NodePtr GeneratorNode::operator()(const Object& o) const {
  if (o.fields.empty()) return bare("object");
  std::vector<NodePtr> fields;
  for (const Column& field : o.fields) fields.push_back(column_node(schema, field, false));
  return named("object").add("fields", list(std::move(fields))).take();
}

NodePtr names_node(const std::vector<Column>& columns, const std::vector<std::size_t>& which) {
  std::vector<NodePtr> names;
  names.reserve(which.size());
  for (const std::size_t c : which) names.push_back(word(columns[c].name));
  return list(std::move(names));
}

NodePtr table_node(const Schema& schema, const Table& table) {
  Map map;
  map.add("name", word(table.name)).add("rows", number(table.rows));
  if (!table.primary_key.empty()) map.add("primary_key", names_node(table.columns, table.primary_key));
  std::vector<NodePtr> columns;
  for (const Column& column : table.columns) columns.push_back(column_node(schema, column, true));
  map.add("columns", list(std::move(columns)));
  std::vector<NodePtr> keys;
  for (const ForeignKey& key : table.foreign_keys) {
    Map of;
    of.add("columns", names_node(table.columns, key.columns)).add("table", word(schema.tables[key.table].name));
    of.add("references", names_node(schema.tables[key.table].columns, key.references));
    if (key.null_rate > 0) of.add("null_rate", number(key.null_rate));
    if (key.distribution.shape != Distribution::Shape::uniform)
      of.add("distribution", distribution_node(key.distribution, {}, 0));
    keys.push_back(of.take());
  }
  if (!keys.empty()) map.add("foreign_keys", list(std::move(keys)));
  return map.take();
}

}  // namespace

std::string_view name_of(Kind kind) {
  for (const TypeName& type : type_names())
    if (type.kind == kind) return type.name;
  return "";
}

std::string_view name_of(Geometry geometry) {
  constexpr std::string_view kNames[] = {
      "point", "line_string", "polygon", "multi_point", "multi_line_string", "multi_polygon", "geometry_collection"};
  return kNames[static_cast<std::size_t>(geometry)];
}

std::string show_schema(const Schema& schema) {
  Map map;
  map.add("version", bare("1")).add("seed", number(schema.seed));
  std::vector<NodePtr> tables;
  for (const Table& table : schema.tables) tables.push_back(table_node(schema, table));
  return input::emit_yaml(*map.add("tables", list(std::move(tables))).take());
}

}  // namespace assay::dataset
