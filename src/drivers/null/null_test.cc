#include "base/error.h"
#include "core/engine.h"
#include "core/validity.h"
#include "drivers/null/null_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <thread>

namespace assay {
namespace {

using namespace std::chrono_literals;

RunOutcome run_for(Nanos duration, GroupPlan group, std::uint64_t count = 0, int threads = 1) {
  RunPlan plan;
  plan.groups.push_back(std::move(group));
  plan.duration = duration;
  plan.count = count;
  plan.threads = threads;
  RunObserver observer;
  return run(plan, {}, observer);
}

/// The outcome of a run that the machine had a processor for, which a busy one has not always: then assay says INVALID,
/// rightly, and the run begins anew.
template <class MakeRun>
RunOutcome unspoiled(const MakeRun& make_run) {
  RunOutcome outcome;
  for (int attempt = 0; attempt < 5; attempt++) {
    outcome = make_run();
    if (outcome.invalid.empty()) break;
  }
  return outcome;
}

class OnFibersAndThreads : public testing::TestWithParam<Waiting> {};

TEST_P(OnFibersAndThreads, every_operation_of_a_constant_rate_is_recorded_once) {
  const auto target = open_null({{"latency", "1ms"}});
  const RunOutcome outcome =
      run_for(1s, get_group(*target, Schedule::parse("2000", "constant", "0", 0s), 8, 8, GetParam()));
  EXPECT_EQ(measured(outcome).count(), 2000u);
  EXPECT_EQ(measured(outcome).errors(), 0u);
  EXPECT_GE(measured(outcome).service.min(), 1ms);
}

TEST_P(OnFibersAndThreads, a_count_ends_the_run_after_exactly_that_many) {
  const auto target = open_null({{"latency", "100us"}});
  const RunOutcome outcome = run_for(Nanos::max(), get_group(*target, Schedule(), 7, 3, GetParam()), 1000);
  EXPECT_EQ(measured(outcome).count(), 1000u);
  EXPECT_FALSE(outcome.partial);
}

TEST_P(OnFibersAndThreads, more_clients_than_sessions_take_turns_and_their_wait_is_the_targets) {
  // 4 clients on 1 session that takes 5 ms: each waits 15 ms for its turn, and that is wait, not lag.
  const auto target = open_null({{"latency", "5ms"}});
  const RunOutcome outcome = run_for(1s, get_group(*target, Schedule(), 4, 1, GetParam()));
  const double wait_ms = to_millis(measured(outcome).wait.quantile(0.5));
  const double service_ms = to_millis(measured(outcome).service.quantile(0.5));
  EXPECT_NEAR(wait_ms, 3 * service_ms, 0.25 * 3 * service_ms);
  EXPECT_LT(to_millis(measured(outcome).lag.quantile(0.5)), 1.0);
}

TEST_P(OnFibersAndThreads, failures_are_counted_by_kind_and_never_as_throughput) {
  const auto target = open_null({{"latency", "100us"}, {"fail", "rejected"}, {"fail-every", "10"}});
  const RunOutcome outcome = run_for(Nanos::max(), get_group(*target, Schedule(), 1, 1, GetParam()), 1000);
  EXPECT_EQ(measured(outcome).failures[static_cast<std::size_t>(FailureKind::rejected)], 100u);
  EXPECT_EQ(measured(outcome).count(), 900u);
  EXPECT_EQ(measured(outcome).completed, 900u);
  EXPECT_EQ(outcome.groups[0].failures.samples().size(), 1u);
}

TEST_P(OnFibersAndThreads, a_conflict_is_tried_again_inside_the_response_time_and_counted) {
  const auto target = open_null({{"latency", "100us"}, {"fail", "conflict"}, {"fail-every", "10"}});
  const RunOutcome outcome = run_for(Nanos::max(), get_group(*target, Schedule(), 1, 1, GetParam()), 900);
  EXPECT_EQ(measured(outcome).errors(), 0u);
  EXPECT_EQ(measured(outcome).count(), 900u);
  // Every 10th try fails, tries included: 900 successes need floor(900 / 9) - 1 = 99 or 100 more tries.
  EXPECT_NEAR(static_cast<double>(measured(outcome).retries), 99.5, 1);
}

TEST_P(OnFibersAndThreads, a_lost_session_is_reopened_and_the_outage_is_an_event) {
  const auto target =
      open_null({{"latency", "1ms"}, {"fail", "disconnected"}, {"fail-every", "300"}, {"refuse-for", "200ms"}});
  const RunOutcome outcome = run_for(1s, get_group(*target, Schedule(), 1, 1, GetParam()));
  ASSERT_FALSE(outcome.events.empty());
  EXPECT_EQ(outcome.events[0].kind, "outage");
  EXPECT_GE(outcome.events[0].length, 200ms);
  EXPECT_LT(outcome.events[0].length, 900ms);
  EXPECT_GT(measured(outcome).count(), 300u);
  EXPECT_GE(measured(outcome).failures[static_cast<std::size_t>(FailureKind::disconnected)], 1u);
}

TEST_P(OnFibersAndThreads, what_waited_for_a_session_to_come_back_waited_and_was_served_as_fast_as_ever) {
  // The 100th of 1 ms each loses the session for 400 ms; what is due meanwhile waits.
  const auto target =
      open_null({{"latency", "1ms"}, {"fail", "disconnected"}, {"fail-every", "100"}, {"refuse-for", "400ms"}});
  const RunOutcome outcome =
      run_for(1s, get_group(*target, Schedule::parse("200", "constant", "0", 0s), 1, 1, GetParam()));
  const OperationStats& get = measured(outcome);
  EXPECT_GE(get.response.max(), 380ms);
  EXPECT_GE(get.wait.max(), 380ms);
  EXPECT_LT(get.service.max(), 200ms);
  const double parts = get.wait.mean_ns() + get.lag.mean_ns() + get.service.mean_ns();
  EXPECT_NEAR(parts, get.response.mean_ns(), 0.001 * get.response.mean_ns()) << "response = wait + lag + service";
}

TEST_P(OnFibersAndThreads, groups_on_one_target_have_one_outage) {
  const auto target = open_null({{"fail", "disconnected"}, {"fail-every", "150"}, {"refuse-for", "300ms"}});
  RunPlan plan;
  plan.duration = 1s;
  for (const char* name : {"main", "other"}) {
    plan.groups.push_back(get_group(*target, Schedule::parse("300", "constant", "0", 0s), 1, 1, GetParam()));
    plan.groups.back().group.name = name;
  }
  RunObserver observer;
  const RunOutcome outcome = run(plan, {}, observer);
  std::vector<Event> outages;
  for (const Event& event : outcome.events)
    if (event.kind == "outage") outages.push_back(event);
  ASSERT_FALSE(outages.empty());
  std::ranges::sort(outages, {}, &Event::at);
  for (std::size_t i = 1; i < outages.size(); i++)
    EXPECT_LE(outages[i - 1].at + outages[i - 1].length, outages[i].at) << "of one target, told once for each group";
}

TEST_P(OnFibersAndThreads, what_was_due_and_never_begun_when_the_drain_ends_counts_as_timed_out) {
  // One session that takes 300 ms, 100 operations due in 1 s, a drain of 0: most are never begun.
  const auto target = open_null({{"latency", "300ms"}});
  RunPlan plan;
  plan.groups.push_back(get_group(*target, Schedule::parse("100", "constant", "0", 0s), 1, 1, GetParam()));
  plan.duration = 1s;
  plan.drain = 0s;
  RunObserver observer;
  const RunOutcome outcome = run(plan, {}, observer);
  const OperationStats& get = measured(outcome);
  EXPECT_EQ(get.count() + get.errors(), 100u);
  EXPECT_GT(outcome.groups[0].abandoned, 90u);
  EXPECT_EQ(get.failures[static_cast<std::size_t>(FailureKind::timeout)], outcome.groups[0].abandoned);
}

TEST_P(OnFibersAndThreads, a_stop_request_ends_the_run_early_and_keeps_what_was_measured) {
  const auto target = open_null({{"latency", "1ms"}});
  RunPlan plan;
  plan.groups.push_back(get_group(*target, Schedule(), 2, 2, GetParam()));
  plan.duration = 1h;
  RunObserver observer;
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(300ms);
    stop.request_stop();
  });
  const RunOutcome outcome = run(plan, stop.get_token(), observer);
  EXPECT_TRUE(outcome.partial);
  EXPECT_GT(measured(outcome).count(), 100u);
  EXPECT_LT(outcome.measure, 10s);
  EXPECT_EQ(std::ranges::count(outcome.events, "interrupted", &Event::kind), 1);
}

TEST_P(OnFibersAndThreads, a_stop_request_in_the_drain_ends_it) {
  const auto target = open_null({{"latency", "1h"}});
  RunPlan plan;
  plan.groups.push_back(get_group(*target, Schedule(), 2, 2, GetParam()));
  plan.duration = 100ms;
  plan.drain = 1h;
  RunObserver observer;
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(400ms);
    stop.request_stop();
  });
  const RunOutcome outcome = run(plan, stop.get_token(), observer);
  EXPECT_TRUE(outcome.partial);
  EXPECT_LT(outcome.drain, 10min);
  EXPECT_EQ(measured(outcome).failures[static_cast<std::size_t>(FailureKind::cancelled)], 2u);
}

/// Rate r, no service time, nothing answered from a to a + s in a run of length d. The r·s operations due in the stall
/// end with it: one due at a + u takes s − u, u uniform on [0, s]. All others take nothing. So the fraction of
/// operations that take longer than x is (s − x)/d, and the q-quantile of the response is s − (1 − q)·d where that is
/// positive, else 0.
double stalled_quantile(double q, double stall, double duration) { return std::max(0.0, stall - (1 - q) * duration); }

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double kTolerance = 0.1;  // the backlog of the stall is worked off many times slower
#else
constexpr double kTolerance = 0.02;
#endif

TEST_P(OnFibersAndThreads,
       a_stall_under_a_constant_rate_shows_in_response_as_theory_says_and_in_service_once_a_session) {
  const std::uint64_t sessions = 4;
  const RunOutcome outcome = unspoiled([&] {
    const auto target = open_null({{"stall-at", "2s"}, {"stall", "1s"}});
    return run_for(5s, get_group(*target, Schedule::parse("2000", "constant", "0", 0s), 100, sessions, GetParam()));
  });
  const OperationStats& get = measured(outcome);
  ASSERT_EQ(get.count(), 10'000u);
  for (const double q : {0.9, 0.95, 0.99, 0.999}) {
    const double want = stalled_quantile(q, 1, 5);
    EXPECT_NEAR(to_seconds(get.response.quantile(q)), want, kTolerance * want) << "q=" << q;
  }
  EXPECT_LT(get.response.quantile(0.75), 50ms);
  const std::uint64_t shown = get.count() - get.service.count_at_or_below(500ms);
  EXPECT_GE(shown, 1u);
  EXPECT_LE(shown, sessions);
  EXPECT_TRUE(outcome.invalid.empty());  // the target's slowness never makes a run invalid
}

INSTANTIATE_TEST_SUITE_P(Null, OnFibersAndThreads, testing::Values(Waiting::fiber, Waiting::thread),
                         [](const auto& info) { return info.param == Waiting::fiber ? "fibers" : "threads"; });

TEST(NullRun, several_loops_share_the_work_without_losing_any) {
  const auto target = open_null({{"latency", "1ms"}});
  const RunOutcome outcome =
      run_for(1s, get_group(*target, Schedule::parse("3000", "constant", "0", 0s), 9, 9, Waiting::fiber), 0, 3);
  EXPECT_EQ(measured(outcome).count(), 3000u);
}

TEST(NullRun, ten_thousand_clients_with_think_time_share_few_sessions) {
  const auto target = open_null({});
  const RunOutcome outcome =
      run_for(2s, get_group(*target, Schedule::parse("", "constant", "exp:1s", 0s), 10'000, 4, Waiting::fiber));
  // A closed loop of N clients with mean think time Z and no service time has throughput N / Z: 10,000/s.
  EXPECT_NEAR(static_cast<double>(measured(outcome).completed), 20'000, 4 * std::sqrt(20'000));
  EXPECT_LT(measured(outcome).lag.quantile(0.5), 5ms);
}

TEST(NullRun, phases_separate_what_counts_from_what_does_not) {
  const auto target = open_null({{"latency", "1ms"}});
  RunPlan plan;
  plan.groups.push_back(get_group(*target, Schedule::parse("1000", "constant", "0", 0s), 4, 4, Waiting::fiber));
  plan.warmup = 500ms;
  plan.duration = 1s;
  RunObserver observer;
  const RunOutcome outcome = run(plan, {}, observer);
  EXPECT_EQ(outcome.groups[0].phases[static_cast<std::size_t>(Phase::warmup)].operations[0].count(), 500u);
  EXPECT_EQ(measured(outcome).count(), 1000u);
  EXPECT_EQ(outcome.groups[0].phases[static_cast<std::size_t>(Phase::ramp)].operations[0].count(), 0u);
}

TEST(NullRun, a_target_that_refuses_at_the_start_is_unreachable) {
  const auto target = open_null({{"fail", "disconnected"}, {"fail-every", "1"}, {"refuse-for", "10s"}});
  auto session = target->connect();
  std::string value;
  ASSERT_FALSE((*session)->kv()->get("k", value));
  try {
    run_for(1s, get_group(*target, Schedule(), 1, 1, Waiting::fiber));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::unreachable);
  }
}

TEST(NullScript, is_played_under_load_only) {
  const auto target =
      open_null({{"fail", "disconnected"}, {"fail-every", "1"}, {"refuse-for", "1h"}, {"memory", "true"}});
  target->under_load(false);
  const auto session = std::move(*target->connect());
  session->kv()->create("default");
  EXPECT_TRUE(session->kv()->put("k", "v"));
  target->under_load(true);
  EXPECT_FALSE(session->kv()->put("k", "v"));
  EXPECT_FALSE(target->connect()) << "refused, as the script says";
  target->under_load(false);
  EXPECT_TRUE(target->connect());
}

TEST(NullScript, what_takes_longer_than_the_operation_timeout_is_a_timeout) {
  TargetSpec spec{
      .url = "null:?latency=1h", .options = Options(null_driver().info().options), .operation_timeout = 1ms};
  const auto target = null_driver().open(spec);
  std::string value;
  const auto session = std::move(*target->connect());
  const Result<bool> got = session->kv()->get("k", value);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, FailureKind::timeout);
}

TEST(NullMemory, without_it_there_is_nothing_to_prepare) {
  const auto target = open_null({});
  const auto session = std::move(*target->connect());
  EXPECT_THROW(session->kv()->create("any"), Error);
}

struct JumpingClock final : Clock {
  TimePoint now() const noexcept override { return mono; }
  WallTime wall() const noexcept override { return real; }
  TimePoint mono{};
  WallTime real{};
};

TEST(ClockWatch, a_wall_clock_that_jumps_against_the_monotonic_one_is_noticed_and_drift_is_not) {
  JumpingClock clock;
  ClockWatch watch(clock);
  clock.mono += 1s;
  clock.real += 1s + 100ms;
  EXPECT_EQ(watch.jump(), 0s);
  clock.mono += 1s;
  clock.real += 31s;
  EXPECT_NEAR(to_seconds(watch.jump()), 30.1, 0.01);
  clock.mono += 1s;
  clock.real += 1s;
  EXPECT_EQ(watch.jump(), 0s);
}

TEST(LagVerdict, lag_makes_a_run_invalid_only_beyond_both_limits) {
  Group main;
  main.name = "main";
  main.operations = {{.name = "get", .summary = ""}, {.name = "part", .summary = "", .nested = true}};
  GroupStats stats(2);
  for (int i = 0; i < 100'000; i++) stats.operations[1].lag.record(0ms);  // what has no lag of its own says nothing
  OperationStats& get = stats.operations[0];
  for (int i = 0; i < 100; i++) {
    get.response.record(30ms);
    get.lag.record(20ms);
  }
  EXPECT_EQ(lag_verdict(main, stats).size(), 1u);
  for (int i = 0; i < 100; i++) get.response.record(1s);  // 20 ms of lag is 2 % of 1 s
  EXPECT_TRUE(lag_verdict(main, stats).empty());
}

TEST(LagVerdict, two_late_ones_of_few_operations_make_no_run_invalid_and_three_do) {
  Group main;
  main.name = "main";
  main.operations = {{.name = "get", .summary = ""}};
  GroupStats stats(1);
  OperationStats& get = stats.operations[0];
  for (int i = 0; i < 28; i++) {
    get.response.record(1ms);
    get.lag.record(0ms);
  }
  for (int i = 0; i < 2; i++) get.lag.record(20ms);
  EXPECT_TRUE(lag_verdict(main, stats).empty());
  get.lag.record(20ms);
  EXPECT_THAT(lag_verdict(main, stats), testing::ElementsAre(testing::HasSubstr("third longest lag of 31 operations")));
}

}  // namespace
}  // namespace assay
