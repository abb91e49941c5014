// Durations, rates, sizes and counts as people write them, strictly: what is not understood is an Error that says what
// is expected.
//
// Where a value is written beside a limit that it was compared with, the limit is given as `beside`: as many digits are
// added as it takes for the text to be above, at or below it as the value is. `beside` is in the unit of the value.
#pragma once

#include "base/time.h"

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace assay {

/// "250ms", "15s", "1m30s", "2h", "1.5s", "0"; units ns us ms s m h d. A bare number other than 0 is an Error: it has
/// no unit.
Nanos parse_duration(std::string_view text);
/// "1000", "10k", "2.5M" per second; also "500/s", "30/m", "10/h". Answers operations per second, > 0.
double parse_rate(std::string_view text);
/// "4096", "4KiB", "1MB", "2GiB". Answers bytes.
std::uint64_t parse_bytes(std::string_view text);
/// "1000", "10k", "2M" (powers of 1000), whole numbers only.
std::int64_t parse_count(std::string_view text);
/// "0" to "18446744073709551615", exactly; also what parse_count takes, as long as it is not negative.
std::uint64_t parse_whole(std::string_view text);
/// Finite: neither nan nor inf.
double parse_number(std::string_view text);
/// "true", "yes", "on", "1" and their opposites.
bool parse_bool(std::string_view text);

/// As people compare them: two that differ by no more than the rounding of a double does (1 in 10^12) are equal, as 7 / 1000
/// and 0.7 % are.
std::partial_ordering compare_numbers(double, double) noexcept;

using Limits = std::initializer_list<double>;
/// "12.30": so many digits behind the point.
std::string format_fixed(double, int behind, Limits beside = {});
/// "12.3": so many significant digits, without zeros at the end.
std::string format_significant(double, int digits, Limits beside = {});
/// "12.3 %" of 0.123, likewise.
std::string format_percent(double share, int digits, Limits beside = {});
/// "1m30s", "250ms": the shortest exact form; parse_duration reads it back.
std::string format_duration(Nanos);
/// "1.23 ms", three significant digits, for tables.
std::string format_latency(Nanos);
std::string format_latency(Nanos, std::initializer_list<Nanos> beside);
std::string format_latency(double nanoseconds, Limits beside = {});
/// "12.3k", "1.05M", three significant digits.
std::string format_quantity(double, Limits beside = {});
/// "284.8/s", "25637/s": at least four digits, and all of a whole number.
std::string format_rate(double per_second);
std::string format_bytes(std::uint64_t);
/// "2026-11-20T23:07:33Z"
std::string format_wall(WallTime);

}  // namespace assay
