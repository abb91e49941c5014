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
