// Runs on the null driver that are changed while they go on.

#include "base/error.h"
#include "core/engine.h"
#include "drivers/null/null_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace assay {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

Schedule rate(const char* text) { return Schedule::parse(text, "constant", "0", 0s); }
Schedule thinking(const char* text) { return Schedule::parse("", "constant", text, 0s); }

std::string refusal(RunControl& control, const GroupChange& change) {
  try {
    control.change(change);
  } catch (const Error& e) {
    return e.what();
  }
  return "it was taken";
}

/// Asks as soon as the run takes changes.
std::string ask(RunControl& control, const GroupChange& change, const std::stop_token& stop) {
  std::string answer;
  while ((answer = refusal(control, change)).starts_with("the run has not begun") && !stop.stop_requested())
    std::this_thread::sleep_for(1ms);
  return answer;
}

RunOutcome run_with(const RunPlan& plan, const std::vector<GroupChange>& changes) {
  RunControl control;
  const std::jthread asks([&](const std::stop_token& stop) {
    for (const GroupChange& change : changes) EXPECT_EQ(ask(control, change, stop), "it was taken");
  });
  RunObserver observer;
  return run(plan, {}, observer, real_clock(), &control);
}

std::vector<std::string> changes_of(const RunOutcome& outcome) {
  std::vector<std::string> texts;
  for (const Event& event : outcome.events)
    if (event.kind == "change") texts.push_back(event.text);
  return texts;
}

class Changed : public testing::TestWithParam<Waiting> {
 protected:
  const std::unique_ptr<Target> target_ = open_null({});
};

TEST_P(Changed, a_rate_holds_from_its_instant_on_and_every_operation_of_both_counts_once) {
  RunPlan plan;
  plan.duration = 2s;
  plan.threads = 2;
  plan.groups.push_back(get_group(*target_, rate("200"), 8, 8, GetParam()));
  const RunOutcome outcome = run_with(plan, {{.group = "main", .at = 1s, .schedule = rate("800")}});
  EXPECT_EQ(measured(outcome).count(), 200u + 800u);
  EXPECT_EQ(measured(outcome).errors(), 0u);
  ASSERT_EQ(changes_of(outcome).size(), 1u);
  EXPECT_THAT(changes_of(outcome)[0], HasSubstr("main: " + rate("200").describe() + " → " + rate("800").describe()));
}

TEST_P(Changed, an_observer_is_told_when_it_is_made_and_not_when_it_is_asked_for) {
  RunPlan plan;
  plan.duration = 1s;
  plan.groups.push_back(get_group(*target_, rate("100"), 2, 2, GetParam()));
  RunControl control;
  std::optional<TimePoint> begun;
  std::jthread asks([&](const std::stop_token& stop) {
    begun = control.wait_begun(stop);
    for (const Nanos at : {Nanos(300ms), Nanos(700ms), Nanos(5s)})  // the last one is of no run any more
      EXPECT_EQ(ask(control, {.group = "main", .at = at, .schedule = rate("200")}, stop), "it was taken");
  });
  struct Told : RunObserver {
    void event(const Event& event) override {
      if (event.kind == "change") all.emplace_back(event.at, real_clock().now());
    }
    std::vector<std::pair<Nanos, TimePoint>> all;
  } told;
  const RunOutcome outcome = run(plan, {}, told, real_clock(), &control);
  asks.join();
  ASSERT_EQ(told.all.size(), 2u);
  EXPECT_EQ(told.all[0].first, 300ms);
  EXPECT_EQ(told.all[1].first, 700ms);
  for (const auto& [at, when] : told.all) EXPECT_GE(when - *begun, at);
  EXPECT_EQ(changes_of(outcome).size(), 2u);
}

TEST_P(Changed, clients_come_and_go) {
  // Each thinks for 20 ms between operations that take no time worth naming: n clients do 50 n a second.
  RunPlan plan;
  plan.duration = 3s;
  plan.interval = 500ms;
  plan.groups.push_back(get_group(*target_, thinking("20ms"), 4, 2, GetParam()));
  const RunOutcome outcome =
      run_with(plan, {{.group = "main", .at = 1s, .clients = 40}, {.group = "main", .at = 2s, .clients = 2}});
  std::map<std::int64_t, double> completed;
  for (const SeriesInterval& interval : outcome.groups[0].series.intervals())
    completed[interval.index] = static_cast<double>(interval.operations[0].completed);
  for (const auto& [interval, clients] : {std::pair{1, 4.0}, {3, 40.0}, {5, 2.0}})
    EXPECT_NEAR(completed[interval], clients * 25, clients * 25 * 0.25) << interval;
  EXPECT_THAT(changes_of(outcome), ElementsAre("main: 4 → 40 clients", "main: 40 → 2 clients"));
}

TEST_P(Changed, a_group_is_removed_and_the_other_goes_on) {
  RunPlan plan;
  plan.duration = 1s;
  for (const char* name : {"main", "other"}) {
    plan.groups.push_back(get_group(*target_, rate("1000"), 4, 4, GetParam()));
    plan.groups.back().group.name = name;
  }
  const RunOutcome outcome = run_with(plan, {{.group = "main", .at = 500ms, .remove = true}});
  EXPECT_EQ(measured(outcome).count(), 500u);
  EXPECT_EQ(outcome.groups[1].phases[static_cast<std::size_t>(Phase::measure)].operations[0].count(), 1000u);
  EXPECT_EQ(outcome.groups[0].abandoned, 0u);
}

TEST_P(Changed, changes_are_made_in_the_order_of_their_instants_whatever_the_order_in_which_they_were_asked_for) {
  RunPlan plan;
  plan.duration = 4s;
  plan.groups.push_back(get_group(*target_, rate("200"), 4, 4, GetParam()));
  const RunOutcome outcome = run_with(plan, {{.group = "main", .at = 3s, .schedule = rate("100")},
                                             {.group = "main", .at = 1s, .schedule = rate("400")},
                                             {.group = "main", .at = 2s, .schedule = rate("50")}});
  // A second of each.
  EXPECT_EQ(measured(outcome).count(), 200u + 400u + 50u + 100u);
  EXPECT_THAT(changes_of(outcome),
              ElementsAre("main: constant 200/s → constant 400/s", "main: constant 400/s → constant 50/s",
                          "main: constant 50/s → constant 100/s"));
}

TEST_P(Changed, what_comes_before_a_removal_is_made_and_what_comes_behind_it_is_refused) {
  RunPlan plan;
  plan.duration = 2s;
  plan.groups.push_back(get_group(*target_, rate("200"), 4, 4, GetParam()));
  RunControl control;
  std::vector<std::string> answers;
  std::jthread asks([&](const std::stop_token& stop) {
    answers = {ask(control, {.group = "main", .at = 1200ms, .remove = true}, stop),
               refusal(control, {.group = "main", .at = 600ms, .schedule = rate("400")}),
               refusal(control, {.group = "main", .at = 1300ms, .clients = 5}),
               refusal(control, {.group = "main", .at = 1s, .schedule = rate("5"), .remove = true})};
  });
  RunObserver observer;
  const RunOutcome outcome = run(plan, {}, observer, real_clock(), &control);
  asks.join();
  EXPECT_THAT(answers, ElementsAre("it was taken", "it was taken", HasSubstr("is removed 1.2s after the begin"),
                                   HasSubstr("expected one of them")));
  EXPECT_EQ(measured(outcome).count(), 120u + 240u);
}

TEST_P(Changed, a_closed_loop_becomes_an_open_one) {
  RunPlan plan;
  plan.duration = 2s;
  plan.groups.push_back(get_group(*target_, thinking("10ms"), 4, 4, GetParam()));
  const RunOutcome outcome = run_with(plan, {{.group = "main", .at = 1s, .schedule = rate("100")}});
  // 4 clients for 1 s at 10 ms a turn, then exactly 100.
  EXPECT_NEAR(static_cast<double>(measured(outcome).count()), 400 + 100, 60);
}

TEST_P(Changed, what_is_asked_for_too_late_is_done_at_once_and_nothing_is_asked_of_a_run_that_is_over) {
  RunPlan plan;
  plan.duration = 1s;
  plan.groups.push_back(get_group(*target_, rate("100"), 2, 2, GetParam()));
  RunControl control;
  EXPECT_THAT(refusal(control, {.group = "main", .clients = 1}), HasSubstr("has not begun"));
  std::vector<std::string> refusals;
  std::jthread asks([&](const std::stop_token& stop) {
    const std::string taken = ask(control, {.group = "main", .at = 0s, .clients = 3}, stop);
    refusals = {taken,
                refusal(control, {.group = "mine", .clients = 4}),
                refusal(control, {.group = "main", .clients = 0}),
                refusal(control, {.group = "main"}),
                refusal(control, {.group = "main", .remove = true}),
                refusal(control, {.group = "main", .clients = 4})};
  });
  RunObserver observer;
  const RunOutcome outcome = run(plan, {}, observer, real_clock(), &control);
  asks.join();
  EXPECT_THAT(refusals, ElementsAre("it was taken", HasSubstr("no group 'mine'; expected one of main"),
                                    HasSubstr("expected at least 1"), HasSubstr("changes nothing"), "it was taken",
                                    HasSubstr("was removed")));
  EXPECT_THAT(refusal(control, {.group = "main", .clients = 4}), HasSubstr("the run is over"));
  EXPECT_THAT(changes_of(outcome), ElementsAre("main: 2 → 3 clients", "main: removed"));
  EXPECT_LT(measured(outcome).count(), 50u);
}

/// What `control` answers to groups that ask to join as soon as the run takes them.
std::string ask_to_join(RunControl& control, const GroupAddition& addition, const std::stop_token& stop) {
  for (;;) {
    std::string answer = "it was taken";
    try {
      control.add(addition);
    } catch (const Error& e) {
      answer = e.what();
    }
    if (!answer.starts_with("the run has not begun") || stop.stop_requested()) return answer;
    std::this_thread::sleep_for(1ms);
  }
}

TEST_P(Changed, a_group_joins_at_its_instant_and_takes_its_whole_share) {
  RunPlan plan;
  plan.duration = 2s;
  plan.threads = 2;
  plan.groups.push_back(get_group(*target_, rate("200"), 4, 4, GetParam()));
  GroupPlan late = get_group(*target_, rate("1000"), 8, 8, GetParam());
  late.group.name = "late";
  RunControl control;
  std::string taken, again;
  RunOutcome outcome;
  {
    const std::jthread asks([&](const std::stop_token& stop) {
      taken = ask_to_join(control, {.groups = {late}, .at = 1s}, stop);
      again = ask_to_join(control, {.groups = {late}, .at = 1s}, stop);
    });
    RunObserver observer;
    outcome = run(plan, {}, observer, real_clock(), &control);
  }
  EXPECT_EQ(taken, "it was taken");
  EXPECT_THAT(again, HasSubstr("has a group 'late' already"));
  ASSERT_EQ(outcome.groups.size(), 2u);
  ASSERT_EQ(outcome.joined.size(), 1u);
  EXPECT_EQ(outcome.joined[0].group.name, "late");
  EXPECT_EQ(measured(outcome).count(), 400u);
  EXPECT_EQ(outcome.groups[1].phases[static_cast<std::size_t>(Phase::measure)].operations[0].count(), 1000u);
  EXPECT_THAT(changes_of(outcome), ElementsAre("late: joined"));
  EXPECT_EQ(outcome.events[0].at, 1s);
}

TEST_P(Changed, a_group_that_joined_can_be_changed_and_removed) {
  RunPlan plan;
  plan.duration = 2s;
  plan.groups.push_back(get_group(*target_, rate("100"), 2, 2, GetParam()));
  GroupPlan late = get_group(*target_, rate("400"), 4, 4, GetParam());
  late.group.name = "late";
  RunControl control;
  RunOutcome outcome;
  {
    const std::jthread asks([&](const std::stop_token& stop) {
      EXPECT_EQ(ask_to_join(control, {.groups = {late}, .at = 500ms}, stop), "it was taken");
      std::string answer;
      const GroupChange change{.group = "late", .at = 1s, .schedule = rate("800")};
      while ((answer = refusal(control, change)).find("still opening") != std::string::npos && !stop.stop_requested())
        std::this_thread::sleep_for(1ms);
      EXPECT_EQ(answer, "it was taken");
      EXPECT_EQ(refusal(control, {.group = "late", .at = 1500ms, .remove = true}), "it was taken");
    });
    RunObserver observer;
    outcome = run(plan, {}, observer, real_clock(), &control);
  }
  ASSERT_EQ(outcome.groups.size(), 2u);
  EXPECT_EQ(outcome.groups[1].phases[static_cast<std::size_t>(Phase::measure)].operations[0].count(), 200u + 400u);
  EXPECT_EQ(measured(outcome).count(), 200u);
}

TEST_P(Changed, groups_that_cannot_open_their_sessions_do_not_join_and_the_run_goes_on) {
  RunPlan plan;
  plan.duration = 1s;
  plan.groups.push_back(get_group(*target_, rate("100"), 2, 2, GetParam()));
  GroupPlan lost = get_group(*target_, rate("100"), 2, 2, GetParam());
  lost.group.name = "lost";
  lost.group.set_up = [](Session&) -> Result<> { return fail(FailureKind::rejected, "no such table"); };
  GroupPlan none = lost;
  none.clients = 0;
  RunControl control;
  RunOutcome outcome;
  {
    const std::jthread asks([&](const std::stop_token& stop) {
      EXPECT_EQ(ask_to_join(control, {.groups = {lost}}, stop), "it was taken");
      EXPECT_THAT(ask_to_join(control, {.groups = {}}, stop), HasSubstr("no group to add"));
      EXPECT_THAT(ask_to_join(control, {.groups = {none}}, stop), HasSubstr("0 clients"));
      // Its name is free again when it could not join.
      while (ask_to_join(control, {.groups = {lost}}, stop) != "it was taken" && !stop.stop_requested())
        std::this_thread::sleep_for(1ms);
    });
    RunObserver observer;
    outcome = run(plan, {}, observer, real_clock(), &control);
  }
  EXPECT_EQ(outcome.groups.size(), 1u);
  EXPECT_EQ(measured(outcome).count(), 100u);
  ASSERT_EQ(changes_of(outcome).size(), 2u);
  EXPECT_THAT(changes_of(outcome)[0], testing::AllOf(HasSubstr("lost: could not join"), HasSubstr("no such table")));
}

TEST_P(Changed, a_group_that_opens_its_sessions_when_the_measured_time_ends_does_not_join) {
  RunPlan plan;
  plan.duration = 500ms;
  plan.groups.push_back(get_group(*target_, rate("100"), 2, 2, GetParam()));
  GroupPlan late = get_group(*target_, rate("100"), 2, 2, GetParam());
  late.group.name = "late";
  late.group.set_up = [](Session&) -> Result<> {
    std::this_thread::sleep_for(800ms);
    return {};
  };
  RunControl control;
  RunOutcome outcome;
  {
    const std::jthread asks([&](const std::stop_token& stop) {
      EXPECT_EQ(ask_to_join(control, {.groups = {late}}, stop), "it was taken");
    });
    RunObserver observer;
    outcome = run(plan, {}, observer, real_clock(), &control);
  }
  EXPECT_EQ(outcome.groups.size(), 1u);
  ASSERT_EQ(changes_of(outcome).size(), 1u);
  EXPECT_THAT(changes_of(outcome)[0], HasSubstr("late: could not join"));
}

INSTANTIATE_TEST_SUITE_P(Null, Changed, testing::Values(Waiting::fiber, Waiting::thread),
                         [](const auto& info) { return info.param == Waiting::fiber ? "fibers" : "threads"; });

}  // namespace
}  // namespace assay
