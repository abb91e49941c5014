// Documents as rows.
#include "base/error.h"
#include "drivers/mongodb/codec.h"

#include <bson/bson.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>

namespace assay::mongodb {
namespace {

constexpr std::int64_t kDay = 86'400'000;  // milliseconds

std::string_view text_of(const bson_iter_t& at) {
  std::uint32_t size = 0;
  const char* data = bson_iter_utf8(&at, &size);
  return {data, size};
}

Decimal128 decimal_of(const bson_iter_t& at) {
  bson_decimal128_t raw{};
  bson_iter_decimal128(&at, &raw);
  return {raw.high, raw.low};
}

std::string decimal_text(Decimal128 d) {
  const bson_decimal128_t raw{.low = d.low, .high = d.high};
  char text[BSON_DECIMAL128_STRING];
  bson_decimal128_to_string(&raw, text);
  return text;
}

/// A double so that it is read as one: with a point or an exponent.
void append_real(double value, std::string& out) {
  if (!std::isfinite(value)) return append_json_string(fmt::format("{}", value), out);
  const std::string text = fmt::format("{}", value);
  out += text;
  if (text.find_first_of(".e") == std::string::npos) out += ".0";
}

void append_members(bson_iter_t at, bool array, std::string& out);

/// An element as JSON; what JSON has not, as a string of it.
void append_element(const bson_iter_t& at, std::string& out) {
  const auto to = std::back_inserter(out);
  switch (bson_iter_type(&at)) {
    case BSON_TYPE_NULL:
      out += "null";
      return;
    case BSON_TYPE_BOOL:
      out += bson_iter_bool(&at) ? "true" : "false";
      return;
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
      fmt::format_to(to, "{}", bson_iter_as_int64(&at));
      return;
    case BSON_TYPE_DOUBLE:
      return append_real(bson_iter_double(&at), out);
    case BSON_TYPE_DECIMAL128: {
      const Decimal128 decimal = decimal_of(at);
      // Not a number and infinite are no numbers of JSON.
      if ((decimal.high >> 59 & 0xf) == 0xf) return append_json_string(decimal_text(decimal), out);
      out += decimal_text(decimal);
      return;
    }
    case BSON_TYPE_UTF8:
      return append_json_string(text_of(at), out);
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY: {
      bson_iter_t inner;
      const bool array = bson_iter_type(&at) == BSON_TYPE_ARRAY;
      if (bson_iter_recurse(&at, &inner)) append_members(inner, array, out);
      return;
    }
    default: {
      bson_t one = BSON_INITIALIZER;
      bson_append_iter(&one, "", 0, &at);
      char* text = bson_as_canonical_extended_json(&one, nullptr);
      append_json_string(text == nullptr ? "" : text, out);
      bson_free(text);
      bson_destroy(&one);
      return;
    }
  }
}

void append_members(bson_iter_t at, bool array, std::string& out) {
  out += array ? '[' : '{';
  for (bool first = true; bson_iter_next(&at); first = false) {
    if (!first) out += ", ";
    if (!array) {
      append_json_string(bson_iter_key(&at), out);
      out += ": ";
    }
    append_element(at, out);
  }
  out += array ? ']' : '}';
}

Value json_of(const bson_iter_t& at, RowBatch& keep) {
  std::string text;
  append_element(at, text);
  return Json{keep.keep(text)};
}

/// "HH:MM:SS.ffffff", as encode.cc writes it.
bool parse_time(std::string_view text, TimeOfDay& out) {
  if (text.size() != 15 || text[2] != ':' || text[5] != ':' || text[8] != '.') return false;
  std::int64_t part[4] = {};
  constexpr std::size_t kAt[] = {0, 3, 6, 9}, kSize[] = {2, 2, 2, 6};
  for (int i = 0; i < 4; i++) {
    const char* const end = text.data() + kAt[i] + kSize[i];
    if (const auto [stop, error] = std::from_chars(text.data() + kAt[i], end, part[i]);
        error != std::errc{} || stop != end)
      return false;
  }
  out = {((part[0] * 60 + part[1]) * 60 + part[2]) * 1'000'000 + part[3]};
  return true;
}

bool parse_stored_decimal(std::string_view text, Decimal& out) {
  try {
    out = parse_decimal(text);
  } catch (const Error&) {
    return false;
  }
  return true;
}

/// With the scale of the column, where no digit is lost by it.
Decimal with_scale(Decimal d, int scale) noexcept {
  Decimal at = d;
  for (; at.scale < scale; at.scale++)
    if (__builtin_mul_overflow(at.unscaled, 10, &at.unscaled)) return d;
  for (; at.scale > scale; at.scale--) {
    if (at.unscaled % 10 != 0) return d;
    at.unscaled /= 10;
  }
  return at;
}

Value decimal_value(const bson_iter_t& at, const Column* column, RowBatch& keep) {
  Decimal out;
  const Decimal128 raw = decimal_of(at);
  if (!from_decimal128(raw, out)) return keep.keep(decimal_text(raw));
  return column == nullptr ? out : with_scale(out, column->scale);
}

Value text_value(std::string_view text, const Column* column, RowBatch& keep) {
  TimeOfDay time;
  if (column != nullptr && column->type == ColumnType::time && parse_time(text, time)) return time;
  Decimal decimal;
  if (column != nullptr && column->type == ColumnType::decimal && parse_stored_decimal(text, decimal))
    return with_scale(decimal, column->scale);
  return keep.keep(text);
}

Value instant_value(std::int64_t milliseconds, const Column* column) {
  if (column != nullptr && column->type == ColumnType::date && milliseconds % kDay == 0)
    return Date{static_cast<std::int32_t>(milliseconds / kDay)};
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1000;
  return Timestamp{std::clamp(milliseconds, -kMost, kMost) * 1000};
}

Value binary_value(const bson_iter_t& at, RowBatch& keep) {
  bson_subtype_t subtype = BSON_SUBTYPE_BINARY;
  std::uint32_t size = 0;
  const std::uint8_t* data = nullptr;
  bson_iter_binary(&at, &subtype, &size, &data);
  if (subtype == BSON_SUBTYPE_UUID && size == 16) {
    Uuid uuid;
    std::memcpy(uuid.octets.data(), data, size);
    return uuid;
  }
  return Bytes{keep.keep({reinterpret_cast<const char*>(data), size})};
}

Value value_of(const bson_iter_t& at, const Column* column, RowBatch& keep);

Value array_value(const bson_iter_t& at, RowBatch& keep) {
  bson_iter_t element;
  std::size_t count = 0;
  if (bson_iter_recurse(&at, &element))
    while (bson_iter_next(&element)) count++;
  Value* const out = keep.elements(count);
  if (bson_iter_recurse(&at, &element))
    for (std::size_t i = 0; bson_iter_next(&element); i++) out[i] = value_of(element, nullptr, keep);
  return Array{out, count};
}

Value value_of(const bson_iter_t& at, const Column* column, RowBatch& keep) {
  if (column != nullptr && column->type == ColumnType::json) return json_of(at, keep);
  switch (bson_iter_type(&at)) {
    case BSON_TYPE_NULL:
      return kNull;
    case BSON_TYPE_BOOL:
      return bson_iter_bool(&at);
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
      return bson_iter_as_int64(&at);
    case BSON_TYPE_DOUBLE:
      return bson_iter_double(&at);
    case BSON_TYPE_DECIMAL128:
      return decimal_value(at, column, keep);
    case BSON_TYPE_UTF8:
      return text_value(text_of(at), column, keep);
    case BSON_TYPE_DATE_TIME:
      return instant_value(bson_iter_date_time(&at), column);
    case BSON_TYPE_BINARY:
      return binary_value(at, keep);
    case BSON_TYPE_ARRAY:
      return array_value(at, keep);
    default:
      return json_of(at, keep);
  }
}

}  // namespace

bool from_decimal128(Decimal128 d, Decimal& out) noexcept {
  if ((d.high >> 61 & 3) == 3) return false;  // infinite, not a number, or a coefficient beyond 34 digits
  constexpr std::uint64_t kCoefficient = (std::uint64_t{1} << 49) - 1;
  if ((d.high & kCoefficient) != 0 || d.low > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return false;
  auto unscaled = static_cast<std::int64_t>(d.low);
  int exponent = static_cast<int>(d.high >> 49 & 0x3fff) - kDecimalBias;
  for (; exponent > 0; exponent--)
    if (unscaled == 0 || __builtin_mul_overflow(unscaled, 10, &unscaled)) {
      if (unscaled != 0) return false;
      exponent = 0;
      break;
    }
  for (; exponent < -18; exponent++) {
    if (unscaled % 10 != 0) return false;
    unscaled /= 10;
  }
  out = {d.high >> 63 != 0 ? -unscaled : unscaled, static_cast<std::uint8_t>(-exponent)};
  return true;
}

void RowCodec::read(std::string_view document, RowBatch& batch) const {
  Value* const cells = batch.add_rows(1);
  bson_t raw;
  bson_iter_t at;
  if (!bson_init_static(&raw, reinterpret_cast<const std::uint8_t*>(document.data()), document.size()) ||
      !bson_iter_init(&at, &raw))
    return;
  // Fields come in the order of the columns, but for those that somebody else wrote.
  const std::size_t columns = table_.columns.size();
  std::size_t expected = 0;
  while (bson_iter_next(&at)) {
    const std::string_view name(bson_iter_key(&at), bson_iter_key_len(&at));
    std::size_t c = 0, tried = 0;
    if (name == "_id") {
      if (key_.size() != 1) continue;
      c = key_[0];
    } else {
      for (c = expected; tried < columns && table_.columns[c].name != name; tried++) c = (c + 1) % columns;
      if (tried == columns) continue;
      expected = (c + 1) % columns;
    }
    cells[c] = value_of(at, &table_.columns[c], batch);
  }
}

}  // namespace assay::mongodb
