#include "workloads/kv/row_chooser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace assay::kv {
namespace {

constexpr std::uint64_t kRows = 100;

RunState state_of(Distribution distribution, Shard shard = {}) {
  Config config;
  config.layout.rows = kRows;
  config.mix = {{Op::get, 1}, {Op::insert, 1}};
  config.distribution = distribution;
  return RunState(config, shard, 1, kRows, false);
}

std::vector<double> frequencies(RunState& state, std::uint64_t rows, int draws) {
  RowChooser chooser(state);
  Random random(11);
  std::vector<double> counts(rows);
  for (int i = 0; i < draws; i++) counts.at(chooser.draw(random))++;
  return counts;
}

double zipf(std::uint64_t rank, std::uint64_t n) {
  double zeta = 0;
  for (std::uint64_t r = 1; r <= n; r++) zeta += std::pow(static_cast<double>(r), -0.99);
  return std::pow(static_cast<double>(rank), -0.99) / zeta;
}

void expect_near(double count, double p, double draws) {
  EXPECT_NEAR(count, draws * p, 5 * std::sqrt(draws * p * (1 - p)));
}

TEST(RowChooser, uniform_draws_all_rows_alike) {
  RunState state = state_of(Distribution::uniform);
  for (const double count : frequencies(state, kRows, 200'000)) expect_near(count, 1.0 / kRows, 200'000);
}

TEST(RowChooser, plain_zipfian_draws_the_first_rows_most) {
  RunState state = state_of(Distribution::zipfian_plain);
  const auto counts = frequencies(state, kRows, 200'000);
  for (std::uint64_t row = 0; row < kRows; row++) expect_near(counts[row], zipf(row + 1, kRows), 200'000);
}

TEST(RowChooser, zipfian_has_the_same_frequencies_at_scattered_rows) {
  RunState state = state_of(Distribution::zipfian);
  auto counts = frequencies(state, kRows, 200'000);
  const std::set<std::uint64_t> first_ten{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  std::size_t among_first = 0;
  for (std::uint64_t rank = 0; rank < 10; rank++) among_first += first_ten.contains(state.scatter(rank));
  EXPECT_LT(among_first, 6u);
  for (std::uint64_t rank = 0; rank < kRows; rank++)
    expect_near(counts[state.scatter(rank)], zipf(rank + 1, kRows), 200'000);
}

TEST(RowChooser, latest_draws_the_newest_row_most) {
  RunState state = state_of(Distribution::latest);
  for (int i = 0; i < 50; i++) state.inserts.acknowledge(state.inserts.take());
  const auto counts = frequencies(state, kRows + 50, 200'000);
  for (std::uint64_t age = 0; age < kRows + 50; age++)
    expect_near(counts[kRows + 49 - age], zipf(age + 1, kRows + 50), 200'000);
}

TEST(RowChooser, sequential_takes_the_rows_in_turn_and_shards_share_them) {
  std::multiset<std::uint64_t> rows;
  for (std::uint32_t index = 0; index < 4; index++) {
    RunState state = state_of(Distribution::sequential, {index, 4});
    RowChooser chooser(state);
    Random random(1);
    for (std::uint64_t i = 0; i < kRows / 4; i++) rows.insert(chooser.draw(random));
  }
  for (std::uint64_t row = 0; row < kRows; row++) EXPECT_EQ(rows.count(row), 1u) << row;
}

TEST(RowChooser, no_distribution_draws_a_row_that_is_still_being_inserted) {
  for (const Distribution distribution : {Distribution::uniform, Distribution::zipfian, Distribution::zipfian_plain,
                                          Distribution::latest, Distribution::sequential}) {
    RunState state = state_of(distribution);
    const std::uint64_t hanging = (state.inserts.acknowledge(state.inserts.take()), state.inserts.take());
    state.inserts.acknowledge(state.inserts.take());
    RowChooser chooser(state);
    Random random(3);
    bool met_inserted = false;
    for (int i = 0; i < 20'000; i++) {
      const std::uint64_t row = chooser.draw(random);
      ASSERT_LT(row, state.inserts.row(hanging));
      met_inserted |= row == kRows;
    }
    EXPECT_TRUE(met_inserted);
  }
}

TEST(RowChooser, a_batch_has_different_rows_even_when_it_takes_them_all) {
  RunState state = state_of(Distribution::zipfian);
  RowChooser chooser(state);
  Random random(3);
  std::vector<std::uint64_t> rows;
  for (const std::uint64_t count : {std::uint64_t{1}, std::uint64_t{10}, kRows}) {
    chooser.draw_distinct(random, count, rows);
    EXPECT_EQ(rows.size(), count);
    EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end()));
    EXPECT_EQ(std::set<std::uint64_t>(rows.begin(), rows.end()).size(), count);
  }
}

}  // namespace
}  // namespace assay::kv
