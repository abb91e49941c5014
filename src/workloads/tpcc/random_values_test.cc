#include "workloads/tpcc/random_values.h"

#include "base/error.h"
#include "workloads/tpcc/options.h"
#include "workloads/tpcc/terminal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <numeric>
#include <vector>

namespace assay::tpcc {
namespace {

/// The probability of each value of NURand, by counting all pairs of its two uniform numbers.
std::vector<double> theory(std::int64_t a, std::int64_t x, std::int64_t y, std::int64_t c) {
  std::vector<double> p(static_cast<std::size_t>(y - x + 1));
  const double each = 1.0 / static_cast<double>((a + 1) * (y - x + 1));
  for (std::int64_t i = 0; i <= a; i++)
    for (std::int64_t j = x; j <= y; j++) p[static_cast<std::size_t>(((i | j) + c) % (y - x + 1))] += each;
  return p;
}

/// Chi-square of n draws against theory, in standard deviations from its mean (values expected under 5 times pooled).
double deviation(std::int64_t a, std::int64_t x, std::int64_t y, std::int64_t c, int n) {
  const std::vector<double> p = theory(a, x, y, c);
  std::vector<double> seen(p.size());
  Random random(11);
  for (int i = 0; i < n; i++) {
    const std::int64_t v = nurand(random, a, x, y, c);
    EXPECT_TRUE(v >= x && v <= y);
    seen[static_cast<std::size_t>(v - x)]++;
  }
  double chi = 0, pooled_seen = 0, pooled_expected = 0;
  int cells = 0;
  for (std::size_t i = 0; i < p.size(); i++) {
    const double expected = p[i] * n;
    if (expected < 5) {
      pooled_seen += seen[i];
      pooled_expected += expected;
      continue;
    }
    chi += (seen[i] - expected) * (seen[i] - expected) / expected;
    cells++;
  }
  if (pooled_expected > 0) {
    chi += (pooled_seen - pooled_expected) * (pooled_seen - pooled_expected) / pooled_expected;
    cells++;
  }
  const double freedom = cells - 1;
  return (chi - freedom) / std::sqrt(2 * freedom);
}

TEST(TpccRandom, nurand_has_the_distribution_of_its_formula) {
  EXPECT_LT(std::abs(deviation(255, 0, 999, 123, 400'000)), 5);
  EXPECT_LT(std::abs(deviation(1023, 1, 3000, 259, 400'000)), 5);
  EXPECT_LT(std::abs(deviation(255, 0, 29, 17, 100'000)), 5);  // scaled down: a range smaller than A
}

TEST(TpccRandom, nurand_of_items_is_as_uneven_as_its_formula_says) {
  // The share of the draws that hit the most popular tenth of the items, by theory and by drawing.
  std::vector<double> p(100'000);
  for (std::int64_t i = 0; i <= 8191; i++)
    for (std::int64_t j = 1; j <= 100'000; j += 7) p[static_cast<std::size_t>(((i | j) + 77) % 100'000)] += 1;
  const double total = std::accumulate(p.begin(), p.end(), 0.0);
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] > p[b]; });
  std::vector<bool> popular(p.size());
  double expected = 0;
  for (std::size_t i = 0; i < 10'000; i++) {
    popular[order[i]] = true;
    expected += p[order[i]] / total;
  }
  Random random(3);
  double seen = 0;
  constexpr int kDraws = 200'000;
  for (int i = 0; i < kDraws; i++) seen += popular[static_cast<std::size_t>(nurand(random, 8191, 1, 100'000, 77) - 1)];
  EXPECT_GT(expected, 0.5);  // a uniform choice would be 0.1
  EXPECT_NEAR(seen / kDraws, expected, 0.01);
}

TEST(TpccRandom, the_constants_of_last_names_keep_their_distance) {
  for (std::uint64_t seed = 0; seed < 2000; seed++) {
    const RandomConstants c = constants_from(seed);
    const std::int64_t delta = std::abs(c.last_name_run - c.last_name_load);
    ASSERT_TRUE(delta >= 65 && delta <= 119 && delta != 96 && delta != 112) << "seed " << seed;
    for (const auto& [value, most] :
         {std::pair{c.last_name_load, 255}, {c.last_name_run, 255}, {c.customer, 1023}, {c.item, 8191}})
      ASSERT_TRUE(value >= 0 && value <= most) << "seed " << seed;
    ASSERT_EQ(c, constants_from(seed));
  }
  EXPECT_FALSE(allowed_delta(0, 64));
  EXPECT_TRUE(allowed_delta(0, 65));
  EXPECT_FALSE(allowed_delta(96, 0));
  EXPECT_FALSE(allowed_delta(100, 212));
  EXPECT_TRUE(allowed_delta(119, 0));
  EXPECT_FALSE(allowed_delta(0, 120));
}

TEST(TpccRandom, last_names_are_the_syllables_of_clause_4_3_2_3) {
  EXPECT_EQ(last_name(371), "PRICALLYOUGHT");  // the specification's own example
  EXPECT_EQ(last_name(0), "BARBARBAR");
  EXPECT_EQ(last_name(999), "EINGEINGEING");
  EXPECT_EQ(last_name(246), "ABLEPRESANTI");
  EXPECT_EQ(last_name(583), "ESEATIONPRI");
}

TEST(TpccRandom, strings_have_their_lengths_and_characters) {
  Random random(5);
  char buffer[kLongest];
  std::map<std::size_t, int> lengths;
  std::map<char, int> characters;
  for (int i = 0; i < 10'000; i++) {
    const std::string_view text = letters(random, 8, 16, buffer);
    lengths[text.size()]++;
    for (const char c : text) characters[c]++;
  }
  EXPECT_EQ(lengths.begin()->first, 8u);
  EXPECT_EQ(lengths.rbegin()->first, 16u);
  EXPECT_EQ(characters.size(), 62u);  // 26 + 26 letters and ten digits, all of them about 120000 / 62 times
  for (const auto& [c, n] : characters) EXPECT_NEAR(n, 120'000 / 62, 250) << c;
  for (int i = 0; i < 100; i++) {
    const std::string_view zip = zip_code(random, buffer);
    EXPECT_EQ(zip.size(), 9u);
    EXPECT_EQ(zip.substr(4), "11111");
    EXPECT_TRUE(std::all_of(zip.begin(), zip.end(), [](unsigned char c) { return std::isdigit(c); }));
  }
  int original = 0;
  for (int i = 0; i < 10'000; i++) {
    const std::string_view text = letters_or_original(random, buffer);
    EXPECT_TRUE(text.size() >= 26 && text.size() <= 50);
    original += text.find("ORIGINAL") != std::string_view::npos;
  }
  EXPECT_NEAR(original, 1000, 4 * 30);
}

TEST(TpccTerminal, a_deck_of_23_cards_has_exactly_its_mix) {
  Deck deck;
  Random random(1);
  std::vector<Kind> first;
  bool shuffled = false;
  for (int round = 0; round < 100; round++) {
    std::array<int, kKinds> seen{};
    std::vector<Kind> order;
    for (int card = 0; card < 23; card++) {
      order.push_back(deck.draw(random));
      seen[static_cast<std::size_t>(order.back())]++;
    }
    EXPECT_EQ(seen, (std::array<int, kKinds>{10, 10, 1, 1, 1}));
    if (round == 0) first = order;
    shuffled = shuffled || order != first;
  }
  EXPECT_TRUE(shuffled);
}

TEST(TpccTerminal, weights_are_the_shares_of_a_weighted_mix) {
  const auto weights = parse_weights("new_order=20,payment=70,stock_level=10");
  std::array<double, kKinds> seen{};
  Random random(2);
  constexpr int kDraws = 100'000;
  for (int i = 0; i < kDraws; i++) seen[static_cast<std::size_t>(draw_weighted(random, weights))]++;
  EXPECT_NEAR(seen[0] / kDraws, 0.2, 0.006);
  EXPECT_NEAR(seen[1] / kDraws, 0.7, 0.006);
  EXPECT_EQ(seen[2], 0);
  EXPECT_EQ(seen[3], 0);
  EXPECT_NEAR(seen[4] / kDraws, 0.1, 0.005);
}

TEST(TpccTerminal, think_times_are_exponential_and_cut_off_at_ten_times_the_mean) {
  Random random(4);
  constexpr int kDraws = 400'000;
  double sum = 0, longer_than_mean = 0, longer_than_three = 0, longest = 0;
  for (int i = 0; i < kDraws; i++) {
    const double t = to_seconds(think_time(random, Kind::order_status)) / 10;  // in means
    sum += t;
    longer_than_mean += t > 1;
    longer_than_three += t > 3;
    longest = std::max(longest, t);
  }
  EXPECT_NEAR(sum / kDraws, 1, 0.01);
  EXPECT_NEAR(longer_than_mean / kDraws, std::exp(-1), 0.004);
  EXPECT_NEAR(longer_than_three / kDraws, std::exp(-3), 0.002);
  EXPECT_LE(longest, 10);
  EXPECT_GT(longest, 9.9);  // e^-10 of 400,000 draws are cut off: 18 of them
}

TEST(TpccOptions, mistakes_are_errors_that_say_what_is_expected) {
  const auto make = [](std::map<std::string, std::string> values) {
    Options options(option_table());
    options.set_all(values);
    return make_settings(options);
  };
  EXPECT_THROW(make({{"warehouses", "0"}}), Error);
  EXPECT_THROW(make({{"weights", "new_order"}}), Error);
  EXPECT_THROW(make({{"weights", "neworder=1"}}), Error);
  EXPECT_THROW(make({{"weights", "new_order=0"}}), Error);
  EXPECT_THROW(make({{"weights", "new_order=-1,payment=2"}}), Error);
  EXPECT_THROW(make({{"weights", "new_order=1,new_order=2"}}), Error);
  EXPECT_THROW(make({{"weights", "new_order=1"}, {"mix", "deck"}}), Error);
  for (const char* weights : {"", "new_order=nan", "new_order=inf", "new_order=1,", "new_order="})
    EXPECT_THROW(make({{"weights", weights}}), Error) << weights;
  EXPECT_THROW(make({{"partitions", "2"}, {"warehouses", "1"}}), Error);
  EXPECT_THROW(require_partitions(make({{"partitions", "2"}})), Error) << "to load one warehouse, the default";
  EXPECT_THROW(make({{"partition-type", "range"}}), Error);
  EXPECT_THROW(make({{"isolation-level", "chaos"}}), Error);
  EXPECT_THROW(make({{"scale-down", "101"}}), Error);
  EXPECT_EQ(make({{"weights", "payment=1"}}).mix, Mix::weighted);
  EXPECT_EQ(make({}).mix, Mix::deck);
  EXPECT_TRUE(make({}).think_times);
}

}  // namespace
}  // namespace assay::tpcc
