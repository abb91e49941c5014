#include "core/value.h"

#include "base/error.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace assay {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

struct Textual {
  std::string operator()(std::monostate) const { return "NULL"; }
  std::string operator()(bool v) const { return v ? "true" : "false"; }
  std::string operator()(std::int64_t v) const { return std::to_string(v); }
  std::string operator()(double v) const { return fmt::format("{}", v); }
  std::string operator()(Decimal v) const { return format_decimal(v); }
  std::string operator()(std::string_view v) const { return fmt::format("'{}'", v); }
  std::string operator()(Bytes v) const { return "0x" + hex(v.data); }
  std::string operator()(Json v) const { return std::string(v.text); }
  std::string operator()(Uuid v) const {
    const std::string h = hex({reinterpret_cast<const char*>(v.octets.data()), 16});
    return h.substr(0, 8) + "-" + h.substr(8, 4) + "-" + h.substr(12, 4) + "-" + h.substr(16, 4) + "-" + h.substr(20);
  }
  std::string operator()(Date v) const { return format_date(v); }
  std::string operator()(TimeOfDay v) const {
    const std::int64_t s = v.microseconds / 1'000'000;
    return fmt::format("{:02}:{:02}:{:02}.{:06}", s / 3600, s / 60 % 60, s % 60, v.microseconds % 1'000'000);
  }
  std::string operator()(Timestamp v) const { return format_timestamp(v); }
  std::string operator()(Array v) const {
    std::string out = "[";
    for (std::size_t i = 0; i < v.size; i++) out += (i ? ", " : "") + to_text(v.data[i]);
    return out + "]";
  }
};

}  // namespace

std::string to_text(const Value& v) { return std::visit(Textual{}, v); }

Decimal parse_decimal(std::string_view text) {
  const std::string original(text);
  const auto bad = [&] { return Error(fmt::format("'{}' is not a decimal number of at most 18 digits", original)); };
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  Decimal d;
  bool point = false;
  int digits = 0;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9' || ++digits > 18) throw bad();
    d.unscaled = d.unscaled * 10 + (c - '0');
    d.scale = static_cast<std::uint8_t>(d.scale + (point ? 1 : 0));
  }
  if (digits == 0) throw bad();
  if (negative) d.unscaled = -d.unscaled;
  return d;
}

std::string format_decimal(Decimal d) {
  std::string digits = std::to_string(d.unscaled < 0 ? -d.unscaled : d.unscaled);
  if (digits.size() <= d.scale) digits.insert(0, d.scale + 1 - digits.size(), '0');
  if (d.scale > 0) digits.insert(digits.size() - d.scale, ".");
  return d.unscaled < 0 ? "-" + digits : digits;
}

Decimal rescaled(Decimal d, std::uint8_t scale) {
  for (; d.scale < scale; d.scale++) ASSAY_ASSERT(!__builtin_mul_overflow(d.unscaled, 10, &d.unscaled));
  for (; d.scale > scale; d.scale--) {
    ASSAY_ASSERT(d.unscaled % 10 == 0);
    d.unscaled /= 10;
  }
  return d;
}

std::string format_date(Date date) {
  const std::chrono::year_month_day ymd{std::chrono::sys_days{std::chrono::days{date.days}}};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                     static_cast<unsigned>(ymd.day()));
}

std::string format_timestamp(Timestamp t) {
  constexpr std::int64_t kDay = 86'400'000'000;
  std::int64_t days = t.microseconds / kDay, rest = t.microseconds % kDay;
  if (rest < 0) {
    rest += kDay;
    days--;
  }
  return format_date(Date{static_cast<std::int32_t>(days)}) + " " + Textual{}(TimeOfDay{rest});
}

Timestamp parse_timestamp(std::string_view text) {
  const auto bad = [&] {
    return Error(fmt::format("'{}' is not a timestamp; expected YYYY-MM-DD HH:MM:SS[.ffffff]", text));
  };
  const auto number = [&](std::size_t at, std::size_t size) {
    int v = 0;
    if (at + size > text.size()) throw bad();
    const auto [end, ec] = std::from_chars(text.data() + at, text.data() + at + size, v);
    if (ec != std::errc{} || end != text.data() + at + size) throw bad();
    return v;
  };
  if (text.size() < 19 || text[4] != '-' || text[7] != '-' || (text[10] != ' ' && text[10] != 'T') || text[13] != ':' ||
      text[16] != ':')
    throw bad();
  const std::chrono::year_month_day ymd{std::chrono::year{number(0, 4)},
                                        std::chrono::month{static_cast<unsigned>(number(5, 2))},
                                        std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  if (!ymd.ok()) throw bad();
  std::int64_t micros = 0;
  if (text.size() > 19) {
    if (text[19] != '.' || text.size() > 26) throw bad();
    micros = number(20, text.size() - 20);
    for (std::size_t digits = text.size() - 20; digits < 6; digits++) micros *= 10;
  }
  const std::int64_t days = std::chrono::sys_days{ymd}.time_since_epoch().count();
  const std::int64_t seconds = ((days * 24 + number(11, 2)) * 60 + number(14, 2)) * 60 + number(17, 2);
  return Timestamp{seconds * 1'000'000 + micros};
}

}  // namespace assay
