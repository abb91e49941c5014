#include "results/measured_series.h"

#include "results/sample_run.h"

#include <gtest/gtest.h>

#include <numeric>

namespace assay {
namespace {

using std::chrono::seconds;

GroupStats operations(int n, Nanos took, int failed = 0) {
  GroupStats stats(1, 0);
  for (int i = 0; i < n; i++) stats.operations[0].response.record(took);
  stats.operations[0].completed = static_cast<std::uint64_t>(n);
  stats.operations[0].failures[0] = static_cast<std::uint64_t>(failed);
  return stats;
}

/// 1 s of warm-up, 3 s measured, 2 s of drain.
Document document() {
  Document d;
  d.phases = {{Phase::warmup, Nanos(0), seconds(1)},
              {Phase::measure, seconds(1), seconds(3)},
              {Phase::drain, seconds(4), seconds(2)}};
  GroupResult g{"g", "main", 1, 1};
  g.operations = {{"get", false, {}}};
  g.series = Series(seconds(1), 1);
  g.series.add(0, Phase::warmup, operations(100, Nanos(10)));
  g.series.add(1, Phase::measure, operations(4, Nanos(20)));
  g.series.add(3, Phase::measure, operations(6, Nanos(40), 2));
  g.series.add(5, Phase::drain, operations(1, Nanos(100), 3));
  d.groups = {g};
  return d;
}

TEST(MeasuredSeries, the_warm_up_is_left_out_and_a_second_without_operations_counts) {
  const MeasuredSeries s = measured_series(document(), "g", "get");
  EXPECT_EQ(s.rate, (std::vector<double>{4, 0, 6}));
  ASSERT_EQ(s.responses.size(), 3u);
  EXPECT_EQ(s.responses[0].count(), 4u);
  EXPECT_EQ(s.responses[1].count(), 0u);
}

TEST(MeasuredSeries, what_ended_in_the_drain_was_due_before_and_is_in_the_last_interval) {
  const MeasuredSeries s = measured_series(document(), "g", "get");
  EXPECT_EQ(s.rate[2], 6);  // what completed in the measured time: the rate has no more
  EXPECT_EQ(s.responses[2].count(), 7u);
  EXPECT_EQ(s.responses[2].max(), Nanos(100));
  EXPECT_EQ(s.failed[2].part, 5);
  EXPECT_EQ(s.failed[2].whole, 12);
  EXPECT_EQ(s.mean[2].part, 6 * 40 + 100);
  EXPECT_EQ(s.mean[2].whole, 7);
}

TEST(MeasuredSeries, all_is_the_sum_of_what_is_not_nested) {
  Document d = document();
  d.groups.push_back(d.groups[0]);
  d.groups[1].name = "h";
  EXPECT_EQ(measured_series(d, "all", "all").rate, (std::vector<double>{8, 0, 12}));
  EXPECT_EQ(measured_series(d, "h", "all").rate, (std::vector<double>{4, 0, 6}));
  d.groups[1].operations[0].nested = true;
  EXPECT_EQ(measured_series(d, "all", "all").rate, (std::vector<double>{4, 0, 6}));
  EXPECT_EQ(measured_series(d, "h", "get").rate, (std::vector<double>{4, 0, 6}));
}

TEST(MeasuredSeries, an_hour_has_as_many_blocks_as_are_resampled_and_loses_nothing) {
  const Document d = sample_run({.operations = {{"get", 10, 0}}, .seconds = 600});
  const MeasuredSeries s = measured_series(d, "g", "get");
  EXPECT_EQ(s.rate.size(), 600u);
  EXPECT_EQ(s.responses.size(), 60u);
  std::uint64_t count = 0;
  for (const Histogram& block : s.responses) count += block.count();
  EXPECT_EQ(count, 6000u);
}

TEST(MeasuredSeries, a_run_that_did_not_measure_has_none) {
  Document d = document();
  d.phases.resize(1);
  EXPECT_TRUE(measured_series(d, "g", "get").rate.empty());
}

}  // namespace
}  // namespace assay
