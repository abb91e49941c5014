#include "drivers/neo4j/values.h"

#include "base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace assay::neo4j {
namespace {

// Structures of Bolt 5.
constexpr std::uint8_t kDate = 0x44, kTime = 0x54, kLocalTime = 0x74, kDateTime = 0x49, kDateTimeOfZone = 0x69,
                       kLocalDateTime = 0x64;

void append_json_text(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (static_cast<unsigned char>(c) < ' ')
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  out += '"';
}

struct JsonAppender {
  std::string& out;
  void operator()(std::monostate) const { out += "null"; }
  void operator()(bool v) const { out += v ? "true" : "false"; }
  void operator()(std::int64_t v) const { out += std::to_string(v); }
  void operator()(double v) const { out += fmt::format("{}", v); }
  void operator()(Decimal v) const { out += format_decimal(v); }
  void operator()(std::string_view v) const { append_json_text(v, out); }
  void operator()(Json v) const { out += v.text; }
  void operator()(Array v) const {
    out += '[';
    for (std::size_t i = 0; i < v.size; i++) {
      if (i > 0) out += ", ";
      std::visit(*this, v.data[i]);
    }
    out += ']';
  }
  template <class Other>
  void operator()(const Other& v) const {  // bytes, uuid, date, times: as people write them
    append_json_text(to_text(Value(v)), out);
  }
};

/// A list can be a property when its elements are of one type, not null, and no lists themselves.
bool is_list_of_one_type(Array array) noexcept {
  for (std::size_t i = 0; i < array.size; i++) {
    const Value& v = array.data[i];
    if (is_null(v) || std::holds_alternative<Array>(v) || std::holds_alternative<Bytes>(v) ||
        v.index() != array.data[0].index())
      return false;
  }
  return true;
}

struct Packing {
  Packer& packer;

  bool operator()(std::monostate) const { return packer.null(), true; }
  bool operator()(bool v) const { return packer.boolean(v), true; }
  bool operator()(std::int64_t v) const { return packer.integer(v), true; }
  bool operator()(double v) const { return packer.real(v), true; }
  bool operator()(Decimal v) const { return packer.text(format_decimal(v)), true; }
  bool operator()(std::string_view v) const { return packer.text(v), is_utf8(v); }
  bool operator()(Bytes v) const { return packer.bytes(v.data), true; }
  bool operator()(Json v) const { return (*this)(v.text); }
  bool operator()(const Uuid& v) const { return packer.text(to_text(v)), true; }
  bool operator()(Date v) const {
    packer.structure(kDate, 1);
    return (*this)(std::int64_t{v.days});
  }
  bool operator()(TimeOfDay v) const {
    packer.structure(kLocalTime, 1);
    return (*this)(v.microseconds * 1000);
  }
  bool operator()(Timestamp v) const {
    std::int64_t seconds = v.microseconds / 1'000'000, rest = v.microseconds % 1'000'000;
    if (rest < 0) {
      rest += 1'000'000;
      seconds--;
    }
    packer.structure(kDateTime, 3);
    packer.integer(seconds);
    packer.integer(rest * 1000);
    packer.integer(0);  // seconds east of UTC
    return true;
  }
  bool operator()(Array v) const {
    if (!is_list_of_one_type(v)) {
      std::string json;
      JsonAppender{json}(v);
      return (*this)(std::string_view(json));
    }
    packer.list(v.size);
    return std::all_of(v.data, v.data + v.size, [&](const Value& element) { return std::visit(*this, element); });
  }
};

std::optional<std::int64_t> field(const Item& item, std::uint32_t i) noexcept {
  return item.type == Item::Type::structure && i < item.size ? integer_of(&item + 1 + i) : std::nullopt;
}

/// Microseconds since 1970 of the three kinds of instants; all count seconds as Bolt 5 does.
std::optional<std::int64_t> instant(const Item& item) noexcept {
  const auto seconds = field(item, 0), nanos = field(item, 1);
  std::int64_t out = 0;
  if (!seconds || !nanos || __builtin_mul_overflow(*seconds, 1'000'000, &out) ||
      __builtin_add_overflow(out, *nanos / 1000, &out))
    return std::nullopt;
  return out;
}

std::optional<Uuid> uuid_of(std::string_view text) noexcept {
  Uuid out;
  std::size_t digits = 0;
  if (text.size() != 36) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); i++) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    const int v = c >= '0' && c <= '9'   ? c - '0'
                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                         : -1;
    if (v < 0) return std::nullopt;
    std::uint8_t& octet = out.octets[digits++ / 2];
    octet = static_cast<std::uint8_t>(16 * octet + v);
  }
  return out;
}

std::optional<Decimal> decimal_of(std::string_view text) {
  try {
    return parse_decimal(text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// By what it is, whatever its column.
Value unpacked(const Item& item, RowBatch& batch) {
  switch (item.type) {
    case Item::Type::null:
      return kNull;
    case Item::Type::boolean:
      return item.integer != 0;
    case Item::Type::integer:
      return item.integer;
    case Item::Type::real:
      return item.real;
    case Item::Type::text:
      return batch.keep(item.data);
    case Item::Type::bytes:
      return Bytes{batch.keep(item.data)};
    case Item::Type::list: {
      Value* const elements = batch.elements(item.size);
      const Item* at = &item + 1;
      for (std::uint32_t i = 0; i < item.size; i++, at += at->span) elements[i] = unpacked(*at, batch);
      return Array{elements, item.size};
    }
    case Item::Type::map:
    case Item::Type::structure:
      break;
  }
  if (const auto days = field(item, 0); item.tag == kDate && days) return Date{static_cast<std::int32_t>(*days)};
  if (const auto nanos = field(item, 0); (item.tag == kLocalTime || item.tag == kTime) && nanos)
    return TimeOfDay{*nanos / 1000};
  if (item.tag == kDateTime || item.tag == kLocalDateTime || item.tag == kDateTimeOfZone)
    if (const auto at = instant(item)) return Timestamp{*at};
  return batch.keep(fmt::format("(a value of Neo4j's type 0x{:02X})", item.tag));
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i++]);
    if (c < 0x80) continue;
    const std::size_t more = c >= 0xC2 && c <= 0xDF ? 1 : c >= 0xE0 && c <= 0xEF ? 2 : c >= 0xF0 && c <= 0xF4 ? 3 : 0;
    if (more == 0 || text.size() - i < more) return false;
    // The second octet also tells what is too long, a surrogate, or beyond U+10FFFF.
    const auto second = static_cast<unsigned char>(text[i]);
    const unsigned low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80, high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    if (second < low || second > high) return false;
    for (std::size_t k = 1; k < more; k++)
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
    i += more;
  }
  return true;
}

bool pack_value(const Value& value, Packer& packer) { return std::visit(Packing{packer}, value); }

bool pack_cell(const Value& value, const Column& column, Packer& packer) {
  if (const auto* const whole = std::get_if<std::int64_t>(&value); whole != nullptr && column.type == ColumnType::real)
    return packer.real(static_cast<double>(*whole)), true;
  return pack_value(value, packer);
}

Value unpack_cell(const Item& item, const Column& column, RowBatch& batch) {
  const bool is_text = item.type == Item::Type::text;
  switch (column.type) {
    case ColumnType::real:
      if (item.type == Item::Type::integer) return static_cast<double>(item.integer);
      break;
    case ColumnType::decimal:
      if (is_text)
        if (const auto decimal = decimal_of(item.data)) return *decimal;
      break;
    case ColumnType::uuid:
      if (is_text)
        if (const auto uuid = uuid_of(item.data)) return *uuid;
      break;
    case ColumnType::json:
    case ColumnType::array:  // one that is no list of one type
      if (is_text) return Json{batch.keep(item.data)};
      break;
    default:
      break;
  }
  return unpacked(item, batch);
}

}  // namespace assay::neo4j
