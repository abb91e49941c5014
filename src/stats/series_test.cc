#include "stats/series.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

using namespace std::chrono_literals;

TEST(Series, a_long_run_keeps_at_most_3600_intervals_and_loses_nothing) {
  Series series(1s, 1);
  GroupStats stats(1);
  stats.operations[0].response.record(2ms);
  stats.operations[0].completed = 1;
  const int seconds = 86'400;
  for (int second = 0; second < seconds; second++) series.add(second, Phase::measure, stats);
  EXPECT_LE(series.intervals().size(), Series::kMostIntervals);
  EXPECT_EQ(series.interval(), 32s);  // 86,400 / 3,600 = 24, the next power of two
  std::uint64_t completed = 0, recorded = 0;
  for (const SeriesInterval& interval : series.intervals()) {
    completed += interval.operations[0].completed;
    recorded += Histogram::decode(interval.operations[0].response).count();
  }
  EXPECT_EQ(completed, static_cast<std::uint64_t>(seconds));
  EXPECT_EQ(recorded, static_cast<std::uint64_t>(seconds));
}

TEST(Series, a_run_in_which_hardly_anything_happens_has_no_more_intervals_to_show_than_another) {
  Series series(1s, 1);
  GroupStats stats(1);
  stats.operations[0].response.record(2ms);
  for (int hour = 0; hour < 24 * 30; hour++) series.add(hour * 3600, Phase::measure, stats);
  EXPECT_EQ(series.intervals().size(), 24u * 30);
  EXPECT_LT(series.intervals().back().index, Series::kMostSpan);
  EXPECT_EQ(series.interval(), 32s);  // 30 days are 2,592,000 s; over 100,000 that is 26, the next power of two
}

TEST(Series, together_they_take_no_more_than_they_may_and_lose_nothing) {
  // Each interval has histograms with many buckets; the second group has a tenth of the operations.
  Series large(1s, 5), small(1s, 1);
  Series* const both[] = {&large, &small};
  std::uint64_t value = 1, recorded = 0;
  for (int second = 0; second < 600; second++) {
    GroupStats much(5), little(1);
    for (OperationStats& operation : much.operations)
      for (int i = 0; i < 100; i++) {
        value = value * 6364136223846793005u + 1442695040888963407u;
        operation.response.record(Nanos(value >> 36));
        recorded++;
      }
    little.operations[0].response.record(Nanos(value >> 36));
    large.add(second, Phase::measure, much);
    small.add(second, Phase::measure, little);
    Series::keep_within(300'000, both);
    ASSERT_LE(large.bytes() + small.bytes(), 300'000u);
  }
  EXPECT_GT(large.interval(), small.interval()) << "it is the large one that is made coarser";
  std::uint64_t found = 0;
  for (const SeriesInterval& interval : large.intervals())
    for (const SeriesCell& cell : interval.operations) found += Histogram::decode(cell.response).count();
  EXPECT_EQ(found, recorded);
}

TEST(Series, pieces_that_come_late_are_added_to_their_interval) {
  Series series(1s, 1);
  GroupStats stats(1);
  stats.operations[0].response.record(1ms);
  series.add(2, Phase::measure, stats);
  series.add(1, Phase::warmup, stats);
  series.add(2, Phase::measure, stats);
  ASSERT_EQ(series.intervals().size(), 2u);
  EXPECT_EQ(series.intervals()[0].phase, Phase::warmup);
  EXPECT_EQ(series.intervals()[1].operations[0].count, 2u);
}

}  // namespace
}  // namespace assay
