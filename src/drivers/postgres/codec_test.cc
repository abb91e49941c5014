#include "drivers/postgres/codec.h"

#include "drivers/postgres/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace assay::postgres {
namespace {

std::string hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string bytes(std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  return out;
}

std::string encoded(const Value& value, Oid type) {
  std::string out;
  return encode_binary(value, type, out) ? hex(out) : "none";
}

// By hand from numeric_send: count of digits, weight, sign, display scale, digits to base 10000.
const struct {
  Decimal decimal;
  const char* wire;
} kNumerics[] = {
    {{1234567, 2},
     "000300010000000200010929"
     "1a2c"},  // 1 | 2345 . 6700
    {{0, 0}, "0000000000000000"},
    {{0, 2}, "0000000000000002"},
    {{1, 0}, "00010000000000000001"},
    {{-1, 0}, "00010000400000000001"},
    {{10000, 0}, "00010001000000000001"},   // 1 | 0, the zero group left out
    {{1, 4}, "0001ffff000000040001"},       // . 0001
    {{1, 5}, "0001fffe0000000503e8"},       // . 0000 | 1000
    {{-30000, 2}, "0001000040000002012c"},  // 300 .
    {{5, 1}, "0001ffff000000011388"},       // . 5000
};

TEST(PostgresNumeric, IsWrittenAsTheServerWritesIt) {
  for (const auto& c : kNumerics) EXPECT_EQ(encoded(c.decimal, oid::kNumeric), c.wire) << format_decimal(c.decimal);
}

TEST(PostgresNumeric, IsReadAsTheServerWritesIt) {
  ArrayMemory memory;
  for (const auto& c : kNumerics) {
    const std::string wire = bytes(c.wire);
    const auto value = decode(oid::kNumeric, wire, memory);
    ASSERT_TRUE(value.has_value()) << c.wire;
    EXPECT_EQ(*value, Value(c.decimal)) << c.wire;
  }
}

TEST(PostgresNumeric, TheExtremesOf64BitsComeBackWithEveryScale) {
  ArrayMemory memory;
  for (const std::int64_t unscaled :
       {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min(),
        std::int64_t{999'999'999'999'999'999}, std::int64_t{-100'000'000'000'000'000}}) {
    for (int scale = 0; scale <= 30; scale++) {
      const Decimal decimal{unscaled, static_cast<std::uint8_t>(scale)};
      std::string wire;
      ASSERT_TRUE(encode_binary(decimal, oid::kNumeric, wire));
      const auto value = decode(oid::kNumeric, wire, memory);
      ASSERT_TRUE(value.has_value());
      EXPECT_EQ(*value, Value(decimal)) << format_decimal(decimal);
    }
  }
}

TEST(PostgresNumeric, WhatNoDecimalHoldsBecomesADouble) {
  ArrayMemory memory;
  // 1 | 0000 | 0000 | 0000 | 0000 | 0001: 100000000000000000001, 21 digits
  const auto value = decode(oid::kNumeric, bytes("0006000500000000000100000000000000000001"), memory);
  ASSERT_TRUE(value && std::holds_alternative<double>(*value));
  EXPECT_DOUBLE_EQ(std::get<double>(*value), 1e20);
  const auto nan = decode(oid::kNumeric, bytes("00000000c0000000"), memory);
  ASSERT_TRUE(nan && std::holds_alternative<double>(*nan));
  EXPECT_TRUE(std::isnan(std::get<double>(*nan)));
}

TEST(PostgresNumeric, ZerosAtTheEndAreDroppedRatherThanExactness) {
  ArrayMemory memory;
  // 5 | 0000 . with display scale 20: 50000.00000000000000000000 has 25 digits, 50000 has 5
  const auto value = decode(oid::kNumeric, bytes("00010001000000140005"), memory);
  ASSERT_TRUE(value && std::holds_alternative<Decimal>(*value));
  const Decimal d = std::get<Decimal>(*value);
  EXPECT_EQ(rescaled(d, 0), (Decimal{50000, 0}));
}

TEST(PostgresCodec, WholeNumbersAreNarrowedOnlyWhenTheyFit) {
  EXPECT_EQ(encoded(std::int64_t{32767}, oid::kInt2), "7fff");
  EXPECT_EQ(encoded(std::int64_t{-2}, oid::kInt4), "fffffffe");
  EXPECT_EQ(encoded(std::int64_t{1}, oid::kInt8), "0000000000000001");
  std::string out;
  EXPECT_FALSE(encode(std::int64_t{32768}, oid::kInt2, out).has_value());
  EXPECT_FALSE(encode(std::int64_t{1} << 31, oid::kInt4, out).has_value());
  EXPECT_TRUE(out.empty());
}

TEST(PostgresCodec, ADecimalGoesIntoAWholeNumberOnlyWhenItIsWhole) {
  EXPECT_EQ(encoded(Decimal{500, 2}, oid::kInt4), "00000005");
  std::string out;
  EXPECT_FALSE(encode(Decimal{501, 2}, oid::kInt4, out).has_value());
}

TEST(PostgresCodec, OtherCombinationsAreLeftToTheServerAsText) {
  std::string out;
  EXPECT_EQ(encode(std::string_view("2020-01-01"), oid::kDate, out), Wire::text);
  EXPECT_EQ(out, "2020-01-01");
  out.clear();
  EXPECT_EQ(encode(1.5, oid::kNumeric, out), Wire::text);
  EXPECT_EQ(out, "1.5");
  out.clear();
  const Value elements[] = {std::string_view("a\"b\\"), kNull, std::int64_t{7}};
  EXPECT_EQ(encode(Array{elements, 3}, oid::kText, out), Wire::text);
  EXPECT_EQ(out, R"({"a\"b\\",NULL,"7"})");
}

TEST(PostgresCodec, TimesCountFromTheYear2000) {
  EXPECT_EQ(encoded(Date{10957}, oid::kDate), "00000000");  // 2000-01-01 is day 10957 since 1970
  EXPECT_EQ(encoded(Date{0}, oid::kDate), "ffffd533");      // -10957
  EXPECT_EQ(encoded(Timestamp{946'684'800'000'001}, oid::kTimestampTz), "0000000000000001");
}

TEST(PostgresConnection, FindsTheSqlstateOfAVerboseMessage) {
  EXPECT_EQ(
      sqlstate_in("connection to server at \"::1\", port 5432 failed: FATAL:  28P01: password authentication failed"),
      "28P01");
  EXPECT_EQ(sqlstate_in("connection to server at \"::1\", port 1 failed: Connection refused"), "");
  EXPECT_EQ(sqlstate_in("FATAL:  database does not exist"), "");
}

TEST(PostgresConnection, RefusesAServerThatIsTooOldAndSaysWhatItFound) {
  EXPECT_EQ(refuse_version(100000, "h:1"), "");
  EXPECT_EQ(refuse_version(150020, "h:1"), "");
  EXPECT_EQ(refuse_version(90624, "h:1, database 'd', user 'u'"),
            "the server at h:1, database 'd', user 'u' is PostgreSQL 9.6.24; expected 10 or later");
}

}  // namespace
}  // namespace assay::postgres
