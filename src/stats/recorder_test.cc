#include "stats/recorder.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

using namespace std::chrono_literals;

TEST(Recorder, group_stats_merge_by_addition) {
  GroupStats a(2, 1), b(2, 1);
  a.operations[0].response.record(1ms);
  b.operations[0].response.record(3ms);
  b.operations[1].failures[static_cast<int>(FailureKind::timeout)] = 2;
  b.counters[0] = 5;
  a.merge(b);
  EXPECT_EQ(a.operations[0].count(), 2u);
  EXPECT_EQ(a.operations[1].errors(), 2u);
  EXPECT_EQ(a.counters[0], 5u);
  a.clear();
  EXPECT_TRUE(a.empty());
}

TEST(Recorder, the_failure_log_is_bounded_and_loses_no_count) {
  FailureLog log;
  for (int i = 0; i < 1000; i++) log.add(OperationId{0}, Failure{FailureKind::rejected, std::to_string(i % 100), "no"});
  std::uint64_t counted = log.others();
  for (const FailureSample& sample : log.samples()) counted += sample.count;
  EXPECT_EQ(counted, 1000u);
  EXPECT_EQ(log.samples().size(), FailureLog::kMost);
}

}  // namespace
}  // namespace assay
