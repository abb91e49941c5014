#include "job/outcome.h"

#include "base/error.h"
#include "base/random.h"
#include "job/document.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kAgents = 8, kEach = 20'000;

RunPlan plan_of_one_group() {
  RunPlan plan;
  GroupPlan& group = plan.groups.emplace_back();
  group.group.name = "clients";
  group.group.operations = {{"read", "", false}};
  group.group.counters = {"missing"};
  return plan;
}

/// What one agent measured, and its raw response times.
RunOutcome outcome_of_agent(std::size_t agent, std::vector<std::int64_t>& raw) {
  RunOutcome outcome;
  GroupOutcome& group = outcome.groups.emplace_back();
  for (GroupStats& stats : group.phases) stats = GroupStats(1, 1);
  group.series = Series(1s, 1);
  Random random(agent + 1);
  for (std::int64_t second = 0; second < 20; second++) {
    GroupStats stats(1, 1);
    for (std::size_t i = 0; i < kEach / 20; i++) {
      // Each agent has another median, so that a mean of percentiles would be wrong.
      const double median = 1e5 * std::exp2(static_cast<double>(agent));
      const auto took =
          static_cast<std::int64_t>(median * std::exp(2 * (random.unit() + random.unit() + random.unit() - 1.5)));
      raw.push_back(took);
      stats.operations[0].response.record(Nanos(took));
      stats.operations[0].service.record(Nanos(took / 2));
      stats.operations[0].completed++;
    }
    stats.counters[0] = agent;
    group.phases[static_cast<std::size_t>(Phase::measure)].merge(stats);
    group.series.add(second, Phase::measure, stats);
  }
  group.failures.add(OperationId(0), {FailureKind::timeout, "57014", "canceled", false});
  group.abandoned = agent;
  group.round_trips = 10 * agent;
  outcome.measure = 20s;
  outcome.events = {{Nanos(1), Nanos(0), "change", "something"}};
  outcome.cost = {
      .cpu_seconds = 1, .operations = kEach, .peak_rss_bytes = 100, .busiest_loop = 0.1 * static_cast<double>(agent)};
  return outcome;
}

std::string name_of(std::size_t agent) { return "agent" + std::to_string(agent); }

struct Fleet8 {
  std::vector<std::int64_t> raw;
  RunOutcome merged;
};

/// Eight agents whose results travel as documents, as those of real ones do.
Fleet8 merge_eight() {
  Fleet8 out;
  const RunPlan plan = plan_of_one_group();
  std::vector<RunOutcome> parts;
  std::vector<std::string> names;
  for (std::size_t agent = 0; agent < kAgents; agent++) {
    Document document = measured_document(plan, outcome_of_agent(agent, out.raw));
    document.targets.push_back({"main", "null", "null:", "", "", {}});
    Document there = from_json(to_json(document));
    there.events = outcome_of_agent(agent, *std::make_unique<std::vector<std::int64_t>>()).events;
    there.own_cost = {.cpu_seconds = 1,
                      .operations = kEach,
                      .peak_rss_bytes = 100,
                      .threads = 1,
                      .busiest_loop = 0.1 * static_cast<double>(agent),
                      .loops = 2,
                      .io_uring_loops = agent == 0 ? 2u : 1u};
    parts.push_back(outcome_of(there));
    names.push_back(name_of(agent));
  }
  out.merged = merged(parts, names);
  std::sort(out.raw.begin(), out.raw.end());
  return out;
}

TEST(Outcome, percentiles_of_8_agents_are_those_of_all_raw_samples_to_0_8_percent) {
  const Fleet8 fleet = merge_eight();
  const Histogram& response =
      fleet.merged.groups[0].phases[static_cast<std::size_t>(Phase::measure)].operations[0].response;
  ASSERT_EQ(response.count(), kAgents * kEach);
  for (const double q : {0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(fleet.raw.size()))) - 1;
    const double exact = static_cast<double>(fleet.raw[rank]);
    EXPECT_NEAR(static_cast<double>(response.quantile(q).count()), exact, 0.008 * exact) << q;
  }
  EXPECT_EQ(response.max().count(), fleet.raw.back());
  EXPECT_EQ(response.min().count(), fleet.raw.front());
}

TEST(Outcome, nothing_is_lost_or_counted_twice_by_merging) {
  const Fleet8 fleet = merge_eight();
  const GroupOutcome& group = fleet.merged.groups[0];
  const GroupStats& measured = group.phases[static_cast<std::size_t>(Phase::measure)];
  EXPECT_EQ(measured.operations[0].completed, kAgents * kEach);
  EXPECT_EQ(measured.counters[0], 20u * (0 + 1 + 2 + 3 + 4 + 5 + 6 + 7));
  EXPECT_EQ(group.abandoned, 28u);
  EXPECT_EQ(group.round_trips, 280u);
  ASSERT_EQ(group.failures.samples().size(), 1u);
  EXPECT_EQ(group.failures.samples()[0].count, kAgents);
  ASSERT_EQ(group.series.intervals().size(), 20u);
  Histogram all;
  for (const SeriesInterval& interval : group.series.intervals()) {
    EXPECT_EQ(interval.operations[0].completed, kAgents * kEach / 20);
    all.merge(Histogram::decode(interval.operations[0].response));
  }
  EXPECT_EQ(all, measured.operations[0].response);
  EXPECT_DOUBLE_EQ(fleet.merged.cost.cpu_seconds, 8);
  EXPECT_EQ(fleet.merged.cost.peak_rss_bytes, 800u);
  EXPECT_DOUBLE_EQ(fleet.merged.cost.busiest_loop, 0.7);
  EXPECT_EQ(fleet.merged.cost.loops, 16u);
  EXPECT_EQ(fleet.merged.cost.io_uring_loops, 9u);
  ASSERT_EQ(fleet.merged.events.size(), kAgents);
  EXPECT_EQ(fleet.merged.events[3].text, "agent3: something");
  EXPECT_EQ(fleet.merged.measure, 20s);
}

TEST(Outcome, a_piece_of_a_time_line_is_read_back_as_it_was) {
  Interval interval(2, 1);
  interval.index = 7;
  interval.phase = Phase::measure;
  interval.stats.operations[0].response.record(3ms);
  interval.stats.operations[0].completed = 1;
  interval.stats.operations[1].failures[2] = 4;
  interval.stats.counters[0] = 9;
  GroupStats& stray = interval.strays.emplace(Phase::warmup, GroupStats(2, 1)).first->second;
  stray.operations[1].lag.record(2us);
  std::vector<Interval> by_group;
  ASSERT_EQ(read_interval(to_json(3, Interval(2, 1)), by_group), 3u);
  ASSERT_EQ(read_interval(to_json(3, interval), by_group), 3u);  // where another one was
  const Interval& back = by_group[3];
  EXPECT_EQ(back.index, 7);
  EXPECT_EQ(back.phase, Phase::measure);
  EXPECT_EQ(back.stats.operations[0].response, interval.stats.operations[0].response);
  EXPECT_EQ(back.stats.operations[0].completed, 1u);
  EXPECT_EQ(back.stats.operations[1].failures, interval.stats.operations[1].failures);
  EXPECT_EQ(back.stats.counters, interval.stats.counters);
  ASSERT_TRUE(back.strays.contains(Phase::warmup));
  EXPECT_EQ(back.strays.at(Phase::warmup).operations[1].lag, stray.operations[1].lag);
}

TEST(Outcome, a_piece_leaves_nothing_of_the_one_before_it) {
  Interval interval(1, 1);
  interval.stats.operations[0].response.record(3ms);
  interval.stats.operations[0].failures[1] = 4;
  interval.strays.emplace(Phase::warmup, GroupStats(1, 1));
  std::vector<Interval> by_group;
  read_interval(to_json(0, interval), by_group);
  read_interval(to_json(0, Interval(1, 1)), by_group);
  EXPECT_TRUE(by_group[0].stats.empty());
  EXPECT_TRUE(by_group[0].strays.empty());
}

TEST(Outcome, a_piece_that_is_none_is_refused) {
  std::vector<Interval> by_group;
  EXPECT_THROW(read_interval(nlohmann::json::object(), by_group), Error);
  nlohmann::json piece = to_json(0, Interval(1, 0));
  piece["phase"] = "lunch";
  EXPECT_THROW(read_interval(piece, by_group), Error);
  piece = to_json(0, Interval(1, 0));
  piece["stats"]["operations"][0]["response"] = "!";
  EXPECT_THROW(read_interval(piece, by_group), Error);
  EXPECT_THROW(read_interval(to_json(1'000'000, Interval(1, 0)), by_group), Error);
}

TEST(Outcome, results_of_different_groups_are_not_merged) {
  std::vector<std::int64_t> raw;
  std::vector<RunOutcome> parts;
  parts.push_back(outcome_of_agent(0, raw));
  parts.push_back(outcome_of_agent(1, raw));
  parts[1].groups[0].phases[0] = GroupStats(2, 1);
  const std::vector<std::string> names{"a", "b"};
  EXPECT_THROW(merged(parts, names), Error);
}

}  // namespace
}  // namespace assay
