#include "workloads/kv/verified_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::kv {
namespace {

using testing::HasSubstr;

Layout layout_of(std::uint64_t seed, Range size) {
  Layout layout;
  layout.rows = 1000;
  layout.seed = seed;
  layout.value_size = size;
  return layout;
}

std::string made(const ValueFormat& format, std::string_view key, std::uint64_t version) {
  std::string value;
  format.make(key, version, value);
  return value;
}

std::string fault_of(const ValueFormat& format, std::string_view key, std::string_view value,
                     std::uint64_t oldest = 0) {
  return format.fault(key, value, oldest).value_or("no fault");
}

class ValueSize : public testing::TestWithParam<std::uint64_t> {};

TEST_P(ValueSize, a_value_verifies_and_any_flipped_bit_is_found) {
  const ValueFormat format(layout_of(3, {GetParam(), GetParam()}));
  std::string value = made(format, "user000000000042", 17);
  ASSERT_EQ(value.size(), GetParam());
  EXPECT_EQ(fault_of(format, "user000000000042", value), "no fault");
  for (std::size_t bit = 0; bit < value.size() * 8; bit++) {
    value[bit / 8] = static_cast<char>(value[bit / 8] ^ (1 << bit % 8));
    EXPECT_TRUE(format.fault("user000000000042", value)) << "bit " << bit;
    value[bit / 8] = static_cast<char>(value[bit / 8] ^ (1 << bit % 8));
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ValueSize, testing::Values(32, 33, 40, 47, 100));

TEST(VerifiedValue, another_keys_value_is_found_and_both_are_named) {
  const ValueFormat format(layout_of(3, {100, 100}));
  EXPECT_THAT(fault_of(format, "user000000000001", made(format, "user000000000002", 9)),
              AllOf(HasSubstr("user000000000001"), HasSubstr("another key"), HasSubstr("version 9")));
}

TEST(VerifiedValue, the_value_of_an_earlier_load_is_found) {
  const ValueFormat before(layout_of(3, {100, 100})), now(layout_of(4, {100, 100}));
  EXPECT_THAT(fault_of(now, "user000000000001", made(before, "user000000000001", 0)), HasSubstr("another load"));
}

TEST(VerifiedValue, a_version_older_than_possible_is_found) {
  const ValueFormat format(layout_of(3, {100, 100}));
  const std::string loaded = made(format, "user000000000001", kLoadedVersion);
  EXPECT_EQ(fault_of(format, "user000000000001", loaded, kLoadedVersion), "no fault");
  EXPECT_THAT(fault_of(format, "user000000000001", loaded, 1),
              AllOf(HasSubstr("as it was loaded"), HasSubstr("a later write was acknowledged")));
}

TEST(VerifiedValue, what_is_cut_longer_empty_or_foreign_is_found) {
  const ValueFormat format(layout_of(3, {100, 100}));
  const std::string value = made(format, "k", 1);
  EXPECT_TRUE(format.fault("k", value.substr(0, 99)));
  EXPECT_TRUE(format.fault("k", value + "x"));
  EXPECT_TRUE(format.fault("k", ""));
  EXPECT_TRUE(format.fault("k", std::string(100, 'x')));
}

TEST(VerifiedValue, sizes_are_uniform_in_their_range_and_belong_to_key_and_version) {
  const ValueFormat format(layout_of(3, {50, 59}));
  std::vector<int> counts(10);
  for (std::uint64_t version = 0; version < 10'000; version++) {
    const std::size_t size = made(format, "user000000000001", version).size();
    ASSERT_GE(size, 50u);
    ASSERT_LE(size, 59u);
    counts[size - 50]++;
  }
  for (const int count : counts) EXPECT_NEAR(count, 1000, 5 * 30);  // sqrt(10000 · 0.1 · 0.9) = 30
  EXPECT_EQ(made(format, "a", 1), made(format, "a", 1));
}

TEST(KeyFormat, keys_have_a_fixed_width_so_that_another_program_can_name_the_same_rows) {
  Layout layout = layout_of(1, {100, 100});
  layout.prefix = "1";
  layout.digits = 8;
  const KeyFormat keys(layout);
  std::string key;
  keys.key(42, key);
  EXPECT_EQ(key, "100000042");
  EXPECT_TRUE(keys.is_key(key));
  EXPECT_FALSE(keys.is_key("10000004"));
  EXPECT_FALSE(keys.is_key("20000004x"));
}

TEST(Layout, is_read_back_from_its_record) {
  Layout layout = layout_of(77, {100, 1000});
  layout.hashed = true;
  layout.prefix = "k/";
  EXPECT_EQ(Layout::from(layout.entries()), layout);
}

}  // namespace
}  // namespace assay::kv
