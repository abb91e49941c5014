#include "base/units.h"

#include "base/error.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

using namespace std::chrono_literals;

TEST(Units, durations_need_a_unit_and_may_be_compound) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("1m30s"), 90s);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("0"), 0s);
  for (const char* bad : {"", "15", "s", "15 s", "-5s", "5x", "1s2", "nan", "1e3s", "400y"})
    EXPECT_THROW(parse_duration(bad), Error) << bad;
}

TEST(Units, a_formatted_duration_reads_back_as_itself) {
  for (const Nanos t : {Nanos(1), Nanos(1500), Nanos(250ms), Nanos(90s), Nanos(3h + 2min + 1500ms), Nanos(24h)})
    EXPECT_EQ(parse_duration(format_duration(t)), t) << format_duration(t);
}

TEST(Units, rates_are_per_second_and_above_zero) {
  EXPECT_DOUBLE_EQ(parse_rate("10k"), 10'000);
  EXPECT_DOUBLE_EQ(parse_rate("30/m"), 0.5);
  for (const char* bad : {"0", "-1", "", "fast", "10/x", "inf", "nan", "101M"})
    EXPECT_THROW(parse_rate(bad), Error) << bad;
}

TEST(Units, sizes_and_counts) {
  EXPECT_EQ(parse_bytes("64KiB"), 65536u);
  EXPECT_EQ(parse_count("2M"), 2'000'000);
  EXPECT_THROW(parse_count("1.5"), Error);
  try {
    parse_count("9007199254740992");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "'9007199254740992' is too large; expected at most 9000000000000000");
  }
  EXPECT_THROW(parse_bytes("12parsecs"), Error);
  EXPECT_TRUE(parse_bool("on"));
  EXPECT_THROW(parse_bool("maybe"), Error);
}

TEST(Units, whole_numbers_are_exact_where_a_double_is_not) {
  EXPECT_EQ(parse_whole("9007199254740993"), 9007199254740993u);  // 2^53 + 1
  EXPECT_EQ(parse_whole("18446744073709551615"), 18446744073709551615u);
  EXPECT_EQ(parse_whole("10k"), 10'000u);
  for (const char* bad : {"", "-1", "+1", "1.5", "18446744073709551616", "0x10", "nan", "1 "})
    EXPECT_THROW(parse_whole(bad), Error) << bad;
}

TEST(Units, what_is_not_finite_is_no_number_of_anything) {
  for (const char* bad : {"nan", "inf", "-inf", "infinity", "NAN"}) {
    EXPECT_THROW(parse_number(bad), Error) << bad;
    EXPECT_THROW(parse_rate(bad), Error) << bad;
    EXPECT_THROW(parse_count(bad), Error) << bad;
    EXPECT_THROW(parse_bytes(bad), Error) << bad;
    EXPECT_THROW(parse_duration(std::string(bad) + "s"), Error) << bad;
  }
}

TEST(Units, tables_show_three_significant_digits) {
  EXPECT_EQ(format_latency(Nanos(1'234'000)), "1.23 ms");
  EXPECT_EQ(format_latency(Nanos(999)), "999 ns");
  EXPECT_EQ(format_quantity(12'345), "12.3k");
  EXPECT_EQ(format_wall(WallTime(std::chrono::seconds(0))), "1970-01-01T00:00:00Z");
}

TEST(Units, beside_a_limit_a_value_has_the_digits_that_show_where_it_is) {
  EXPECT_EQ(format_latency(Nanos(50'003'000), {50ms}), "50.003 ms");
  EXPECT_EQ(format_latency(Nanos(50'003'000), {60ms}), "50.0 ms");
  EXPECT_EQ(format_latency(Nanos(50ms), {50ms}), "50.0 ms");
  EXPECT_EQ(format_latency(Nanos(4'999'999'999), {5s}), "4.999999999 s");
  EXPECT_EQ(format_latency(Nanos(12'345us), {12'345us}), "12.345 ms") << "12.3 would be below";
  EXPECT_EQ(format_latency(100.7, {100}), "101 ns");
  EXPECT_EQ(format_latency(100.4, {100}), "100.4 ns");
  EXPECT_EQ(format_percent(0.10004, 3, {0.1}), "10.004 %");
  EXPECT_EQ(format_percent(0.10004, 3), "10 %");
  EXPECT_EQ(format_quantity(25'637, {25'600}), "25.64k");
  EXPECT_EQ(format_quantity(1000.004, {1000}), "1000.004");
  EXPECT_EQ(format_fixed(8.9996, 2, {9, 12.86}), "8.9996");
  EXPECT_EQ(format_fixed(0.00002, 2, {0}), "0.00002");
  EXPECT_EQ(format_significant(9.99996, 4, {10}), "9.99996");
}

TEST(Units, numbers_that_rounding_alone_tells_apart_are_equal) {
  EXPECT_EQ(compare_numbers(7.0 / 1000, 0.7 / 100), std::partial_ordering::equivalent);
  EXPECT_EQ(compare_numbers(1, 1 + 1e-9), std::partial_ordering::less);
  EXPECT_EQ(compare_numbers(-1, -1 - 1e-9), std::partial_ordering::greater);
  EXPECT_EQ(compare_numbers(0, 1e-300), std::partial_ordering::less);
}

}  // namespace
}  // namespace assay
