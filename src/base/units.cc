#include "base/units.h"

#include "base/error.h"

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <limits>

namespace assay {
namespace {

/// The number at the start of `rest`, which is moved behind it. Returns false when there is none, or one like nan or inf.
bool take_number(std::string_view& rest, double& value) {
  const auto [end, ec] = std::from_chars(rest.data(), rest.data() + rest.size(), value, std::chars_format::fixed);
  if (ec != std::errc{} || end == rest.data() || !std::isfinite(value)) return false;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return true;
}

std::string_view take_letters(std::string_view& rest) {
  std::size_t n = 0;
  while (n < rest.size() && ((rest[n] >= 'a' && rest[n] <= 'z') || (rest[n] >= 'A' && rest[n] <= 'Z'))) n++;
  const std::string_view letters = rest.substr(0, n);
  rest.remove_prefix(n);
  return letters;
}

struct Unit {
  std::string_view name;
  double factor;
};

template <std::size_t N>
bool find_unit(const std::array<Unit, N>& units, std::string_view name, double& factor) {
  for (const Unit& unit : units)
    if (unit.name == name) return factor = unit.factor, true;
  return false;
}

constexpr std::array<Unit, 7> kDurations{
    {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}}};
constexpr std::array<Unit, 7> kCounts{
    {{"", 1}, {"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}, {"m", 1e6}, {"g", 1e9}}};
constexpr std::array<Unit, 10> kBytes{{{"", 1},
                                       {"B", 1},
                                       {"KiB", 1024},
                                       {"MiB", 1048576},
                                       {"GiB", 1073741824},
                                       {"TiB", 1099511627776},
                                       {"kB", 1e3},
                                       {"KB", 1e3},
                                       {"MB", 1e6},
                                       {"GB", 1e9}}};

}  // namespace

Nanos parse_duration(std::string_view text) {
  const auto bad = [&] {
    return Error(
        fmt::format("'{}' is not a duration; expected a number with a unit, such as 250ms, 15s, 1m30s or 2h", text));
  };
  if (text == "0") return Nanos(0);
  std::string_view rest = text;
  double total = 0;
  if (rest.empty()) throw bad();
  while (!rest.empty()) {
    double value = 0, factor = 0;
    if (!take_number(rest, value) || value < 0) throw bad();
    if (!find_unit(kDurations, take_letters(rest), factor)) throw bad();
    total += value * factor;
  }
  if (total > 9.2e18) throw Error(fmt::format("'{}' is too long a duration; at most 292 years", text));
  return Nanos(std::llround(total));
}

double parse_rate(std::string_view text) {
  std::string_view rest = text;
  double value = 0, factor = 0, per = 1;
  bool good = take_number(rest, value) && find_unit(kCounts, take_letters(rest), factor);
  if (good && !rest.empty()) {
    constexpr std::array<Unit, 3> kPer{{{"/s", 1}, {"/m", 60}, {"/h", 3600}}};
    good = find_unit(kPer, rest, per);
  }
  const double rate = value * factor / per;
  if (!good || !(rate > 0) || !std::isfinite(rate))
    throw Error(fmt::format(
        "'{}' is not a rate; expected a number above 0 of operations per second, such as 1000, 10k or 30/m", text));
  return rate;
}

std::uint64_t parse_bytes(std::string_view text) {
  std::string_view rest = text;
  double value = 0, factor = 0;
  if (!take_number(rest, value) || !find_unit(kBytes, take_letters(rest), factor) || !rest.empty() || value < 0 ||
      value * factor > 9e18)
    throw Error(fmt::format("'{}' is not a size; expected bytes, such as 4096, 64KiB or 1MB", text));
  return static_cast<std::uint64_t>(std::llround(value * factor));
}

std::int64_t parse_count(std::string_view text) {
  std::string_view rest = text;
  double value = 0, factor = 0;
  if (!take_number(rest, value) || !find_unit(kCounts, take_letters(rest), factor) || !rest.empty() ||
      std::abs(value * factor) > 9e15 || value * factor != std::floor(value * factor))
    throw Error(fmt::format("'{}' is not a whole number; expected for example 1000, 10k or 2M", text));
  return std::llround(value * factor);
}

std::uint64_t parse_whole(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec == std::errc{} && !text.empty() && end == text.data() + text.size()) return value;
  try {
    if (const std::int64_t count = parse_count(text); count >= 0) return static_cast<std::uint64_t>(count);
  } catch (const Error&) {
  }
  throw Error(fmt::format("'{}' is not a whole number from 0 to {}", text, std::numeric_limits<std::uint64_t>::max()));
}

double parse_number(std::string_view text) {
  std::string_view rest = text;
  double value = 0;
  if (!take_number(rest, value) || !rest.empty()) throw Error(fmt::format("'{}' is not a number", text));
  return value;
}

bool parse_bool(std::string_view text) {
  for (std::string_view yes : {"true", "yes", "on", "1"})
    if (text == yes) return true;
  for (std::string_view no : {"false", "no", "off", "0"})
    if (text == no) return false;
  throw Error(fmt::format("'{}' is neither true nor false; expected true, false, yes, no, on or off", text));
}

std::string format_duration(Nanos t) {
  std::int64_t left = t.count();
  if (left == 0) return "0s";
  std::string out = left < 0 ? "-" : "";
  left = std::abs(left);
  if (left < 1'000'000'000) {
    if (left % 1'000'000 == 0) return out + fmt::format("{}ms", left / 1'000'000);
    if (left % 1'000 == 0) return out + fmt::format("{}us", left / 1'000);
    return out + fmt::format("{}ns", left);
  }
  for (const auto& [name, size] : {std::pair{"h", 3600'000'000'000}, {"m", 60'000'000'000}}) {
    if (left >= size) out += fmt::format("{}{}", left / size, name);
    left %= size;
  }
  if (left > 0) out += fmt::format("{}s", static_cast<double>(left) / 1e9);
  return out;
}

std::string format_latency(Nanos t) {
  const double ns = static_cast<double>(t.count());
  const auto three = [](double v, const char* unit) {
    return v < 10    ? fmt::format("{:.2f} {}", v, unit)
           : v < 100 ? fmt::format("{:.1f} {}", v, unit)
                     : fmt::format("{:.0f} {}", v, unit);
  };
  if (ns < 1e3) return fmt::format("{:.0f} ns", ns);
  if (ns < 1e6) return three(ns / 1e3, "us");
  if (ns < 1e9) return three(ns / 1e6, "ms");
  return three(ns / 1e9, "s");
}

std::string format_rate(double per_second) {
  return per_second >= 1000 ? fmt::format("{:.0f}/s", per_second) : fmt::format("{:.4g}/s", per_second);
}

std::string format_quantity(double v) {
  const double size = std::abs(v);
  const auto three = [](double x, const char* unit) {
    const double a = std::abs(x);
    return a < 10    ? fmt::format("{:.2f}{}", x, unit)
           : a < 100 ? fmt::format("{:.1f}{}", x, unit)
                     : fmt::format("{:.0f}{}", x, unit);
  };
  if (size >= 1e9) return three(v / 1e9, "G");
  if (size >= 1e6) return three(v / 1e6, "M");
  if (size >= 1e4) return three(v / 1e3, "k");
  return size == std::floor(size) ? fmt::format("{:.0f}", v) : three(v, "");
}

std::string format_bytes(std::uint64_t bytes) {
  const double b = static_cast<double>(bytes);
  if (b >= 1073741824.0) return fmt::format("{:.1f} GiB", b / 1073741824.0);
  if (b >= 1048576.0) return fmt::format("{:.1f} MiB", b / 1048576.0);
  if (b >= 1024.0) return fmt::format("{:.1f} KiB", b / 1024.0);
  return fmt::format("{} B", bytes);
}

std::string format_wall(WallTime wall) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::seconds>(wall));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace assay
