#include "base/zipfian.h"

#include "base/permutation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace assay {
namespace {

/// Counts of `draws` draws of n ranks.
std::vector<std::uint64_t> counts_of(Zipfian& zipfian, std::uint64_t n, std::uint64_t draws) {
  Random random(42);
  std::vector<std::uint64_t> counts(n);
  for (std::uint64_t i = 0; i < draws; i++) counts.at(zipfian.draw(random))++;
  return counts;
}

/// Each rank's count lies within 5 standard errors of draws · p, p = r^-θ / Σ i^-θ (the definition of the distribution;
/// the standard error of a binomial count is sqrt(draws · p · (1 - p))).
void expect_zipf(const std::vector<std::uint64_t>& counts, double theta, std::uint64_t draws) {
  double zeta = 0;
  for (std::size_t r = 1; r <= counts.size(); r++) zeta += std::pow(static_cast<double>(r), -theta);
  for (std::size_t r = 1; r <= counts.size(); r++) {
    const double p = std::pow(static_cast<double>(r), -theta) / zeta, expected = p * static_cast<double>(draws);
    EXPECT_NEAR(static_cast<double>(counts[r - 1]), expected, 5 * std::sqrt(expected * (1 - p))) << "rank " << r;
  }
}

class ZipfianTheta : public testing::TestWithParam<double> {};

TEST_P(ZipfianTheta, every_rank_is_as_frequent_as_the_definition_says) {
  constexpr std::uint64_t kDraws = 2'000'000;
  Zipfian zipfian(GetParam(), 500);
  expect_zipf(counts_of(zipfian, 500, kDraws), GetParam(), kDraws);
}

INSTANTIATE_TEST_SUITE_P(Constants, ZipfianTheta, testing::Values(0.5, 0.99, 1.0, 1.5));

TEST(Zipfian, follows_the_definition_after_it_has_grown) {
  constexpr std::uint64_t kDraws = 1'000'000;
  Zipfian zipfian(0.99, 10);
  counts_of(zipfian, 10, 1000);
  zipfian.resize(300);
  expect_zipf(counts_of(zipfian, 300, kDraws), 0.99, kDraws);
}

TEST(Zipfian, ten_billion_items_have_the_head_that_ycsb_publishes) {
  // YCSB's ScrambledZipfianGenerator has ζ(10^10, 0.99) = 26.46902820178302 as a constant: ranks 1 and 2 have the
  // probabilities 1/ζ and 2^-0.99/ζ.
  constexpr double kZeta = 26.46902820178302, kDraws = 1'000'000;
  Zipfian zipfian(0.99, 10'000'000'000);
  Random random(7);
  double first = 0, second = 0;
  for (int i = 0; i < static_cast<int>(kDraws); i++) {
    const std::uint64_t rank = zipfian.draw(random);
    ASSERT_LT(rank, 10'000'000'000u);
    first += rank == 0;
    second += rank == 1;
  }
  for (const auto& [count, p] : {std::pair(first, 1 / kZeta), std::pair(second, std::pow(2, -0.99) / kZeta)})
    EXPECT_NEAR(count, p * kDraws, 5 * std::sqrt(kDraws * p * (1 - p)));
}

TEST(Zipfian, one_item_is_always_drawn) {
  Zipfian zipfian(0.99, 1);
  Random random(1);
  for (int i = 0; i < 1000; i++) EXPECT_EQ(zipfian.draw(random), 0u);
}

TEST(Permutation, reaches_every_number_once) {
  for (const std::uint64_t n : {1u, 2u, 3u, 100u, 1000u, 65537u}) {
    const Permutation permutation(n, 5);
    std::vector<bool> seen(n);
    for (std::uint64_t x = 0; x < n; x++) {
      const std::uint64_t y = permutation(x);
      ASSERT_LT(y, n);
      ASSERT_FALSE(seen[y]) << y;
      seen[y] = true;
    }
  }
}

TEST(Permutation, scatters_neighbours) {
  const Permutation permutation(1'000'000, 5);
  // The mean distance of two random numbers of [0, n) is n/3; of 1000 pairs it has a standard error of n·0.236/√1000.
  double sum = 0;
  for (std::uint64_t x = 0; x < 1000; x++)
    sum += std::abs(static_cast<double>(permutation(2 * x)) - static_cast<double>(permutation(2 * x + 1)));
  EXPECT_NEAR(sum / 1000, 333'333, 5 * 236'000 / std::sqrt(1000.0));
}

}  // namespace
}  // namespace assay
