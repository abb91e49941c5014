// Typed values: parameters of statements, cells of results, cells of rows to be loaded.
//
// A Value does not own what it points to (text, bytes, json, arrays): the memory lives with whoever made it — the
// workload for parameters, the ResultSet for results — and is valid as long as that says.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace assay {

/// unscaled × 10^-scale, exactly: money.
struct Decimal {
  std::int64_t unscaled = 0;
  std::uint8_t scale = 0;
  friend bool operator==(const Decimal&, const Decimal&) = default;
};
struct Bytes {
  std::string_view data;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};
struct Json {
  std::string_view text;
  friend bool operator==(const Json&, const Json&) = default;
};
struct Uuid {
  std::array<std::uint8_t, 16> octets{};
  friend bool operator==(const Uuid&, const Uuid&) = default;
};
/// Days since 1970-01-01.
struct Date {
  std::int32_t days = 0;
  friend bool operator==(const Date&, const Date&) = default;
};
/// Microseconds since midnight.
struct TimeOfDay {
  std::int64_t microseconds = 0;
  friend bool operator==(const TimeOfDay&, const TimeOfDay&) = default;
};
/// Microseconds since 1970-01-01T00:00:00Z.
struct Timestamp {
  std::int64_t microseconds = 0;
  friend bool operator==(const Timestamp&, const Timestamp&) = default;
};
struct Array;
using Value = std::variant<std::monostate, bool, std::int64_t, double, Decimal, std::string_view, Bytes, Json, Uuid,
                           Date, TimeOfDay, Timestamp, Array>;
struct Array {
  const Value* data = nullptr;
  std::size_t size = 0;
  friend bool operator==(const Array& a, const Array& b) noexcept { return a.data == b.data && a.size == b.size; }
};

inline constexpr std::monostate kNull{};
inline bool is_null(const Value& v) noexcept { return std::holds_alternative<std::monostate>(v); }

/// As people read it in a message: 42, 1.50, 'text', NULL.
std::string to_text(const Value&);
/// "123.45" → {12345, 2}. Throws Error when the text is no decimal of at most 18 digits.
Decimal parse_decimal(std::string_view text);
std::string format_decimal(Decimal);
/// The same number with another scale; ASSAY_ASSERTs that no digit is lost.
Decimal rescaled(Decimal, std::uint8_t scale);
/// "2026-11-20 23:07:33.000000"
std::string format_timestamp(Timestamp);
std::string format_date(Date);
/// The inverse of the two; accepts a 'T' between date and time and up to six decimals. Throws Error.
Timestamp parse_timestamp(std::string_view text);

}  // namespace assay
