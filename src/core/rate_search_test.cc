#include "core/rate_search.h"

#include "base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace assay {
namespace {

/// Carries a search out against what holds; how many steps it took.
int search(RateSearch& search, const std::function<bool(double)>& holds) {
  int steps = 0;
  while (const std::optional<double> rate = search.next()) {
    search.tell(holds(*rate));
    steps++;
  }
  return steps;
}

TEST(RateSearch, finds_a_sharp_limit_within_the_precision_from_below_and_from_above) {
  for (const double first : {10.0, 1000.0, 50000.0}) {
    RateSearch found({.first = first, .precision = 0.02});
    const int steps = search(found, [](double rate) { return rate <= 1234; });
    ASSERT_TRUE(found.complete()) << first;
    EXPECT_LE(*found.highest(), 1234) << first;
    EXPECT_GT(*found.lowest_failed(), 1234) << first;
    EXPECT_LE(*found.lowest_failed(), *found.highest() * 1.02) << first;
    EXPECT_EQ(found.held(), 3) << first;
    EXPECT_LT(steps, 20) << first;
  }
}

TEST(RateSearch, a_rate_that_fails_when_it_is_confirmed_is_not_the_highest) {
  // Holds once at 800, never again.
  int at_800 = 0;
  RateSearch found({.first = 100, .precision = 0.05});
  search(found, [&](double rate) { return rate < 700 || (rate <= 800 && at_800++ == 0); });
  ASSERT_TRUE(found.complete());
  EXPECT_LT(*found.highest(), 700);
  EXPECT_GT(*found.highest(), 700 / 1.06);
}

TEST(RateSearch, the_last_step_is_one_that_held_at_the_highest_rate) {
  for (const int confirmations : {1, 2}) {
    RateSearch search({.first = 100, .precision = 0.05, .confirmations = confirmations});
    double last = 0;
    bool held = false;
    while (const std::optional<double> rate = search.next()) {
      last = *rate;
      held = *rate <= 137;
      search.tell(held);
    }
    EXPECT_TRUE(search.complete());
    EXPECT_TRUE(held) << "the figures of a failed step would stand for the result";
    EXPECT_EQ(last, search.highest());
  }
}

TEST(RateSearch, where_nothing_holds_it_ends_and_says_so) {
  RateSearch found({.first = 100});
  EXPECT_EQ(search(found, [](double) { return false; }), 10);  // 100 halved down to a thousandth of it
  EXPECT_FALSE(found.highest());
  EXPECT_FALSE(found.complete());
  EXPECT_EQ(found.held(), 0);
}

TEST(RateSearch, where_everything_holds_it_ends_after_its_steps) {
  RateSearch found({.first = 100, .most_steps = 12});
  EXPECT_EQ(search(found, [](double) { return true; }), 12);
  EXPECT_FALSE(found.complete());
  EXPECT_FALSE(found.lowest_failed());
  EXPECT_EQ(*found.highest(), 100 * std::pow(2, 11));
}

TEST(RateSearch, of_a_limit_that_is_not_sharp_it_states_a_rate_that_mostly_holds) {
  // Holds with probability 1 / (1 + (rate / 1000)⁸). What holds five times in a row does so in at least 55 % of all steps
  // with 95 % confidence; here the truth is known, and among 200 searches hardly one may state a rate below that.
  int wrong = 0;
  for (std::uint64_t seed = 1; seed <= 200; seed++) {
    Random random(seed);
    RateSearch found({.first = 300, .precision = 0.05, .confirmations = 5, .most_steps = 200});
    const auto probability = [](double rate) { return 1 / (1 + std::pow(rate / 1000, 8)); };
    search(found, [&](double rate) { return random.unit() < probability(rate); });
    ASSERT_TRUE(found.highest()) << seed;
    wrong += probability(*found.highest()) < RateSearch::least_share(5);
  }
  EXPECT_LE(wrong, 20);  // 5 % of 200, and as much again: rates are chosen because they held
}

TEST(RateSearch, the_share_of_steps_is_clopper_and_pearsons) {
  // p such that pⁿ = 0.05.
  EXPECT_NEAR(std::pow(RateSearch::least_share(3), 3), 0.05, 1e-12);
  EXPECT_NEAR(RateSearch::least_share(3), 0.3684, 1e-4);
  EXPECT_EQ(RateSearch::least_share(0), 0);
}

}  // namespace
}  // namespace assay
