#include "coordinator/live_run.h"

#include "job/outcome.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace assay::coordinator {
namespace {

using namespace std::chrono_literals;

class LiveRunTest : public testing::Test {
 protected:
  static RunPlan one_group() {
    RunPlan plan;
    GroupPlan& group = plan.groups.emplace_back();
    group.group.name = "kv";
    group.group.operations = {{"get", "", false}, {"inner", "", true}};
    return plan;
  }
  /// A whole second of one agent.
  static nlohmann::json second(std::int64_t index, std::uint64_t completed, std::uint64_t timeouts = 0,
                               Phase phase = Phase::measure) {
    Interval interval(2, 0);
    interval.phase = phase;
    interval.index = index;
    interval.stats.operations[0].completed = completed;
    interval.stats.operations[0].failures[static_cast<std::size_t>(FailureKind::timeout)] = timeouts;
    interval.stats.operations[1].completed = 1000;  // nested: part of the others
    return to_json(0, interval);
  }
  Live take(Nanos measured_until = Nanos::max()) { return live_.take_live(Phase::measure, 3s, 1s, measured_until); }

  const RunPlan plan_ = one_group();
  RunObserver nobody_;
  LiveRun live_{plan_, 2};
};

TEST_F(LiveRunTest, rates_are_of_the_intervals_that_came_however_long_that_took) {
  live_.add(0, second(0, 20), nobody_);
  live_.add(0, second(1, 22, 4), nobody_);
  live_.add(1, second(0, 30), nobody_);
  const Live live = take();
  ASSERT_EQ(live.agents.size(), 2U);
  EXPECT_EQ(live.agents[0].rate, 21);
  EXPECT_EQ(live.agents[0].error_rate, 2);
  EXPECT_EQ(live.agents[1].rate, 30);
  EXPECT_EQ(live.groups.at(0).rate, 51);
  EXPECT_EQ(live.operations, 72U);
  EXPECT_EQ(live.errors, 4U);
}

TEST_F(LiveRunTest, the_last_rate_is_of_the_time_until_the_end_and_not_of_whole_seconds) {
  live_.add(0, second(2, 10), nobody_);
  live_.add(0, second(2, 1, 0, Phase::drain), nobody_);
  EXPECT_EQ(take(2500ms).groups.at(0).rate, 22) << "11 in the half second before the end";
  live_.add(0, second(3, 40), nobody_);
  live_.add(0, second(4, 2, 0, Phase::drain), nobody_);
  EXPECT_EQ(take(4s).groups.at(0).rate, 42) << "a second, and a moment behind it";
  live_.add(0, second(5, 3, 0, Phase::drain), nobody_);
  EXPECT_EQ(take(4s).groups.at(0).rate, 3) << "what is late is told for a second";
}

TEST_F(LiveRunTest, an_agent_that_told_nothing_keeps_its_rate_once_and_then_has_none) {
  for (const std::size_t agent : {0, 1}) live_.add(agent, second(0, 20), nobody_);
  EXPECT_EQ(take().groups.at(0).rate, 40);
  live_.add(1, second(1, 26), nobody_);
  Live live = take();
  EXPECT_EQ(live.agents[0].rate, 20);
  EXPECT_EQ(live.groups.at(0).rate, 46);
  live_.add(1, second(2, 26), nobody_);
  live = take();
  EXPECT_EQ(live.agents[0].rate, 0);
  EXPECT_EQ(live.groups.at(0).rate, 26);
}

TEST_F(LiveRunTest, cpu_is_what_was_used_between_two_answers) {
  const TimePoint begin{};
  live_.tell_cpu(0, 10s, begin);
  EXPECT_FALSE(take().agents[0].cpu);
  live_.tell_cpu(0, 11s, begin + 2s);
  const Live live = take();
  EXPECT_EQ(live.agents[0].cpu, 0.5);
  EXPECT_FALSE(live.agents[1].cpu);
  EXPECT_FALSE(take().agents[0].cpu) << "it told nothing new";
}

}  // namespace
}  // namespace assay::coordinator
