// Whether what is generated fits its column, and for how many rows.
#include "dataset/constant.h"
#include "dataset/keys.h"
#include "dataset/pattern.h"
#include "dataset/texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay::dataset {
namespace {

/// Rows until a sequence leaves its type.
double rows_of(const Type& type, const Sequence& sequence) {
  double low = -9.0e15, high = 9.0e15;  // of doubles: whole numbers are exact
  if (const std::optional<Limits> limits = integer_limits(type.kind)) {
    low = static_cast<double>(limits->low);
    high = static_cast<double>(limits->high);
  }
  if (type.kind == Kind::decimal) high = std::pow(10.0, value_digits(type)) - 1;
  if (type.kind == Kind::single) high = 999'999;
  if (!integer_limits(type.kind)) low = -high;
  const auto start = static_cast<double>(sequence.start), step = static_cast<double>(sequence.step);
  if (start < low || start > high) return 0;
  if (sequence.step == 0) return static_cast<double>(kMostRows);
  return std::floor((step > 0 ? high - start : start - low) / std::abs(step)) + 1;
}

double rows_of(const Instants& instants) {
  constexpr double kYear10000 = 253'402'300'800e6;
  return std::floor((kYear10000 - static_cast<double>(instants.start)) / static_cast<double>(instants.step));
}

/// Characters that a text generator makes at most in these rows.
struct Longest {
  const Schema& schema;
  const Table& table;
  std::uint64_t operator()(const Pattern& p) const {
    std::uint64_t sum = 0;
    for (const PatternPart& part : parse_pattern(p.text))
      sum += part.what == PatternPart::What::literal  ? characters_of(part.text)
             : part.what == PatternPart::What::index  ? fmt::formatted_size("{}", table.rows == 0 ? 0 : table.rows - 1)
             : part.what == PatternPart::What::digits ? static_cast<std::uint64_t>(part.digits)
                                                      : 36;
    return sum;
  }
  std::uint64_t operator()(const RandomUuid&) const { return 36; }
  std::uint64_t operator()(const SortedUlid&) const { return 26; }
  std::uint64_t operator()(const Characters& c) const { return static_cast<std::uint64_t>(c.most); }
  std::uint64_t operator()(const Words& w) const { return longest_words(w, table.rows).characters; }
  template <class Other>
  std::uint64_t operator()(const Other&) const {
    return 0;  // constants, which were held against the type already, and what is no text
  }
};

class Fitter {
 public:
  Fitter(const Schema& schema, input::Mistakes& mistakes) : schema_(schema), mistakes_(mistakes) {}

  void check(const Table& table, const std::vector<bool>& sound) {
    for (std::size_t c = 0; c < table.columns.size(); c++)
      if (sound[c]) fits(table, table.columns[c], fmt::format("{}.{}", table.name, table.columns[c].name));
  }

 private:
  void fits(const Table& table, const Column& column, const std::string& path) {
    const Type& type = column.type;
    if (type.kind == Kind::character || type.kind == Kind::varchar)
      if (const std::uint64_t most = std::visit(Longest{schema_, table}, column.generator);
          most > static_cast<std::uint64_t>(type.length))
        mistakes_.add(column.mark, path,
                      fmt::format("{} has up to {} characters, and the column holds {}", path, most, type.length));
    if (const auto* sequence = std::get_if<Sequence>(&column.generator)) sequence_fits(table, column, *sequence, path);
    const Instants* instants = std::get_if<Instants>(&column.generator);
    if (const auto* ulid = std::get_if<SortedUlid>(&column.generator)) instants = &ulid->instants;
    if (instants != nullptr) instants_fit(table, column, *instants, path);
    if (const auto* object = std::get_if<Object>(&column.generator))
      for (const Column& field : object->fields) fits(table, field, path + "." + field.name);
  }

  void sequence_fits(const Table& table, const Column& column, const Sequence& sequence, const std::string& path) {
    if (const double most = rows_of(column.type, sequence); most < static_cast<double>(table.rows))
      mistakes_.add(column.mark, path,
                    fmt::format("{} leaves the numbers of its type, {}, after {:.0f} of {} rows", path,
                                name_of(column.type.kind), most, table.rows));
  }

  void instants_fit(const Table& table, const Column& column, const Instants& instants, const std::string& path) {
    if (rows_of(instants) < static_cast<double>(table.rows))
      mistakes_.add(
          column.mark, path,
          fmt::format("{} is after the year 9999 in the last of {} rows; expected a shorter step", path, table.rows));
  }

  const Schema& schema_;
  input::Mistakes& mistakes_;
};

}  // namespace

std::uint64_t row_limit(const Schema& schema, const Table& table) {
  std::uint64_t most = kMostRows;
  const auto at_most = [&](double rows) {
    most = rows < static_cast<double>(most) ? static_cast<std::uint64_t>(std::max(rows, 0.0)) : most;
  };
  for (const Column& column : table.columns) {
    if (column.unique) most = std::min(most, capacity_of(schema, table, column).count.value_or(most));
    if (const auto* sequence = std::get_if<Sequence>(&column.generator)) at_most(rows_of(column.type, *sequence));
    if (const auto* instants = std::get_if<Instants>(&column.generator)) at_most(rows_of(*instants));
    if (const auto* ulid = std::get_if<SortedUlid>(&column.generator)) at_most(rows_of(ulid->instants));
  }
  if (table.joint_key) most = std::min(most, combinations_of(*digits_of(schema, table, *table.joint_key)));
  return most;
}

std::uint64_t longest_text(const Schema& schema, const Table& table, const Column& column) {
  if (const auto* referenced = std::get_if<Referenced>(&column.generator)) {
    const ForeignKey& key = table.foreign_keys[referenced->foreign_key];
    const auto c = static_cast<std::size_t>(&column - table.columns.data());
    const auto place =
        static_cast<std::size_t>(std::find(key.columns.begin(), key.columns.end(), c) - key.columns.begin());
    const Table& parent = schema.tables[key.table];
    return longest_text(schema, parent, parent.columns[key.references[place]]);
  }
  std::uint64_t most = std::visit(Longest{schema, table}, column.generator);
  const auto constant = [&](const Value& value) {
    if (const auto* text = std::get_if<std::string_view>(&value))
      most = std::max<std::uint64_t>(most, characters_of(*text));
  };
  if (const auto* one = std::get_if<OneOf>(&column.generator))
    std::for_each(one->values.begin(), one->values.end(), constant);
  if (const auto* fixed = std::get_if<Static>(&column.generator)) constant(fixed->value);
  return most;
}

void check_lengths(const Schema& schema, const Sound& sound, input::Mistakes& mistakes) {
  Fitter fitter(schema, mistakes);
  for (std::size_t t = 0; t < schema.tables.size(); t++) fitter.check(schema.tables[t], sound.columns[t]);
}

}  // namespace assay::dataset
