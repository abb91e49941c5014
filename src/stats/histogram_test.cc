#include "stats/histogram.h"

#include "base/error.h"
#include "base/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

using namespace std::chrono_literals;

/// The nearest-rank quantile of raw samples: what the histogram must agree with.
Nanos exact_quantile(std::vector<std::int64_t> samples, double q) {
  std::sort(samples.begin(), samples.end());
  const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(q * static_cast<double>(samples.size()))));
  return Nanos(samples[rank - 1]);
}

TEST(Histogram, quantiles_are_within_0_8_percent_of_the_raw_samples_from_nanoseconds_to_hours) {
  Random random(3);
  std::vector<std::int64_t> samples;
  Histogram h;
  for (int i = 0; i < 200'000; i++) {
    const auto v = static_cast<std::int64_t>(std::exp(random.unit() * std::log(3.4e13)));  // 1 ns to 9.4 h, log-uniform
    samples.push_back(v);
    h.record(Nanos(v));
  }
  for (const double q : {0.0, 0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 1.0}) {
    const double exact = static_cast<double>(exact_quantile(samples, q).count());
    EXPECT_NEAR(static_cast<double>(h.quantile(q).count()) / exact, 1.0, 0.008) << "q=" << q;
  }
  EXPECT_EQ(h.min(), Nanos(*std::min_element(samples.begin(), samples.end())));
  EXPECT_EQ(h.max(), Nanos(*std::max_element(samples.begin(), samples.end())));
}

TEST(Histogram, merging_parts_equals_recording_the_whole) {
  Random random(5);
  Histogram whole, parts[8];
  for (int i = 0; i < 50'000; i++) {
    const Nanos v(static_cast<std::int64_t>(random.exponential(3e6)));
    whole.record(v);
    parts[random.below(8)].record(v);
  }
  Histogram merged;
  for (const Histogram& part : parts) merged.merge(Histogram::decode(part.encode()));
  EXPECT_EQ(merged, whole);
}

TEST(Histogram, every_power_of_two_and_its_neighbours_lie_in_their_bucket) {
  for (int bit = 0; bit < Histogram::kMaxBits; bit++)
    for (const std::int64_t v : {(std::int64_t{1} << bit) - 1, std::int64_t{1} << bit, (std::int64_t{1} << bit) + 1}) {
      if (v >= std::int64_t{1} << Histogram::kMaxBits) continue;
      Histogram h;
      h.record(Nanos(v));
      const auto buckets = h.buckets();
      ASSERT_EQ(buckets.size(), 1u);
      EXPECT_LE(buckets[0].low.count(), v);
      EXPECT_GE(buckets[0].high.count(), v);
      EXPECT_LE(static_cast<double>((buckets[0].high - buckets[0].low).count()), static_cast<double>(v) / 128.0);
    }
}

TEST(Histogram, values_beyond_the_range_are_counted_and_the_maximum_stays_exact) {
  Histogram h;
  h.record(Nanos(-5));
  h.record(20h);
  EXPECT_EQ(h.count(), 2u);
  EXPECT_EQ(h.min(), 0ns);
  EXPECT_EQ(h.max(), 20h);
  EXPECT_EQ(h.quantile(1.0), 20h);
}

TEST(Histogram, clear_and_move_leave_an_empty_histogram_fit_for_use) {
  Histogram a;
  a.record(5ms, 10);
  EXPECT_EQ(a.count(), 10u);
  EXPECT_EQ(a.mean(), 5ms);
  Histogram b = std::move(a);
  EXPECT_EQ(b.count(), 10u);
  a.record(1ms);
  EXPECT_EQ(a.count(), 1u);
  b.clear();
  EXPECT_EQ(b, Histogram());
  EXPECT_EQ(b.quantile(0.5), 0ns);
}

TEST(Histogram, count_at_or_below_counts_what_met_a_limit) {
  Histogram h;
  for (int i = 1; i <= 100; i++) h.record(std::chrono::milliseconds(i));
  EXPECT_EQ(h.count_at_or_below(0ms), 0u);
  EXPECT_NEAR(static_cast<double>(h.count_at_or_below(90ms)), 90, 1);
  EXPECT_EQ(h.count_at_or_below(100ms), 100u);
}

TEST(Histogram, text_cut_at_every_byte_or_changed_is_refused_or_equal_in_total_never_a_crash) {
  Histogram h;
  Random random(9);
  for (int i = 0; i < 100; i++) h.record(Nanos(static_cast<std::int64_t>(random.below(1'000'000'000))));
  const std::string text = h.encode();
  EXPECT_EQ(Histogram::decode(text), h);
  EXPECT_EQ(Histogram::decode(Histogram().encode()), Histogram());
  for (std::size_t n = 0; n < text.size(); n++) EXPECT_THROW(Histogram::decode(text.substr(0, n)), Error) << n;
  EXPECT_THROW(Histogram::decode("!!!!"), Error);
  EXPECT_THROW(Histogram::decode("CQ=="), Error);  // version 9
}

/// As Histogram::encode writes it: base64 of the version and of numbers below 128, which are a byte each.
std::string encoded(std::initializer_list<unsigned char> numbers) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<unsigned char> bytes = {1};
  bytes.insert(bytes.end(), numbers);
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 3; k++) word = word << 8 | (i + k < bytes.size() ? bytes[i + k] : 0);
    for (std::size_t k = 0; k < 4; k++) text += k <= bytes.size() - i ? kDigits[word >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

TEST(Histogram, facts_that_contradict_the_buckets_are_refused) {
  const auto refused = [](std::initializer_list<unsigned char> numbers) -> std::string {
    try {
      Histogram::decode(encoded(numbers));
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  // min 3, max 3 + 4, sum 10, one in bucket 3, one in bucket 7.
  EXPECT_EQ(Histogram::decode(encoded({3, 4, 10, 3, 1, 3, 1})).count(), 2u);
  EXPECT_THAT(refused({3, 4, 10, 2, 1, 0, 1, 3, 1}), testing::HasSubstr("others are beyond"));  // one in bucket 2
  EXPECT_THAT(refused({3, 4, 10, 3, 1, 3, 1, 5, 1}), testing::HasSubstr("others are beyond"));  // one in bucket 13
  EXPECT_THAT(refused({3, 4, 10, 3, 1}), testing::HasSubstr("empty bucket"));
  EXPECT_THAT(refused({3, 4, 5, 3, 1, 3, 1}), testing::HasSubstr("sum is impossible"));
  EXPECT_THAT(refused({3, 4, 15, 3, 1, 3, 1}), testing::HasSubstr("sum is impossible"));
  // A minimum of 2^63: no time has it.
  EXPECT_THAT(refused({128, 128, 128, 128, 128, 128, 128, 128, 128, 1, 0, 0, 1, 1}), testing::HasSubstr("overflows"));
}

}  // namespace
}  // namespace assay
