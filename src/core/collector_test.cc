#include "core/collector.h"

#include "base/random.h"
#include "core/driver.h"

#include <gtest/gtest.h>

#include <cmath>

namespace assay {
namespace {

using namespace std::chrono_literals;

class SilentTarget final : public Target {
 public:
  Result<std::unique_ptr<Session>> connect() override { return fail(FailureKind::rejected, "it has no sessions"); }
  Result<ServerFacts> facts() override { return ServerFacts{}; }
};

/// More seconds than a series has intervals, on times that are only counted: each second is recorded, handed over and
/// collected. Wide histograms make up for what would take longer; 24 hours are in src/results/long_run_test.cc.
TEST(Collector, of_a_long_run_keeps_every_operation_and_a_bounded_time_line) {
  constexpr std::uint64_t kSeconds = 4000, kGroups = 2, kOperations = 4, kEach = 40;
  SilentTarget target;
  RunPlan plan;
  plan.duration = std::chrono::seconds(kSeconds);
  plan.groups.resize(kGroups);
  for (GroupPlan& group : plan.groups) {
    group.target = &target;
    group.group.operations = {{"a", "", false}, {"b", "", false}, {"c", "", false}, {"d", "", false}};
  }
  const TimePoint start = real_clock().now();
  const Phases phases(start, 0s, 0s, plan.duration);
  const Standstills standstills(real_clock());
  OutageTracker outages(1);
  std::vector<std::unique_ptr<GroupRun>> groups;
  std::vector<std::unique_ptr<Recorder>> recorders;
  for (const GroupPlan& group : plan.groups) {
    groups.push_back(std::make_unique<GroupRun>(group, plan.retry, standstills, outages));
    recorders.push_back(std::make_unique<Recorder>(phases, plan.interval, groups.back()->mailbox));
  }
  RunObserver observer;
  Collector collector(plan, groups, phases, observer);

  Random random(1);
  std::size_t most = 0, heard = 0;
  for (std::uint64_t second = 0; second < kSeconds; second++) {
    const TimePoint now = start + std::chrono::seconds(second);
    for (const auto& recorder : recorders)
      for (std::size_t operation = 0; operation < kOperations; operation++)
        for (std::uint64_t i = 0; i < kEach; i++) {
          const auto took = Nanos(static_cast<std::int64_t>(1e6 * std::exp2(4 * random.unit())));
          recorder->succeeded(OperationId(operation), {.due = now, .sent = now, .end = now + took});
        }
    heard += collector.collect(now + 200ms) ? 1 : 0;
    if (second % 20 != 0) continue;  // what a sanitizer makes slow
    std::size_t bytes = 0;
    for (const GroupOutcome& outcome : collector.so_far()) bytes += outcome.series.bytes();
    most = std::max(most, bytes);
  }
  recorders.clear();
  RunOutcome outcome;
  collector.finish(outcome, start + std::chrono::seconds(kSeconds));

  EXPECT_LE(most, Series::kMostBytes);
  EXPECT_GT(most, Series::kMostBytes * 9 / 10) << "the run is too small to come to the limit";
  EXPECT_EQ(heard, kSeconds - 1);
  ASSERT_EQ(outcome.groups.size(), kGroups);
  for (const GroupOutcome& group : outcome.groups) {
    std::uint64_t completed = 0;
    for (const SeriesInterval& interval : group.series.intervals()) completed += interval.operations[1].completed;
    EXPECT_EQ(completed, kEach * kSeconds);
    EXPECT_EQ(group.phases[static_cast<std::size_t>(Phase::measure)].operations[0].completed, kEach * kSeconds);
    EXPECT_GE(group.series.intervals().size(), 300u);
  }
}

}  // namespace
}  // namespace assay
