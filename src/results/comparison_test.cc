#include "results/comparison.h"

#include "base/error.h"
#include "results/sample_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace assay {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Comparison compared(const std::vector<Document>& runs, const ComparisonOptions& options = {}) {
  std::vector<ComparedSide> sides;
  for (std::size_t i = 0; i < runs.size(); i++) sides.push_back({"run" + std::to_string(i), {&runs[i]}});
  return compare(std::move(sides), options);
}

ComparedFigure figure(const Comparison& c, std::string_view operation, std::string_view name) {
  for (const auto* list : {&c.operations, &c.figures})
    for (const ComparedFigure& f : *list)
      if (f.operation == operation && f.name == name) return f;
  throw std::runtime_error("no such figure");
}

std::string refusal(const std::vector<Document>& runs) {
  try {
    compared(runs);
  } catch (const Error& error) {
    return error.what();
  }
  return "it was taken";
}

TEST(Comparison, rates_have_welch_s_interval_of_their_intervals) {
  // 95 and 105 a second in turn, and 104.5 and 115.5: 60 values each that count as independent. Sample variances 25 · 60/59
  // and 30.25 · 60/59; standard error √(55.25 / 59) = 0.9677; ν = 117; t = 1.9804 (scipy: t.ppf(0.975, 117)).
  const std::vector<Document> runs = {sample_run({.operations = {{"get", 100, 5}}}),
                                      sample_run({.operations = {{"get", 110, 5.5}}, .seed = 2})};
  const Comparison c = compared(runs);
  const ComparedFigure rate = figure(c, "get", "rate");
  ASSERT_TRUE(rate.values[0] && rate.values[1]);
  EXPECT_NEAR(*rate.values[0], 100, 1e-9);
  const Difference d = rate.against[1].difference;
  // 110 ± 5.5 are whole operations: 104 and 115 are what there is.
  const double mean = (104 + 115) / 2.0, deviation = 5.5, error = std::sqrt((25 + deviation * deviation) / 59);
  EXPECT_NEAR(d.change, mean / 100 - 1, 1e-9);
  EXPECT_NEAR(d.interval.low, (mean - 100 - 1.9804 * error) / 100, 1e-4);
  EXPECT_NEAR(d.interval.high, (mean - 100 + 1.9804 * error) / 100, 1e-4);
  EXPECT_EQ(rate.against[1].standing, Standing::better);
}

TEST(Comparison, response_times_that_grew_by_half_are_seen_in_mean_and_percentiles) {
  const std::vector<Document> runs = {sample_run({}),
                                      sample_run({.operations = {{"get", 100, 5, 1.5}, {"put"}}, .seed = 2})};
  const Comparison c = compared(runs);
  for (const char* name : {"mean", "p50", "p99"}) {
    const SideDifference got = figure(c, "get", name).against[1];
    EXPECT_TRUE(got.difference.interval.holds(0.5)) << name << " " << got.difference.interval.low;
    EXPECT_EQ(got.standing, Standing::worse) << name;
    EXPECT_TRUE(figure(c, "put", name).against[1].difference.interval.holds(0)) << name;
  }
  // P(B > A) of exponential times is 1.5 / 2.5: δ = 0.2.
  EXPECT_NEAR(figure(c, "get", "mean").against[1].difference.effect, 0.2, 0.03);
  // All operations of the one group stand in one row.
  EXPECT_TRUE(figure(c, "all", "p50").against[1].difference.significant());
}

TEST(Comparison, the_tolerance_is_for_the_whole_interval) {
  std::vector<Document> runs = {sample_run({}), sample_run({.operations = {{"get", 80, 5, 1.25}, {"put"}}, .seed = 2})};
  ComparisonOptions options{.tolerance = 0.1};
  const Comparison c = compared(runs, options);
  EXPECT_EQ(figure(c, "get", "rate").against[1].standing, Standing::beyond);  // -20 %
  EXPECT_EQ(figure(c, "get", "mean").against[1].standing, Standing::beyond);  // +25 %
  EXPECT_EQ(figure(c, "put", "rate").against[1].standing, Standing::within);
  EXPECT_EQ(c.verdict(), Verdict::fail);
  options.tolerance = 0.2;
  EXPECT_GE(compared(runs, options).undecided(), 1u);
  EXPECT_EQ(figure(compared(runs, options), "get", "rate").against[1].standing, Standing::worse);
  options.tolerance = 0.5;
  EXPECT_EQ(compared(runs, options).verdict(), Verdict::pass);
  EXPECT_EQ(compared(runs, options).undecided(), 0u);
  options.tolerance.reset();
  EXPECT_EQ(compared(runs, options).verdict(), Verdict::pass);
  std::swap(runs[0], runs[1]);
  EXPECT_EQ(figure(compared(runs, {.tolerance = 0.1}), "get", "rate").against[1].standing, Standing::better);
}

TEST(Comparison, failures_are_compared_as_shares_with_a_tolerance_of_their_own) {
  const std::vector<Document> runs = {sample_run({}),
                                      sample_run({.operations = {{"get", 100, 5, 1, 0.02}, {"put"}}, .seed = 2})};
  const Comparison c = compared(runs, {.tolerance = 0.5});
  const SideDifference errors = figure(c, "get", "errors").against[1];
  EXPECT_NEAR(errors.difference.change, 0.02, 0.006);  // 6,000 operations: ± 3 √(0.02 · 0.98 / 6000)
  EXPECT_EQ(errors.standing, Standing::beyond);
  EXPECT_EQ(figure(c, "put", "errors").against[1].standing, Standing::within);
  const Comparison lax = compared(runs, {.tolerance = 0.5, .tolerance_errors = 0.05});
  EXPECT_EQ(figure(lax, "get", "errors").against[1].standing, Standing::within);
}

TEST(Comparison, a_handful_of_failures_proves_nothing) {
  std::vector<Document> runs = {sample_run({}), sample_run({.seed = 2})};
  OperationStats& get = runs[1].groups[0].operations[0].measured();
  get.failures[static_cast<std::size_t>(FailureKind::timeout)] = 7;
  const SideDifference d = figure(compared(runs), "get", "errors").against[1];
  EXPECT_EQ(d.standing, Standing::unknown);
  EXPECT_EQ(d.why, "7 failures in both; 10 are needed");
}

TEST(Comparison, a_percentile_needs_operations_beyond_it) {
  const std::vector<Document> runs = {sample_run({}), sample_run({.seed = 2})};
  const Comparison c = compared(runs, {.statistics = {"p99", "p99.9"}});
  EXPECT_TRUE(figure(c, "get", "p99").against[1].difference.known());
  EXPECT_THAT(figure(c, "get", "p99.9").against[1].why, HasSubstr("A's operations lie beyond p99.9; 10 are needed"));
  EXPECT_TRUE(std::isfinite(figure(c, "get", "p99.9").against[1].difference.change));
}

TEST(Comparison, a_rate_and_a_mean_need_operations) {
  const SampleRun::Operation get{"get"}, rare{"rare", 0.25, 0.75, 1};  // one in each second that is even
  Document a = sample_run({.operations = {get, rare}}), b = sample_run({.operations = {get, rare}, .seed = 2});
  Document few = sample_run({.operations = {get, rare}, .seconds = 12, .seed = 3});
  ASSERT_EQ(few.groups[0].operations[1].measured().completed, 6u);
  const Comparison c = compared({a, few});
  EXPECT_TRUE(figure(c, "rare", "rate").against[1].difference.known());
  EXPECT_EQ(figure(c, "rare", "mean").against[1].why, "6 of B's operations were timed; 10 are needed");

  const SampleRun::Operation never{"never", 0, 0, 1};
  const Comparison none =
      compared({sample_run({.operations = {get, never}}), sample_run({.operations = {get, never}, .seed = 2})});
  EXPECT_EQ(figure(none, "never", "rate").against[1].why, "0 operations in both; 10 are needed");
  EXPECT_TRUE(is_idle(figure(none, "never", "rate")));
  EXPECT_THAT(none.notes, Contains("No result measured anything of never."));
  EXPECT_TRUE(is_idle(figure(none, "get", "errors")));
  EXPECT_FALSE(is_idle(figure(none, "get", "rate")));
  const Comparison errors = compared({a, b}, {.statistics = {"errors"}});
  EXPECT_THAT(errors.notes, testing::Not(Contains(HasSubstr("measured")))) << "no failure is not no operation";
}

TEST(Comparison, a_run_that_is_too_short_is_compared_without_intervals_and_judged_by_none) {
  const std::vector<Document> runs = {sample_run({.seconds = 7}), sample_run({.seconds = 60, .seed = 2})};
  const Comparison c = compared(runs, {.tolerance = 0.5});
  EXPECT_EQ(figure(c, "get", "rate").against[1].why, "the measured time of A has 7 whole intervals; 8 are needed");
  EXPECT_EQ(c.intervals(), 0u);
  EXPECT_EQ(c.verdict(), Verdict::fail);
  EXPECT_THAT(c.notes, Contains(HasSubstr("nothing can be judged")));
  EXPECT_EQ(compared(runs).verdict(), Verdict::pass);
}

TEST(Comparison, runs_of_different_length_can_be_compared) {
  const std::vector<Document> runs = {sample_run({.seconds = 30}), sample_run({.seconds = 600, .seed = 2})};
  const Comparison c = compared(runs);
  EXPECT_TRUE(figure(c, "get", "p50").against[1].difference.interval.holds(0));
}

TEST(Comparison, settings_that_only_one_kind_of_server_has_are_kept_apart) {
  const auto run = [](std::string server, std::uint64_t seed, decltype(TargetFacts::settings) settings) {
    Document d = sample_run({.server = std::move(server), .seed = seed});
    d.targets[0].settings = std::move(settings);
    return d;
  };
  const auto names = [](const std::vector<VaryingCircumstance>& list) {
    std::vector<std::string> out;
    out.reserve(list.size());
    for (const VaryingCircumstance& v : list) out.push_back(v.name);
    return out;
  };
  const Comparison kinds = compared({run("PostgreSQL", 1, {{"max_connections", "100"}, {"jit", "on"}}),
                                     run("MariaDB", 2, {{"max_connections", "200"}, {"log_bin", "OFF"}})});
  EXPECT_THAT(names(kinds.circumstances),
              testing::ElementsAre("target.main.server", "target.main.setting.max_connections"));
  EXPECT_THAT(names(kinds.own_settings),
              testing::UnorderedElementsAre("target.main.setting.jit", "target.main.setting.log_bin"));
  // Of one kind, a setting that one of them lacks is a difference as any.
  const Comparison alike = compared({run("PostgreSQL", 1, {{"jit", "on"}}), run("PostgreSQL", 2, {})});
  EXPECT_THAT(names(alike.circumstances), testing::ElementsAre("target.main.setting.jit"));
  EXPECT_TRUE(alike.own_settings.empty());
}

TEST(Comparison, lists_what_differs_and_leaves_out_what_every_run_has_of_its_own) {
  std::vector<Document> runs = {sample_run({}), sample_run({.version = "16.1", .seed = 2})};
  runs[1].targets[0].settings = {{"fsync", "off"}, {"jit", "on"}};
  runs[1].groups[0].clients = 8;
  runs[1].machine.cpus = 4;
  std::vector<std::string> found;
  for (const VaryingCircumstance& d : compared(runs).circumstances)
    found.push_back(d.name + ": " + d.values[0] + " → " + d.values[1]);
  EXPECT_THAT(found, ElementsAre("group.g.clients: 4 → 8", "target.main.server_version: 15.14 → 16.1",
                                 "target.main.setting.fsync: on → off", "target.main.setting.jit:  → on",
                                 "machine.cpus:  → 4"));
  runs[1] = sample_run({.seed = 3});
  EXPECT_THAT(compared(runs).circumstances, IsEmpty());
  // How many agents carried it out is of the load, as the processors of a machine are.
  runs[0].agents = std::vector<AgentResult>(3);
  runs[1].agents = std::vector<AgentResult>(8);
  runs.push_back(sample_run({.seed = 4}));
  const Comparison fleets = compared(runs);
  ASSERT_EQ(fleets.circumstances.size(), 1u);
  EXPECT_EQ(fleets.circumstances[0].name, "agents");
  EXPECT_THAT(fleets.circumstances[0].values, ElementsAre("3", "8", ""));
}

TEST(Comparison, refuses_what_cannot_be_compared) {
  const Document good = sample_run({});
  Document other = sample_run({.seed = 2});
  EXPECT_THAT(refusal({good, good}), HasSubstr("run0 and run1 are the same result"));
  other.workload.name = "tpcc";
  EXPECT_THAT(refusal({good, other}), HasSubstr("run0 is a run of the workload kv, and run1 one of tpcc"));
  EXPECT_THAT(refusal({good, sample_run({.operations = {{"scan"}}, .seed = 2})}),
              HasSubstr("run0 and run1 have no operation in common"));
  Document nothing = sample_run({.seed = 2});
  nothing.phases.pop_back();
  EXPECT_THAT(refusal({good, nothing}), HasSubstr("run1: nothing was measured"));
}

TEST(Comparison, an_operation_that_one_side_lacks_is_there_without_a_difference) {
  const std::vector<Document> runs = {sample_run({}), sample_run({.operations = {{"get"}, {"scan"}}, .seed = 2})};
  const Comparison c = compared(runs);
  EXPECT_FALSE(figure(c, "put", "rate").values[1]);
  EXPECT_EQ(figure(c, "put", "rate").against[1].why, "B measured nothing of it");
  EXPECT_EQ(figure(c, "scan", "rate").against[1].why, "A measured nothing of it");
}

TEST(Comparison, an_invalid_run_is_shown_and_nothing_follows) {
  std::vector<Document> runs = {sample_run({}), sample_run({.seed = 2})};
  runs[1].verdict = {Verdict::invalid, {"assay itself was late"}};
  Comparison c = compared(runs, {.tolerance = 10});
  EXPECT_EQ(c.verdict(), Verdict::invalid);
  EXPECT_THAT(c.sides[1].remarks, ElementsAre("INVALID: assay itself was late"));
  runs[1].verdict = {Verdict::fail, {"p99 > 1ms"}};
  runs[1].partial = true;
  c = compared(runs, {.tolerance = 10});
  EXPECT_EQ(c.verdict(), Verdict::pass);
  EXPECT_THAT(c.sides[1].remarks, ElementsAre(HasSubstr("PARTIAL"), "FAIL: p99 > 1ms"));
}

TEST(Comparison, more_sides_are_each_compared_with_the_first) {
  const std::vector<Document> runs = {
      sample_run({}), sample_run({.operations = {{"get", 200}, {"put"}}, .version = "16.1", .seed = 2}),
      sample_run({.operations = {{"get", 50}, {"put"}}, .server = "MariaDB", .version = "10.11", .seed = 3})};
  const Comparison c = compared(runs);
  const ComparedFigure rate = figure(c, "get", "rate");
  EXPECT_NEAR(rate.against[1].difference.change, 1, 0.01);
  EXPECT_NEAR(rate.against[2].difference.change, -0.5, 0.01);
  EXPECT_EQ(rate.against[1].standing, Standing::better);
  EXPECT_EQ(rate.against[2].standing, Standing::worse);
  EXPECT_EQ(c.sides[2].title, "MariaDB 10.11");
}

TEST(Comparison, figures_of_the_whole_run_are_set_beside_each_other) {
  std::vector<Document> runs = {sample_run({}), sample_run({.seed = 2})};
  runs[0].figures = {{"nopm", 1000, "1/min", "f"}, {"efficiency", 0, "%", "why not", false}};
  runs[1].figures = {{"nopm", 1100, "1/min", "f"}, {"new", 1, "", "g"}};
  runs[1].events = {{Nanos(0), std::chrono::seconds(3), "outage", ""}};
  const Comparison c = compared(runs);
  EXPECT_NEAR(figure(c, "", "nopm").against[1].difference.change, 0.1, 1e-12);
  EXPECT_FALSE(figure(c, "", "nopm").against[1].difference.known());
  EXPECT_FALSE(figure(c, "", "new").values[0]);
  EXPECT_EQ(figure(c, "", "event_time(outage)").values[1], 3e9);
  EXPECT_EQ(figure(c, "", "cpu").values[0], 1e4);  // 1 s for 100,000 operations
  EXPECT_THROW(figure(c, "", "efficiency"), std::runtime_error);
}

TEST(Comparison, pairs_are_compared_pair_by_pair) {
  // Ten pairs; in pair i both sides have i % more operations than in the first, and B always 2 to 11 % more than A.
  std::vector<Document> a, b;
  for (int i = 0; i < 10; i++) {
    const double rate = 1000 * (1 + i / 100.0);
    a.push_back(sample_run({.operations = {{"get", rate, 0}}, .seconds = 2, .seed = 10u + static_cast<unsigned>(i)}));
    b.push_back(sample_run(
        {.operations = {{"get", rate * (1.02 + i / 100.0), 0}}, .seconds = 2, .seed = 30u + static_cast<unsigned>(i)}));
  }
  std::vector<ComparedSide> sides = {{"a", {}}, {"b", {}}};
  for (int i = 0; i < 10; i++) {
    sides[0].runs.push_back(&a[static_cast<std::size_t>(i)]);
    sides[1].runs.push_back(&b[static_cast<std::size_t>(i)]);
  }
  const Comparison c = compare(sides, {.tolerance = 0.01});
  EXPECT_TRUE(c.paired());
  const SideDifference rate = figure(c, "get", "rate").against[1];
  EXPECT_NEAR(rate.difference.change, 0.065, 0.001);       // the median of 2, 3, …, 11 %
  EXPECT_NEAR(rate.difference.interval.low, 0.03, 0.001);  // n = 10: the 2nd and the 9th (Conover, table A3)
  EXPECT_NEAR(rate.difference.interval.high, 0.10, 0.001);
  EXPECT_EQ(rate.standing, Standing::better);
  sides[0].runs.resize(5);
  sides[1].runs.resize(5);
  EXPECT_EQ(figure(compare(sides), "get", "rate").against[1].why, "5 pairs; 6 are needed");
}

/// Ten pairs: B has more by these per cents.
Comparison of_pairs(const std::vector<double>& percents, bool swapped) {
  static std::vector<Document> runs;
  runs.clear();
  for (std::size_t i = 0; i < percents.size(); i++)
    for (const double more : {0.0, percents[i] / 100})
      runs.push_back(
          sample_run({.operations = {{"get", 1000 * (1 + more), 0}}, .seconds = 2, .seed = 10 + runs.size()}));
  std::vector<ComparedSide> sides = {{"a", {}}, {"b", {}}};
  for (std::size_t i = 0; i < runs.size(); i++) sides[(i + (swapped ? 1 : 0)) % 2].runs.push_back(&runs[i]);
  return compare(sides);
}

TEST(Comparison, an_interval_that_ends_at_0_is_no_difference_in_either_direction) {
  // The interval of ten pairs is from the 2nd to the 9th.
  const std::vector<double> touching = {0, 0, 10, 20, 30, 40, 50, 60, 70, 80},
                            beyond = {0, 0.25, 10, 20, 30, 40, 50, 60, 70, 80};
  for (const bool swapped : {false, true}) {
    const SideDifference touches = figure(of_pairs(touching, swapped), "get", "rate").against[1];
    const ConfidenceInterval& interval = touches.difference.interval;
    EXPECT_EQ(swapped ? interval.high : interval.low, 0);
    EXPECT_GT(interval.high - interval.low, 0.3);
    EXPECT_EQ(touches.standing, Standing::unclear) << swapped;
    EXPECT_EQ(figure(of_pairs(beyond, swapped), "get", "rate").against[1].standing,
              swapped ? Standing::worse : Standing::better);
  }
}

TEST(Comparison, what_is_seen_does_not_depend_on_which_result_is_named_first) {
  const auto opposite = [](Standing s) {
    return s == Standing::better ? Standing::worse : s == Standing::worse ? Standing::better : s;
  };
  int seen = 0;
  for (unsigned seed = 1; seed <= 60; seed++) {  // a change about as large as what is seen at all
    const std::vector<Document> runs = {
        sample_run({.operations = {{"get", 100, 5}}, .seconds = 20, .seed = 2 * seed}),
        sample_run({.operations = {{"get", 100, 5, 1.06, 0.004}}, .seconds = 20, .seed = 2 * seed + 1})};
    const Comparison there = compared(runs), back = compared({runs[1], runs[0]});
    for (const char* name : {"rate", "errors", "mean", "p50", "p99"}) {
      const SideDifference a = figure(there, "get", name).against[1], b = figure(back, "get", name).against[1];
      EXPECT_EQ(a.standing, opposite(b.standing)) << name << " of " << seed;
      seen += a.standing == Standing::worse ? 1 : 0;
    }
  }
  EXPECT_GT(seen, 20);
}

TEST(Comparison, only_what_has_a_series_can_be_asked_for) {
  for (const char* good : {"rate", "errors", "mean", "p50", "p99.99"}) EXPECT_NO_THROW(require_statistic(good));
  for (const char* bad : {"max", "p100", "p0", "p", "p99x", "99", "cpu", ""})
    EXPECT_THROW(require_statistic(bad), Error);
}

}  // namespace
}  // namespace assay
