#include "base/units.h"

#include "base/error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <span>
#include <vector>

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

/// What write(digits) makes of a value / unit, with the fewest digits that keep it where it is beside the limits.
template <class Write>
std::string placed(double value, double unit, int digits, std::span<const double> beside, Write write) {
  constexpr int kMost = 17;  // a double has no more
  for (;; digits++) {
    std::string text = write(digits);
    const double shown = std::strtod(text.c_str(), nullptr) * unit;
    const bool in_place = std::all_of(beside.begin(), beside.end(), [&](double limit) {
      return compare_numbers(shown, limit) == compare_numbers(value, limit);
    });
    if (in_place || digits >= kMost || !std::isfinite(value)) return text;
  }
}

std::string fixed(double value, double unit, int behind, std::span<const double> beside) {
  return placed(value, unit, behind, beside, [&](int n) { return fmt::format("{:.{}f}", value / unit, n); });
}

/// Three significant digits, and all before the point.
std::string three_digits(double value, double unit, std::span<const double> beside) {
  const double size = std::abs(value / unit);
  return fixed(value, unit, size < 10 ? 2 : size < 100 ? 1 : 0, beside);
}

std::string latency_text(double ns, std::span<const double> beside) {
  if (ns < 1e3) return fixed(ns, 1, 0, beside) + " ns";
  if (ns < 1e6) return three_digits(ns, 1e3, beside) + " us";
  if (ns < 1e9) return three_digits(ns, 1e6, beside) + " ms";
  return three_digits(ns, 1e9, beside) + " s";
}

}  // namespace

std::partial_ordering compare_numbers(double a, double b) noexcept {
  if (std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b))) return std::partial_ordering::equivalent;
  return a <=> b;
}

std::string format_fixed(double value, int behind, Limits beside) { return fixed(value, 1, behind, beside); }

std::string format_significant(double value, int digits, Limits beside) {
  return placed(value, 1, digits, beside, [&](int n) { return fmt::format("{:.{}g}", value, n); });
}

std::string format_percent(double share, int digits, Limits beside) {
  return placed(share, 0.01, digits, beside, [&](int n) { return fmt::format("{:.{}g}", 100 * share, n); }) + " %";
}

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
  constexpr double kMost = 1e8;  // beyond what any machine begins; what is due and never begun is counted one by one
  if (rate > kMost)
    throw Error(fmt::format("'{}' is too high a rate; expected at most 100M operations per second", text));
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
  const bool number = take_number(rest, value) && find_unit(kCounts, take_letters(rest), factor) && rest.empty();
  if (number && std::abs(value * factor) > 9e15)
    throw Error(fmt::format("'{}' is too large; expected at most 9000000000000000", text));
  if (!number || value * factor != std::floor(value * factor))
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

std::string format_latency(Nanos t) { return format_latency(static_cast<double>(t.count())); }

std::string format_latency(Nanos t, std::initializer_list<Nanos> beside) {
  std::vector<double> limits;
  for (const Nanos limit : beside) limits.push_back(static_cast<double>(limit.count()));
  return latency_text(static_cast<double>(t.count()), limits);
}

std::string format_latency(double ns, Limits beside) { return latency_text(ns, beside); }

std::string format_rate(double per_second) {
  return per_second >= 1000 ? fmt::format("{:.0f}/s", per_second) : fmt::format("{:.4g}/s", per_second);
}

std::string format_quantity(double v, Limits beside) {
  const double size = std::abs(v);
  if (size >= 1e9) return three_digits(v, 1e9, beside) + "G";
  if (size >= 1e6) return three_digits(v, 1e6, beside) + "M";
  if (size >= 1e4) return three_digits(v, 1e3, beside) + "k";
  return size == std::floor(size) ? fmt::format("{:.0f}", v) : three_digits(v, 1, beside);
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
