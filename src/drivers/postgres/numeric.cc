#include "drivers/postgres/numeric.h"

#include "drivers/postgres/wire.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace assay::postgres {
namespace {

__extension__ using Wide = unsigned __int128;
constexpr std::uint16_t kNegative = 0x4000, kNan = 0xC000, kPlusInfinity = 0xD000, kMinusInfinity = 0xF000;
constexpr std::size_t kNumericHeader = 8;
constexpr Wide kWideMax = ~Wide{0};

/// digits × 10^exponent, rounded correctly by from_chars.
double as_double(std::string_view data, int count, int exponent, bool negative) {
  std::string text = negative ? "-" : "";
  for (int i = 0; i < count; i++) {
    const int digit = get<std::int16_t>(data, kNumericHeader + 2 * static_cast<std::size_t>(i));
    for (const int place : {1000, 100, 10, 1}) text += static_cast<char>('0' + digit / place % 10);
  }
  if (count == 0) text += '0';
  text += 'e' + std::to_string(exponent);
  double value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc::result_out_of_range)
    value = exponent > 0 ? (negative ? -HUGE_VAL : HUGE_VAL) : 0.0;
  return value;
}

/// unscaled × 10^by, when it fits and is exact.
bool shift(Wide& unscaled, int by) {
  for (; by > 0; by--) {
    if (unscaled > kWideMax / 10) return false;
    unscaled *= 10;
  }
  for (; by < 0; by++) {
    if (unscaled % 10 != 0) return false;
    unscaled /= 10;
  }
  return true;
}

}  // namespace

void encode_numeric(Decimal d, std::string& out) {
  const bool negative = d.unscaled < 0;
  Wide rest = negative ? -static_cast<Wide>(d.unscaled) : static_cast<Wide>(d.unscaled);
  const int padding = (4 - d.scale % 4) % 4;  // so that groups of four digits meet at the decimal point
  shift(rest, padding);
  const int fraction_groups = (d.scale + padding) / 4;
  std::int16_t groups[12];  // 128 bits are at most 39 digits
  int count = 0, zeros = 0;
  for (; rest != 0; rest /= 10000) groups[count++] = static_cast<std::int16_t>(rest % 10000);
  while (zeros < count && groups[zeros] == 0) zeros++;
  put<std::int16_t>(out, static_cast<std::int16_t>(count - zeros));
  put<std::int16_t>(out, static_cast<std::int16_t>(count == 0 ? 0 : count - 1 - fraction_groups));
  put<std::uint16_t>(out, negative ? kNegative : 0);
  put<std::int16_t>(out, d.scale);
  for (int i = count; i-- > zeros;) put(out, groups[i]);
}

std::optional<Value> decode_numeric(std::string_view data) {
  if (data.size() < kNumericHeader) return std::nullopt;
  const int count = get<std::int16_t>(data, 0), weight = get<std::int16_t>(data, 2);
  const auto sign = get<std::uint16_t>(data, 4);
  int scale = get<std::int16_t>(data, 6);
  if (sign == kNan) return Value(std::numeric_limits<double>::quiet_NaN());
  if (sign == kPlusInfinity) return Value(HUGE_VAL);
  if (sign == kMinusInfinity) return Value(-HUGE_VAL);
  if (count < 0 || data.size() != kNumericHeader + 2 * static_cast<std::size_t>(count)) return std::nullopt;
  const bool negative = sign == kNegative;
  const int exponent = 4 * (weight - count + 1);
  Wide unscaled = 0;
  bool exact = scale <= 255;
  for (int i = 0; i < count && exact; i++) {
    exact = unscaled <= (kWideMax - 9999) / 10000;
    unscaled = unscaled * 10000 + get<std::uint16_t>(data, kNumericHeader + 2 * static_cast<std::size_t>(i));
  }
  if (count == 0) return scale <= 255 ? Value(Decimal{0, static_cast<std::uint8_t>(scale)}) : Value(Decimal{});
  exact = exact && shift(unscaled, exponent + scale);
  constexpr Wide kLimit = Wide{1} << 63;  // 2^63 itself only when negative
  while (exact && scale > 0 && unscaled > kLimit - (negative ? 0 : 1) && unscaled % 10 == 0) {
    unscaled /= 10;
    scale--;
  }
  if (!exact || unscaled > kLimit - (negative ? 0 : 1)) return Value(as_double(data, count, exponent, negative));
  const auto magnitude = static_cast<std::uint64_t>(unscaled);
  return Value(Decimal{static_cast<std::int64_t>(negative ? -magnitude : magnitude), static_cast<std::uint8_t>(scale)});
}

}  // namespace assay::postgres
