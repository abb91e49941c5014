#include "core/value.h"

#include "base/error.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Value, decimals_read_and_write_exactly) {
  EXPECT_EQ(parse_decimal("123.45"), (Decimal{12345, 2}));
  EXPECT_EQ(parse_decimal("-0.05"), (Decimal{-5, 2}));
  EXPECT_EQ(format_decimal(Decimal{-5, 2}), "-0.05");
  EXPECT_EQ(format_decimal(Decimal{30'000'000, 2}), "300000.00");
  EXPECT_EQ(rescaled(Decimal{5, 0}, 2), (Decimal{500, 2}));
  for (const char* bad : {"", ".", "1e5", "1.2.3", "1234567890123456789", "NaN"})
    EXPECT_THROW(parse_decimal(bad), Error) << bad;
}

TEST(Value, timestamps_read_and_write_exactly) {
  // 2026-11-20T00:00:00Z is 20777 days after the epoch (date -u -d 2026-11-20 +%s / 86400).
  EXPECT_EQ(parse_timestamp("2026-11-20 00:00:00").microseconds, 20777 * 86'400'000'000);
  EXPECT_EQ(format_timestamp(parse_timestamp("1969-12-31T23:59:59.5")), "1969-12-31 23:59:59.500000");
  EXPECT_THROW(parse_timestamp("2026-02-30 00:00:00"), Error);
}

TEST(Value, every_kind_is_shown_as_people_read_it) {
  EXPECT_EQ(to_text(kNull), "NULL");
  EXPECT_EQ(to_text(Value(std::string_view("x"))), "'x'");
  EXPECT_EQ(to_text(Value(Decimal{150, 2})), "1.50");
  EXPECT_EQ(to_text(Value(Bytes{"\x01\xff"})), "0x01ff");
  const Value items[] = {Value(std::int64_t{1}), Value(true)};
  EXPECT_EQ(to_text(Value(Array{items, 2})), "[1, true]");
}

}  // namespace
}  // namespace assay
