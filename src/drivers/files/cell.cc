#include "drivers/files/cell.h"

#include "base/base64.h"
#include "base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <iterator>
#include <limits>

namespace assay::files {
namespace {

constexpr std::int64_t kSecond = 1'000'000, kDay = 86'400 * kSecond;  // microseconds
constexpr std::string_view kInfinity = "Infinity", kMinusInfinity = "-Infinity", kNan = "NaN";

tl::unexpected<Failure> refused(const Column& column, const Value& value, std::string_view expected) {
  constexpr std::size_t kMostShown = 80;
  std::string shown = to_text(value);
  if (shown.size() > kMostShown) shown.resize(kMostShown);
  return fail(FailureKind::rejected, fmt::format("the column {} is {}; found {}, expected {}", column.name,
                                                 type_name(column.type), shown, expected));
}

template <class T>
void append_number(T value, std::string& out) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  ASSAY_ASSERT(error == std::errc{});
  out.append(buffer, end);
}

/// With so many digits, zeros in front.
void append_digits(std::int64_t value, int digits, std::string& out) {
  const std::size_t end = out.size() + static_cast<std::size_t>(digits);
  out.resize(end);
  for (std::size_t i = 1; i <= static_cast<std::size_t>(digits); i++, value /= 10)
    out[end - i] = static_cast<char>('0' + value % 10);
}

/// False: the year has not four digits.
bool append_date(std::int64_t days, std::string& out) {
  constexpr std::int64_t kFirst = -719'162, kLast = 2'932'896;  // 0001-01-01, 9999-12-31
  if (days < kFirst || days > kLast) return false;
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  append_digits(static_cast<int>(date.year()), 4, out);
  out += '-';
  append_digits(static_cast<unsigned>(date.month()), 2, out);
  out += '-';
  append_digits(static_cast<unsigned>(date.day()), 2, out);
  return true;
}

void append_time(std::int64_t microseconds, std::string& out) {
  const std::int64_t seconds = microseconds / kSecond, fraction = microseconds % kSecond;
  append_digits(seconds / 3600, 2, out);
  out += ':';
  append_digits(seconds / 60 % 60, 2, out);
  out += ':';
  append_digits(seconds % 60, 2, out);
  if (fraction == 0) return;
  out += '.';
  if (fraction % 1'000 == 0)
    append_digits(fraction / 1'000, 3, out);
  else
    append_digits(fraction, 6, out);
}

void append_uuid(const Uuid& uuid, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  for (std::size_t i = 0; i < uuid.octets.size(); i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += kHex[uuid.octets[i] >> 4];
    out += kHex[uuid.octets[i] & 15];
  }
}

/// The same number with another scale; nullopt when a digit would be lost.
std::optional<Decimal> with_scale(Decimal decimal, int scale) {
  for (; decimal.scale < scale; decimal.scale++)
    if (__builtin_mul_overflow(decimal.unscaled, 10, &decimal.unscaled)) return std::nullopt;
  for (; decimal.scale > scale; decimal.scale--) {
    if (decimal.unscaled % 10 != 0) return std::nullopt;
    decimal.unscaled /= 10;
  }
  return decimal;
}

Result<Cell> decimal_cell(const Column& column, const Value& value, std::string& out) {
  std::optional<Decimal> decimal;
  if (const auto* exact = std::get_if<Decimal>(&value)) decimal = *exact;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) decimal = Decimal{*whole, 0};
  if (decimal) decimal = with_scale(*decimal, column.scale);
  if (!decimal) return refused(column, value, fmt::format("a decimal with at most {} decimals", column.scale));
  // The magnitude as unsigned: the smallest integer has no positive one.
  const bool negative = decimal->unscaled < 0;
  const auto bits = static_cast<std::uint64_t>(decimal->unscaled);
  std::string digits = std::to_string(negative ? ~bits + 1 : bits);
  const std::size_t scale = decimal->scale;
  if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
  if (scale > 0) digits.insert(digits.size() - scale, ".");
  out.append(negative ? "-" : "").append(digits);
  return Cell{Cell::Kind::text, out};
}

Result<Cell> real_cell(const Column& column, const Value& value, std::string& out) {
  double number = 0;
  if (const auto* real = std::get_if<double>(&value))
    number = *real;
  else if (const auto* whole = std::get_if<std::int64_t>(&value))
    number = static_cast<double>(*whole);
  else
    return refused(column, value, "a number");
  if (std::isnan(number)) return Cell{Cell::Kind::text, kNan};
  if (std::isinf(number)) return Cell{Cell::Kind::text, number > 0 ? kInfinity : kMinusInfinity};
  append_number(number, out);
  return Cell{Cell::Kind::bare, out};
}

/// A line break in JSON stands between its parts only: in a string it would be an escape.
std::string_view on_one_line(std::string_view json, std::string& out) {
  constexpr auto kIsControl = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  if (std::none_of(json.begin(), json.end(), kIsControl)) return json;
  out.assign(json);
  std::replace_if(out.begin(), out.end(), kIsControl, ' ');
  return out;
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

template <class T>
std::optional<T> number_of(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> real_of(std::string_view text) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  if (text == kInfinity) return kInf;
  if (text == kMinusInfinity) return -kInf;
  if (text == kNan) return std::numeric_limits<double>::quiet_NaN();
  // from_chars knows words of its own ("inf", "nan"), which are none here.
  if (text.empty() || (!is_digit(text[0]) && text[0] != '-') || text.find_first_of("iInN") != text.npos)
    return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return std::nullopt;
  return error == std::errc{} ? std::optional(value) : std::nullopt;
}

/// Digits only, exactly so many.
std::optional<int> digits_of(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (!is_digit(c)) return std::nullopt;
    value = 10 * value + (c - '0');
  }
  return value;
}

std::optional<std::int64_t> days_of(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits_of(text, 0, 4), month = digits_of(text, 5, 2), day = digits_of(text, 8, 2);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date}.time_since_epoch().count();
}

std::optional<std::int64_t> microseconds_of(std::string_view text) {
  if (text.size() < 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hour = digits_of(text, 0, 2), minute = digits_of(text, 3, 2), second = digits_of(text, 6, 2);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  std::int64_t fraction = 0;
  if (text.size() > 8) {
    const std::size_t digits = text.size() - 9;
    if (text[8] != '.' || digits < 1 || digits > 6) return std::nullopt;
    const auto given = digits_of(text, 9, digits);
    if (!given) return std::nullopt;
    fraction = *given;
    for (std::size_t i = digits; i < 6; i++) fraction *= 10;
  }
  return ((*hour * 60 + *minute) * 60 + *second) * kSecond + fraction;
}

std::optional<Timestamp> timestamp_of(std::string_view text) {
  if (text.size() < 20 || text[10] != 'T' || text.back() != 'Z') return std::nullopt;
  const auto days = days_of(text.substr(0, 10));
  const auto time = microseconds_of(text.substr(11, text.size() - 12));
  if (!days || !time) return std::nullopt;
  return Timestamp{*days * kDay + *time};
}

std::optional<Uuid> uuid_of(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid uuid;
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); i++) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    const int value = is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (value < 0) return std::nullopt;
    uuid.octets[nibble / 2] = static_cast<std::uint8_t>(uuid.octets[nibble / 2] << 4 | value);
    nibble++;
  }
  return uuid;
}

std::optional<Value> decimal_of(const Column& column, std::string_view text) {
  const std::size_t point = text.find('.');
  const std::size_t decimals = point == text.npos ? 0 : text.size() - point - 1;
  if (text.empty() || text[0] == '+' || decimals != static_cast<std::size_t>(column.scale)) return std::nullopt;
  std::string digits(text);
  if (point != text.npos) digits.erase(point, 1);
  const auto unscaled = number_of<std::int64_t>(digits);
  if (!unscaled || !is_digit(text.back()) || point == 0 || (point == 1 && text[0] == '-')) return std::nullopt;
  return Decimal{*unscaled, static_cast<std::uint8_t>(column.scale)};
}

std::optional<Value> bytes_of(std::string_view text, RowBatch& batch) {
  try {
    return Bytes{batch.keep(from_base64(text, ""))};
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

Result<Cell> cell_of(const Column& column, const Value& value, std::string& scratch) {
  scratch.clear();
  if (is_null(value)) {
    if (!column.nullable)
      return fail(FailureKind::rejected, fmt::format("the column {} may not be null, and is", column.name));
    return Cell{};
  }
  switch (column.type) {
    case ColumnType::boolean:
      if (const auto* truth = std::get_if<bool>(&value)) return Cell{Cell::Kind::bare, *truth ? "true" : "false"};
      return refused(column, value, "true or false");
    case ColumnType::integer:
    case ColumnType::bigint:
      if (const auto* whole = std::get_if<std::int64_t>(&value)) {
        append_number(*whole, scratch);
        return Cell{Cell::Kind::bare, scratch};
      }
      return refused(column, value, "a whole number");
    case ColumnType::real:
      return real_cell(column, value, scratch);
    case ColumnType::decimal:
      return decimal_cell(column, value, scratch);
    case ColumnType::character:
    case ColumnType::varchar:
    case ColumnType::text:
      if (const auto* text = std::get_if<std::string_view>(&value)) return Cell{Cell::Kind::text, *text};
      return refused(column, value, "a text");
    case ColumnType::bytes:
      if (const auto* bytes = std::get_if<Bytes>(&value)) {
        scratch = to_base64(bytes->data);
        return Cell{Cell::Kind::text, scratch};
      }
      return refused(column, value, "bytes");
    case ColumnType::uuid:
      if (const auto* uuid = std::get_if<Uuid>(&value)) {
        append_uuid(*uuid, scratch);
        return Cell{Cell::Kind::text, scratch};
      }
      return refused(column, value, "a UUID");
    case ColumnType::date:
      if (const auto* date = std::get_if<Date>(&value); date != nullptr && append_date(date->days, scratch))
        return Cell{Cell::Kind::text, scratch};
      return refused(column, value, "a date of the years 1 to 9999");
    case ColumnType::time:
      if (const auto* time = std::get_if<TimeOfDay>(&value);
          time != nullptr && time->microseconds >= 0 && time->microseconds < kDay) {
        append_time(time->microseconds, scratch);
        return Cell{Cell::Kind::text, scratch};
      }
      return refused(column, value, "a time of day");
    case ColumnType::timestamp:
      if (const auto* instant = std::get_if<Timestamp>(&value)) {
        const std::int64_t days = instant->microseconds / kDay - (instant->microseconds % kDay < 0 ? 1 : 0);
        if (append_date(days, scratch)) {
          scratch += 'T';
          append_time(instant->microseconds - days * kDay, scratch);
          scratch += 'Z';
          return Cell{Cell::Kind::text, scratch};
        }
      }
      return refused(column, value, "an instant of the years 1 to 9999");
    case ColumnType::json:
    case ColumnType::array:
      if (const auto* json = std::get_if<Json>(&value)) return Cell{Cell::Kind::json, on_one_line(json->text, scratch)};
      return refused(column, value, "JSON");
  }
  return refused(column, value, "a value of a type that is known");
}

std::optional<Value> value_of(const Column& column, std::string_view text, RowBatch& batch) {
  const auto value = [](const auto& found) { return found ? std::optional<Value>(*found) : std::nullopt; };
  switch (column.type) {
    case ColumnType::boolean:
      if (text == "true") return Value(true);
      if (text == "false") return Value(false);
      return std::nullopt;
    case ColumnType::integer:
    case ColumnType::bigint:
      return value(number_of<std::int64_t>(text));
    case ColumnType::real:
      return value(real_of(text));
    case ColumnType::decimal:
      return decimal_of(column, text);
    case ColumnType::character:
    case ColumnType::varchar:
    case ColumnType::text:
      return batch.keep(text);
    case ColumnType::bytes:
      return bytes_of(text, batch);
    case ColumnType::uuid:
      return value(uuid_of(text));
    case ColumnType::date:
      if (const auto days = days_of(text)) return Date{static_cast<std::int32_t>(*days)};
      return std::nullopt;
    case ColumnType::time:
      if (const auto microseconds = microseconds_of(text)) return TimeOfDay{*microseconds};
      return std::nullopt;
    case ColumnType::timestamp:
      return value(timestamp_of(text));
    case ColumnType::json:
    case ColumnType::array:
      break;
  }
  return std::nullopt;
}

bool is_text(ColumnType type) noexcept {
  return type == ColumnType::character || type == ColumnType::varchar || type == ColumnType::text;
}

bool is_json(ColumnType type) noexcept { return type == ColumnType::json || type == ColumnType::array; }

bool is_bare(ColumnType type) noexcept {
  return type == ColumnType::boolean || type == ColumnType::integer || type == ColumnType::bigint ||
         type == ColumnType::real;
}

std::string_view type_name(ColumnType type) noexcept {
  constexpr std::string_view kNames[] = {"boolean",   "integer", "bigint",    "real",  "decimal",
                                         "character", "varchar", "text",      "bytes", "uuid",
                                         "date",      "time",    "timestamp", "json",  "array"};
  return kNames[static_cast<std::size_t>(type)];
}

}  // namespace assay::files
