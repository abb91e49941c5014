#include "dataset/keys.h"

#include "dataset/constant.h"
#include "dataset/pattern.h"
#include "dataset/texts.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace assay::dataset {
namespace {

constexpr std::uint64_t kMostCombinations = std::uint64_t{1} << 62;

Capacity none(std::string why) { return {0, std::move(why)}; }

struct CapacityOf {
  const Schema& schema;
  const Table& table;
  const Column& column;

  static Capacity skewed(const Distribution& distribution, std::uint64_t count) {
    if (distribution.shape != Distribution::Shape::uniform) return none("by its distribution values repeat");
    return {count == 0 || count > kMostCombinations ? kMostCombinations : count};
  }

  Capacity operator()(const Sequence& s) const {
    return s.step == 0 ? none("with step 0 all values are the same") : Capacity{};
  }
  Capacity operator()(const Range& r) const {
    const bool wraps = (column.type.kind == Kind::time || column.type.kind == Kind::time_tz) &&
                       static_cast<double>(r.count) * static_cast<double>(r.step) > static_cast<double>(kDay);
    return wraps ? none("its range is longer than a day") : skewed(r.distribution, r.count);
  }
  Capacity operator()(const Instants&) const {
    return is_instant(column.type.kind) ? Capacity{} : none("several instants are on one day, or at one time of it");
  }
  Capacity operator()(const Pattern& p) const {
    std::uint64_t most = 0;
    for (const PatternPart& part : parse_pattern(p.text)) {
      if (part.what == PatternPart::What::index || part.what == PatternPart::What::uuid) return {};
      if (part.what == PatternPart::What::digits) most = std::max(most, numbers_of_digits(part.digits));
    }
    return most == 0 ? none("its pattern has neither {index}, {uuid} nor {rand:N}") : Capacity{most};
  }
  Capacity operator()(const OneOf& o) const {
    if (!o.weights.empty()) return none("by its weights values repeat");
    std::set<std::string> different;
    for (const Value& value : o.values) different.insert(to_text(value));
    if (different.size() != o.values.size()) return none("the same value stands in its list twice");
    return skewed(o.distribution, o.values.size());
  }
  Capacity operator()(const RandomUuid&) const { return {}; }
  Capacity operator()(const SortedUlid&) const { return {}; }
  Capacity operator()(const Characters& c) const {
    const std::uint64_t count = unique_prefixes(c);
    return count > 1
               ? Capacity{count}
               : none("unicode texts, and texts that may be empty, repeat; expected another alphabet or a min_length");
  }
  Capacity operator()(const Octets& o) const {
    return o.least > 0 ? Capacity{std::uint64_t{1} << (8 * std::min<std::int64_t>(o.least, 7))}
                       : none("it may be empty; expected a min_length");
  }
  Capacity operator()(const Words& w) const {
    switch (w.what) {
      case Wording::username:
      case Wording::email:
      case Wording::url:
        return {};
      case Wording::phone:
        return {kPhoneNumbers};
      default:
        return none("names and words repeat; expected email, username, url, phone, or another generator");
    }
  }
  Capacity operator()(const Object& o) const { return o.fields.empty() ? Capacity{} : none("documents may repeat"); }
  Capacity operator()(const Link& l) const {
    return skewed(l.distribution, std::max<std::uint64_t>(schema.tables[l.table].rows, 1));
  }
  Capacity operator()(const Referenced& r) const {
    const ForeignKey& key = table.foreign_keys[r.foreign_key];
    if (key.columns.size() > 1) return none("it is one of several columns that point at another table");
    if (&schema.tables[key.table] == &table) return none("it points at rows of its own table");
    return skewed(key.distribution, std::max<std::uint64_t>(schema.tables[key.table].rows, 1));
  }
  Capacity operator()(const Chance&) const { return none("it is true or false"); }
  Capacity operator()(const Sample&) const { return none("samples repeat"); }
  Capacity operator()(const Static&) const { return none("its value is always the same"); }
  Capacity operator()(const Null&) const { return none("it is always null"); }
  Capacity operator()(const Shapes&) const { return none("shapes may repeat"); }
};

/// Of a column that has a range or a list of values, each as often as the others.
std::optional<std::uint64_t> values_of(const Schema& schema, const Table& table, const Column& column) {
  if (!std::holds_alternative<Range>(column.generator) && !std::holds_alternative<OneOf>(column.generator))
    return std::nullopt;
  const Capacity capacity = capacity_of(schema, table, column);
  return capacity.count == 0 ? std::nullopt : capacity.count;
}

class Settler {
 public:
  Settler(Schema& schema, const Sound& sound, input::Mistakes& mistakes)
      : schema_(schema), sound_(sound), mistakes_(mistakes) {}

  void settle() {
    for (std::size_t t = 0; t < schema_.tables.size(); t++) {
      Table& table = schema_.tables[t];
      for (std::size_t c = 0; c < table.columns.size(); c++)
        if (sound_.columns[t][c] && can_be_key(table, c) && table.columns[c].unique) unique(table, table.columns[c]);
      if (sound_.tables[t] && table.primary_key.size() > 1) joint(table);
    }
    for (std::size_t t = 0; t < schema_.tables.size(); t++)
      for (const ForeignKey& key : schema_.tables[t].foreign_keys)
        if (sound_.tables[t] && sound_.tables[key.table]) points_at_key(schema_.tables[t], key);
    if (!values_end()) return;
    for (std::size_t t = 0; t < schema_.tables.size(); t++) note_long_keys(t);
    order();
  }

 private:
  void refuse(input::Mark mark, const std::string& path, const std::string& text) { mistakes_.add(mark, path, text); }

  static bool is_of_key(const Table& table, std::size_t c) {
    return std::find(table.primary_key.begin(), table.primary_key.end(), c) != table.primary_key.end();
  }

  /// Whether stores can have an index of it that is unique, where it is to have one.
  bool can_be_key(const Table& table, std::size_t c) {
    const Column& column = table.columns[c];
    const Kind kind = column.type.kind;
    const bool nested = is_document(kind) || kind == Kind::array || kind == Kind::set || kind == Kind::geometry;
    if (!nested || !(column.unique || is_of_key(table, c))) return true;
    const std::string path = fmt::format("{}.{}", table.name, column.name);
    refuse(column.mark, path,
           fmt::format("{} is {}, and {}: stores have no key of documents, arrays and shapes; expected another type",
                       path, name_of(kind), is_of_key(table, c) ? "of the key" : "unique"));
    return false;
  }

  /// An index takes 3072 bytes in MariaDB and MySQL, of four bytes a character, and 2704 in PostgreSQL.
  void note_long_keys(std::size_t t) {
    constexpr std::uint64_t kMost = 600;  // characters
    const Table& table = schema_.tables[t];
    for (std::size_t c = 0; c < table.columns.size(); c++) {
      const Column& column = table.columns[c];
      if (!sound_.columns[t][c] || !is_text(column.type.kind) || !(column.unique || is_of_key(table, c))) continue;
      const std::string path = fmt::format("{}.{}", table.name, column.name);
      if (const std::uint64_t longest = longest_text(schema_, table, column); longest > kMost)
        mistakes_.note(column.mark, path,
                       fmt::format("{} has up to {} characters, and {}: several stores have no index of texts above {}",
                                   path, longest, is_of_key(table, c) ? "is of the key" : "is unique", kMost));
    }
  }

  void unique(const Table& table, const Column& column) {
    const Capacity capacity = capacity_of(schema_, table, column);
    const std::string path = fmt::format("{}.{}", table.name, column.name);
    if (capacity.count == 0)
      refuse(column.mark, path, fmt::format("{} is unique, and cannot be: {}", path, capacity.why_none));
    else if (capacity.count && *capacity.count < table.rows)
      refuse(column.mark, path,
             fmt::format("{} is unique and has {} different values, and the table {} rows; expected at least as many",
                         path, *capacity.count, table.rows));
    if (column.null_rate > 0)
      refuse(
          column.mark, path,
          fmt::format("{} is unique, and null at times, which stores treat differently; expected null_rate 0", path));
  }

  void joint(Table& table) {
    for (const std::size_t column : table.primary_key)
      if (table.columns[column].unique || !capacity_of(schema_, table, table.columns[column]).count)
        return;  // by that one
    JointKey key{table.primary_key};
    const auto digits = digits_of(schema_, table, key);
    if (!digits) {
      std::vector<std::string_view> names;
      for (const std::size_t column : key.columns)
        if (!values_of(schema_, table, table.columns[column]) &&
            !std::holds_alternative<Referenced>(table.columns[column].generator))
          names.push_back(table.columns[column].name);
      refuse(table.mark, table.name,
             fmt::format("the key of {} may repeat{}; expected a column that is unique by itself (sequential, uuid_v4, "
                         "unique: true), "
                         "or only ranges, one_of and references, each uniform and not pointing at the table itself",
                         table.name, names.empty() ? "" : fmt::format(" by {}", fmt::join(names, ", "))));
      return;
    }
    if (const std::uint64_t most = combinations_of(*digits); most < table.rows) {
      refuse(table.mark, table.name,
             fmt::format("the key of {} has {} combinations, and the table {} rows; expected at least as many",
                         table.name, most, table.rows));
      return;
    }
    table.joint_key = std::move(key);
  }

  void points_at_key(const Table& table, const ForeignKey& key) {
    const Table& parent = schema_.tables[key.table];
    std::vector<std::size_t> sorted = key.references, primary = parent.primary_key;
    std::sort(sorted.begin(), sorted.end());
    std::sort(primary.begin(), primary.end());
    const bool is_key =
        (!primary.empty() && sorted == primary) || (sorted.size() == 1 && parent.columns[sorted[0]].unique);
    if (!is_key)
      refuse(key.mark, table.name,
             fmt::format("a foreign key of {} points at columns of {} that are no key; expected its primary key, or a "
                         "column with unique: true",
                         table.name, parent.name));
    if (parent.rows == 0 && table.rows > 0 && !table.columns[key.columns[0]].nullable)
      refuse(key.mark, table.name,
             fmt::format("a foreign key of {} points at {}, which has no rows; expected some, or nullable columns",
                         table.name, parent.name));
    if (key.table == static_cast<std::size_t>(&table - schema_.tables.data()) &&
        key.distribution.shape != Distribution::Shape::uniform)
      refuse(
          key.mark, table.name,
          fmt::format("a foreign key of {} points at rows before its own, which is uniform; expected no distribution",
                      table.name));
  }

  /// Where a column's values are from: another column; nullopt: from itself.
  std::optional<std::pair<std::size_t, std::size_t>> source(std::pair<std::size_t, std::size_t> at) const {
    const Table& table = schema_.tables[at.first];
    const Column& column = table.columns[at.second];
    if (const auto* referenced = std::get_if<Referenced>(&column.generator)) {
      const ForeignKey& key = table.foreign_keys[referenced->foreign_key];
      const auto i = std::find(key.columns.begin(), key.columns.end(), at.second) - key.columns.begin();
      return std::pair(key.table, key.references[static_cast<std::size_t>(i)]);
    }
    if (const auto* link = std::get_if<Link>(&column.generator)) {
      const auto& key = schema_.tables[link->table].primary_key;
      if (key.size() == 1) return std::pair(link->table, key[0]);
    }
    return std::nullopt;
  }

  bool values_end() {
    bool good = true;
    std::set<std::pair<std::size_t, std::size_t>> done;
    for (std::size_t t = 0; t < schema_.tables.size(); t++)
      for (std::size_t c = 0; c < schema_.tables[t].columns.size(); c++) {
        std::vector<std::pair<std::size_t, std::size_t>> path;
        for (std::optional at(std::pair(t, c)); at && done.find(*at) == done.end(); at = source(*at)) {
          if (std::find(path.begin(), path.end(), *at) != path.end()) {
            circle(path, *at);
            good = false;
            break;
          }
          path.push_back(*at);
        }
        done.insert(path.begin(), path.end());
      }
    return good;
  }

  void circle(const std::vector<std::pair<std::size_t, std::size_t>>& path, std::pair<std::size_t, std::size_t> at) {
    std::vector<std::string> names;
    const auto add = [&](const auto& place) {
      const Table& table = schema_.tables[place.first];
      names.push_back(table.name + "." + table.columns[place.second].name);
    };
    for (auto from = std::find(path.begin(), path.end(), at); from != path.end(); ++from) add(*from);
    add(at);
    const Column& column = schema_.tables[at.first].columns[at.second];
    refuse(column.mark, names.front(),
           fmt::format("{}: each has the values of the next, and none has its own", fmt::join(names, " → ")));
  }

  /// Tables whose rows must be there before: all that are not placed. Only those that a null cannot stand for.
  bool ready(std::size_t t, const std::vector<bool>& placed, bool hard_only) const {
    const Table& table = schema_.tables[t];
    return std::all_of(table.foreign_keys.begin(), table.foreign_keys.end(), [&](const ForeignKey& key) {
      return key.table == t || placed[key.table] || (hard_only && table.columns[key.columns[0]].nullable);
    });
  }

  void order() {
    const std::size_t count = schema_.tables.size();
    std::vector<bool> placed(count);
    while (schema_.load_order.size() < count) {
      std::size_t next = count;
      for (const bool hard_only : {false, true})
        for (std::size_t t = 0; t < count && next == count; t++)
          if (!placed[t] && ready(t, placed, hard_only)) next = t;
      if (next == count) {
        tables_in_circle(placed);
        return;
      }
      for (ForeignKey& key : schema_.tables[next].foreign_keys) key.deferred = key.table == next || !placed[key.table];
      placed[next] = true;
      schema_.load_order.push_back(next);
    }
  }

  void tables_in_circle(const std::vector<bool>& placed) {
    std::vector<std::size_t> path;
    std::size_t at = static_cast<std::size_t>(std::find(placed.begin(), placed.end(), false) - placed.begin());
    while (std::find(path.begin(), path.end(), at) == path.end()) {
      path.push_back(at);
      for (const ForeignKey& key : schema_.tables[path.back()].foreign_keys)
        if (key.table != at && !placed[key.table] && !schema_.tables[at].columns[key.columns[0]].nullable) {
          at = key.table;
          break;
        }
    }
    std::vector<std::string_view> names;
    for (auto from = std::find(path.begin(), path.end(), at); from != path.end(); ++from)
      names.push_back(schema_.tables[*from].name);
    names.push_back(schema_.tables[at].name);
    refuse(schema_.tables[at].mark, "",
           fmt::format("{}: each points at the next, so none can be loaded first; expected nullable: true in one of "
                       "these foreign keys",
                       fmt::join(names, " → ")));
  }

  Schema& schema_;
  const Sound& sound_;
  input::Mistakes& mistakes_;
};

}  // namespace

Capacity capacity_of(const Schema& schema, const Table& table, const Column& column) {
  return std::visit(CapacityOf{schema, table, column}, column.generator);
}

std::optional<std::vector<JointDigit>> digits_of(const Schema& schema, const Table& table, const JointKey& key) {
  std::vector<JointDigit> out;
  for (const std::size_t c : key.columns) {
    if (const auto* referenced = std::get_if<Referenced>(&table.columns[c].generator)) {
      const ForeignKey& foreign = table.foreign_keys[referenced->foreign_key];
      const bool free =
          foreign.distribution.shape == Distribution::Shape::uniform && &schema.tables[foreign.table] != &table;
      if (!free) return std::nullopt;
      // Rows that a foreign key points at differ in all of its columns together: each must be of the key.
      for (const std::size_t other : foreign.columns)
        if (std::find(key.columns.begin(), key.columns.end(), other) == key.columns.end()) return std::nullopt;
      const bool there = std::any_of(out.begin(), out.end(),
                                     [&](const JointDigit& d) { return d.foreign_key == referenced->foreign_key; });
      if (!there)
        out.push_back({c, referenced->foreign_key, std::max<std::uint64_t>(schema.tables[foreign.table].rows, 1)});
      continue;
    }
    const std::optional<std::uint64_t> count = values_of(schema, table, table.columns[c]);
    if (!count) return std::nullopt;
    out.push_back({c, std::nullopt, *count});
  }
  return out;
}

std::uint64_t combinations_of(const std::vector<JointDigit>& digits) noexcept {
  std::uint64_t product = 1;
  for (const JointDigit& digit : digits)
    if (__builtin_mul_overflow(product, digit.count, &product) || product > kMostCombinations) return kMostCombinations;
  return product;
}

void settle_keys(Schema& schema, const Sound& sound, input::Mistakes& mistakes) {
  Settler(schema, sound, mistakes).settle();
}
}  // namespace assay::dataset
