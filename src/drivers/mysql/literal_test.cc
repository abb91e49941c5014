#include "drivers/mysql/literal.h"

#include <gtest/gtest.h>

#include <limits>

namespace assay::mysql {
namespace {

std::string literal(const Value& value) {
  std::string out;
  return append_literal(value, out) ? out : "(none)" + out;
}

TEST(MysqlLiteral, EveryKindOfValueHasItsForm) {
  EXPECT_EQ(literal(kNull), "null");
  EXPECT_EQ(literal(true), "true");
  EXPECT_EQ(literal(std::int64_t{42}), "42");
  EXPECT_EQ(literal(std::numeric_limits<std::int64_t>::min()), " -9223372036854775808");
  EXPECT_EQ(literal(Decimal{-150, 2}), " -1.50");
  EXPECT_EQ(literal(0.1), "0.1e0");
  EXPECT_EQ(literal(1e300), "1e+300");
  EXPECT_EQ(literal(std::string_view("it's \\ \"so\"")), "'it''s \\ \"so\"'");
  EXPECT_EQ(literal(Bytes{std::string_view("\0\xff'", 3)}), "x'00ff27'");
  EXPECT_EQ(literal(Bytes{""}), "x''");
  EXPECT_EQ(literal(Json{R"({"a":"b'c"})"}), R"('{"a":"b''c"}')");
  EXPECT_EQ(literal(Uuid{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}}),
            "'01020304-0506-0708-090a-0b0c0d0e0f10'");
  EXPECT_EQ(literal(Date{20'000}), "date'2024-10-04'");  // date -d '1970-01-01 + 20000 days'
  EXPECT_EQ(literal(TimeOfDay{1}), "time'00:00:00.000001'");
  EXPECT_EQ(literal(Timestamp{-1}), "timestamp'1969-12-31 23:59:59.999999'");
}

TEST(MysqlLiteral, WhatSqlHasNoLiteralForIsTold) {
  const Value one[] = {std::int64_t{1}};
  for (const Value& value : {Value(std::numeric_limits<double>::infinity()),
                             Value(std::numeric_limits<double>::quiet_NaN()), Value(Array{one, 1})})
    EXPECT_EQ(literal(value), "(none)");
}

TEST(MysqlLiteral, AQuoteInANameIsDoubled) { EXPECT_EQ(quoted_name("a`b"), "`a``b`"); }

}  // namespace
}  // namespace assay::mysql
