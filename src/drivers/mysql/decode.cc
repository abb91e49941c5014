#include "drivers/mysql/decode.h"

#include <mysql.h>

#include <charconv>
#include <chrono>
#include <cstring>
#include <limits>

namespace assay::mysql {
namespace {

constexpr unsigned kBinary = 63;  // the number of the character set of what is no text
constexpr std::int64_t kSecond = 1'000'000;

bool is_attribute(const MYSQL_FIELD& field, mariadb_field_attr_t which, std::string_view wanted) noexcept {
  MARIADB_CONST_STRING value{};
  return mariadb_field_attr(&value, &field, which) == 0 && value.str != nullptr &&
         std::string_view(value.str, value.length) == wanted;
}

CellKind kind_of_text(const MYSQL_FIELD& field) noexcept {
  if (is_attribute(field, MARIADB_FIELD_ATTR_DATA_TYPE_NAME, "uuid")) return CellKind::uuid;
  if (is_attribute(field, MARIADB_FIELD_ATTR_FORMAT_NAME, "json")) return CellKind::json;
  return field.charsetnr == kBinary ? CellKind::bytes : CellKind::text;
}

template <class T>
std::optional<T> number(std::string_view text) noexcept {
  T v{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(v) : std::nullopt;
}

std::optional<Value> unsigned_value(std::uint64_t v) noexcept {
  if (v <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return Value(static_cast<std::int64_t>(v));
  return Value(static_cast<double>(v));
}

/// "-12.50"; more than 18 digits become a double.
std::optional<Value> decimal_value(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  Decimal out;
  bool fraction = false;
  int count = 0;
  for (const char c : digits) {
    if (c == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    if (count > 0 || c != '0') count++;  // zeros in front do not count
    if (count > 18) {
      const auto v = number<double>(text);
      return v ? std::optional(Value(*v)) : std::nullopt;
    }
    out.unscaled = 10 * out.unscaled + (c - '0');
    out.scale = static_cast<std::uint8_t>(out.scale + (fraction ? 1 : 0));
  }
  if (negative) out.unscaled = -out.unscaled;
  return Value(out);
}

std::optional<Value> uuid_value(std::string_view text) noexcept {
  Uuid out;
  std::size_t nibbles = 0;
  for (const char c : text) {
    if (c == '-') continue;
    const int v = c >= '0' && c <= '9'   ? c - '0'
                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                         : -1;
    if (v < 0 || nibbles >= 32) return std::nullopt;
    std::uint8_t& octet = out.octets[nibbles++ / 2];
    octet = static_cast<std::uint8_t>(16 * octet + v);
  }
  return nibbles == 32 ? std::optional(Value(out)) : std::nullopt;
}

struct Fields {
  unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
};

std::optional<std::int32_t> days_of(const Fields& f) noexcept {
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(f.year)), std::chrono::month(f.month),
                                         std::chrono::day(f.day)};
  if (!date.ok()) return std::nullopt;
  return static_cast<std::int32_t>(std::chrono::sys_days(date).time_since_epoch().count());
}

std::int64_t micros_of(const Fields& f) noexcept {
  return ((static_cast<std::int64_t>(f.hour) * 60 + f.minute) * 60 + f.second) * kSecond + f.micros;
}

std::optional<Value> time_value(CellKind kind, const Fields& f) noexcept {
  if (kind == CellKind::time) return f.hour < 24 ? std::optional(Value(TimeOfDay{micros_of(f)})) : std::nullopt;
  const auto days = days_of(f);
  if (!days) return std::nullopt;
  if (kind == CellKind::date) return Value(Date{*days});
  return Value(Timestamp{*days * 86'400 * kSecond + micros_of(f)});
}

/// "2026-11-20", "23:07:33.000001", or both.
std::optional<Value> time_from_text(CellKind kind, std::string_view text) noexcept {
  Fields f;
  const auto take = [&text](std::size_t digits, unsigned& into) {
    const auto v = number<unsigned>(text.substr(0, digits));
    if (!v || text.size() < digits) return false;
    into = *v;
    text.remove_prefix(digits);
    if (!text.empty()) text.remove_prefix(1);  // what separates it from the next
    return true;
  };
  if (kind != CellKind::time && !(take(4, f.year) && take(2, f.month) && take(2, f.day))) return std::nullopt;
  if (kind != CellKind::date) {
    if (!(take(2, f.hour) && take(2, f.minute) && take(2, f.second))) return std::nullopt;
    if (!text.empty()) {
      const auto fraction = number<unsigned>(text);
      if (!fraction || text.size() > 6) return std::nullopt;
      f.micros = *fraction;
      for (std::size_t i = text.size(); i < 6; i++) f.micros *= 10;
    }
  }
  return time_value(kind, f);
}

/// Integers of the protocol: the least significant byte first.
template <class T>
std::optional<T> take(std::string_view& data) noexcept {
  if (data.size() < sizeof(T)) return std::nullopt;
  T v{};
  std::memcpy(&v, data.data(), sizeof v);
  static_assert(std::endian::native == std::endian::little);
  data.remove_prefix(sizeof v);
  return v;
}

template <class Signed, class Unsigned>
std::optional<Value> whole(CellKind kind, std::string_view& row) noexcept {
  if (kind == CellKind::unsigned_integer) {
    const auto v = take<Unsigned>(row);
    return v ? unsigned_value(*v) : std::nullopt;
  }
  const auto v = take<Signed>(row);
  if (!v) return std::nullopt;
  return kind == CellKind::boolean ? Value(*v != 0) : Value(static_cast<std::int64_t>(*v));
}

/// A length-encoded string.
std::optional<std::string_view> take_string(std::string_view& row) noexcept {
  const auto first = take<std::uint8_t>(row);
  if (!first) return std::nullopt;
  std::uint64_t size = *first;
  if (size >= 251) {
    const std::size_t bytes = size == 252 ? 2 : size == 253 ? 3 : size == 254 ? 8 : 0;
    if (bytes == 0 || row.size() < bytes) return std::nullopt;
    size = 0;
    std::memcpy(&size, row.data(), bytes);
    row.remove_prefix(bytes);
  }
  if (row.size() < size) return std::nullopt;
  const std::string_view out = row.substr(0, size);
  row.remove_prefix(size);
  return out;
}

std::optional<Value> binary_time(CellKind kind, std::string_view& row) noexcept {
  auto data = take_string(row);  // the length is one byte
  if (!data) return std::nullopt;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned>(static_cast<unsigned char>((*data)[at])); };
  const auto four = [&](std::size_t at) {
    return byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24;
  };
  const std::size_t size = data->size();
  Fields f;
  if (kind == CellKind::time) {  // sign, days, hour, minute, second, microseconds
    if (size != 0 && size != 8 && size != 12) return std::nullopt;
    if (size >= 8) {
      if (byte(0) != 0 || four(1) != 0) return std::nullopt;  // negative, or days
      f = {.hour = byte(5), .minute = byte(6), .second = byte(7), .micros = size == 12 ? four(8) : 0};
    }
    return time_value(kind, f);
  }
  if (size != 4 && size != 7 && size != 11) return std::nullopt;
  f = {.year = byte(0) | byte(1) << 8, .month = byte(2), .day = byte(3)};
  if (size >= 7) f.hour = byte(4), f.minute = byte(5), f.second = byte(6);
  if (size == 11) f.micros = four(7);
  return time_value(kind, f);
}

std::optional<Value> bits_value(std::string_view data) noexcept {  // the most significant byte first
  std::uint64_t v = 0;
  if (data.size() > 8) return std::nullopt;
  for (const char c : data) v = v << 8 | static_cast<unsigned char>(c);
  return unsigned_value(v);
}

}  // namespace

CellKind cell_kind(const MYSQL_FIELD& field) noexcept {
  const bool has_sign = (field.flags & UNSIGNED_FLAG) == 0;
  switch (field.type) {
    case MYSQL_TYPE_TINY:
      if (field.length == 1) return CellKind::boolean;
      [[fallthrough]];
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
      return has_sign ? CellKind::integer : CellKind::unsigned_integer;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
      return CellKind::real;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
      return CellKind::decimal;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
      return CellKind::date;
    case MYSQL_TYPE_TIME:
      return CellKind::time;
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
      return CellKind::timestamp;
    case MYSQL_TYPE_BIT:
      return CellKind::bits;
    case MYSQL_TYPE_JSON:
      return CellKind::json;
    default:
      return kind_of_text(field);
  }
}

std::optional<Value> decode_text(CellKind kind, std::string_view data) noexcept {
  const auto value = [](const auto& v) { return v ? std::optional(Value(*v)) : std::nullopt; };
  switch (kind) {
    case CellKind::boolean:
      return Value(data != "0");
    case CellKind::integer:
      return value(number<std::int64_t>(data));
    case CellKind::unsigned_integer: {
      const auto v = number<std::uint64_t>(data);
      return v ? unsigned_value(*v) : std::nullopt;
    }
    case CellKind::real:
      return value(number<double>(data));
    case CellKind::decimal:
      return decimal_value(data);
    case CellKind::text:
      return Value(data);
    case CellKind::bytes:
      return Value(Bytes{data});
    case CellKind::json:
      return Value(Json{data});
    case CellKind::uuid:
      return uuid_value(data);
    case CellKind::date:
    case CellKind::time:
    case CellKind::timestamp:
      return time_from_text(kind, data);
    case CellKind::bits:
      return bits_value(data);
  }
  return std::nullopt;
}

std::optional<Value> decode_binary(CellKind kind, const MYSQL_FIELD& field, std::string_view& row) noexcept {
  switch (field.type) {
    case MYSQL_TYPE_TINY:
      return whole<std::int8_t, std::uint8_t>(kind, row);
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_YEAR:
      return whole<std::int16_t, std::uint16_t>(kind, row);
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_INT24:
      return whole<std::int32_t, std::uint32_t>(kind, row);
    case MYSQL_TYPE_LONGLONG:
      return whole<std::int64_t, std::uint64_t>(kind, row);
    case MYSQL_TYPE_FLOAT: {
      const auto v = take<float>(row);
      return v ? std::optional(Value(static_cast<double>(*v))) : std::nullopt;
    }
    case MYSQL_TYPE_DOUBLE: {
      const auto v = take<double>(row);
      return v ? std::optional(Value(*v)) : std::nullopt;
    }
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
    case MYSQL_TYPE_TIME:
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
      return binary_time(kind, row);
    default: {
      const auto data = take_string(row);
      return data ? decode_text(kind, *data) : std::nullopt;
    }
  }
}

}  // namespace assay::mysql
