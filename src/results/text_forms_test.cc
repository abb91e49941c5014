#include "results/text_forms.h"

#include <gtest/gtest.h>

#include <limits>

namespace assay {
namespace {

TEST(TextForms, numbers_have_three_significant_digits_where_there_is_a_fraction) {
  EXPECT_EQ(digits(12345.6), "12346");
  EXPECT_EQ(digits(12.345), "12.3");
  EXPECT_EQ(digits(-1.5), "-1.50");
  EXPECT_EQ(digits(0.5), "0.500");
  EXPECT_EQ(digits(0.01234), "0.0123");
  EXPECT_EQ(digits(std::numeric_limits<double>::infinity()), "n/a");
}

TEST(TextForms, whole_numbers_have_no_fraction) {
  EXPECT_EQ(digits(0), "0");
  EXPECT_EQ(digits(1), "1");
  EXPECT_EQ(digits(-40), "-40");
  EXPECT_EQ(digits(1234), "1234");
}

}  // namespace
}  // namespace assay
