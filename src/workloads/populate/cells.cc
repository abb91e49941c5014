#include "workloads/populate/cells.h"

#include "base/error.h"
#include "base/random.h"
#include "workloads/populate/json_form.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

namespace assay::populate {
namespace {

std::string_view without_blanks(std::string_view text) { return text.substr(0, text.find_last_not_of(' ') + 1); }

Timestamp cut(Timestamp t, Nanos resolution) {
  const std::int64_t step = std::max<std::int64_t>(resolution.count() / 1000, 1);
  std::int64_t rest = t.microseconds % step;
  if (rest < 0) rest += step;
  return {t.microseconds - rest};
}

/// Without zeros at the end.
Decimal reduced(Decimal d) {
  while (d.scale > 0 && d.unscaled % 10 == 0) {
    d.unscaled /= 10;
    d.scale--;
  }
  return d;
}

std::optional<Decimal> exact(const Value& value) {
  if (const auto* v = std::get_if<Decimal>(&value)) return reduced(*v);
  if (const auto* v = std::get_if<std::int64_t>(&value)) return Decimal{*v, 0};
  return std::nullopt;
}

/// A number that was read as one of another kind, in that of the column's values; nullopt: it is in it, or cannot be. A table of
/// somebody else's may hold doubles as decimals, and whole numbers as doubles.
std::optional<Value> in_own_kind(const Value& value, ColumnType type) {
  if (type == ColumnType::real) {
    if (!exact(value)) return std::nullopt;
    return Value(std::strtod(to_text(value).c_str(), nullptr));
  }
  const auto* const number = std::get_if<double>(&value);
  if (number == nullptr || (type != ColumnType::integer && type != ColumnType::bigint && type != ColumnType::decimal))
    return std::nullopt;
  try {
    return Value(parse_decimal(fmt::format("{}", *number)));
  } catch (const Error&) {  // an exponent, or more digits than a decimal has
    return std::nullopt;
  }
}

std::string json_form(std::string_view text) {
  std::string out;
  if (!append_json_form(text, out)) out = text;
  return out;
}

bool same_elements(const Array& a, const Array& b, const RowsTraits& traits) {
  if (a.size != b.size) return false;
  for (std::size_t i = 0; i < a.size; i++)
    if (!same_cell(a.data[i], b.data[i], ColumnType::text, traits)) return false;
  return true;
}

std::uint64_t hash_of_text(std::string_view text, std::uint64_t kind) {
  std::uint64_t hash = mix(kind ^ (text.size() * 0x9e3779b97f4a7c15ull));
  for (; text.size() >= 8; text.remove_prefix(8)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), 8);
    hash = mix(hash ^ word);
  }
  std::uint64_t word = 0;
  std::memcpy(&word, text.data(), text.size());
  return mix(hash ^ word);
}

struct Hasher {
  ColumnType type;
  const RowsTraits& traits;
  std::uint64_t kind;

  std::uint64_t number(std::int64_t v) const {
    return mix(kind ^ (static_cast<std::uint64_t>(v) * 0xd6e8feb86659fd93ull));
  }
  std::uint64_t operator()(std::monostate) const { return mix(kind); }
  std::uint64_t operator()(bool v) const { return number(v); }
  std::uint64_t operator()(std::int64_t v) const { return (*this)(Decimal{v, 0}); }
  std::uint64_t operator()(double v) const { return number(std::bit_cast<std::int64_t>(v == 0 ? 0.0 : v)); }
  std::uint64_t operator()(Decimal v) const {
    v = reduced(v);
    return hash_of(static_cast<std::uint64_t>(v.unscaled), v.scale);
  }
  std::uint64_t operator()(std::string_view v) const {
    return hash_of_text(type == ColumnType::character ? without_blanks(v) : v, kind);
  }
  std::uint64_t operator()(Bytes v) const { return hash_of_text(v.data, kind); }
  std::uint64_t operator()(Json v) const { return hash_of_text(json_form(v.text), kind); }
  std::uint64_t operator()(const Uuid& v) const {
    return hash_of_text({reinterpret_cast<const char*>(v.octets.data()), v.octets.size()}, kind);
  }
  std::uint64_t operator()(Date v) const { return number(v.days); }
  std::uint64_t operator()(TimeOfDay v) const { return number(v.microseconds); }
  std::uint64_t operator()(Timestamp v) const { return number(cut(v, traits.timestamp_resolution).microseconds); }
  std::uint64_t operator()(Array v) const {
    std::uint64_t hash = mix(kind + v.size);
    for (std::size_t i = 0; i < v.size; i++) hash = mix(hash ^ hash_of_cell(v.data[i], ColumnType::text, traits));
    return hash;
  }
};

}  // namespace

bool same_cell(const Value& made, const Value& read, ColumnType type, const RowsTraits& traits) {
  if (made == read) return true;
  if (const auto own = in_own_kind(read, type)) return !in_own_kind(*own, type) && same_cell(made, *own, type, traits);
  if (const auto a = exact(made), b = exact(read); a && b) return *a == *b;
  if (made.index() != read.index()) return false;
  if (const auto* text = std::get_if<std::string_view>(&made))
    return type == ColumnType::character && without_blanks(*text) == without_blanks(std::get<std::string_view>(read));
  if (const auto* json = std::get_if<Json>(&made)) return json_form(json->text) == json_form(std::get<Json>(read).text);
  if (const auto* t = std::get_if<Timestamp>(&made))
    return cut(*t, traits.timestamp_resolution) == std::get<Timestamp>(read);
  if (const auto* array = std::get_if<Array>(&made)) return same_elements(*array, std::get<Array>(read), traits);
  return false;
}

std::uint64_t hash_of_cell(const Value& value, ColumnType type, const RowsTraits& traits) {
  if (const auto own = in_own_kind(value, type))
    return std::visit(Hasher{type, traits, 0x5eed0000 + own->index()}, *own);
  return std::visit(Hasher{type, traits, 0x5eed0000 + value.index()}, value);
}

std::uint64_t hash_of_row(const Value* row, const Table& table, const RowsTraits& traits) {
  std::uint64_t hash = 0;
  for (std::size_t c = 0; c < table.columns.size(); c++)
    hash = mix(hash ^ hash_of_cell(row[c], table.columns[c].type, traits));
  return hash;
}

}  // namespace assay::populate
