#include "workloads/tpcc/report.h"

#include <gtest/gtest.h>

#include <cmath>

namespace assay::tpcc {
namespace {

using namespace std::chrono_literals;
using Verdict = Requirement::Verdict;

/// A run of two minutes with twenty terminals on two warehouses that keyed in and thought.
struct Example {
  RunState state;
  RunSummary run;
  OrderNumbers numbers{.before = 1000, .after = 1396, .unknown = ""};

  Example() {
    state.settings.scale.warehouses = 2;
    state.terminals = state.process_terminals = 20;
    run.groups.push_back(
        {GroupStats(kKinds, terminal_counters().size()), GroupStats(kKinds, terminal_counters().size())});
    run.groups.push_back({GroupStats(1, clerk_counters().size()), GroupStats(1, clerk_counters().size())});
    run.measure = 120s;
    run.interval = 1s;
    // Ten decks of 23: 40 New-Orders, of which four were rolled back, and so on.
    complete(Kind::new_order, 40, 100ms);
    complete(Kind::payment, 40, 80ms);
    complete(Kind::order_status, 4, 50ms);
    complete(Kind::delivery, 4, 1ms);
    complete(Kind::stock_level, 4, 200ms);
    count(TerminalCounter::rolled_back, 4);
    count(TerminalCounter::lines, 420);
    count(TerminalCounter::remote_lines, 21);
    count(TerminalCounter::payments, 40);
    count(TerminalCounter::remote_payments, 8);
    count(TerminalCounter::by_last_name, 33);
    count(TerminalCounter::by_number, 11);
    OperationStats& deferred = run.groups[kClerks].measure.operations[0];
    deferred.response.record(2s, 4);
    deferred.completed = 4;
    run.groups[kTerminals].whole = run.groups[kTerminals].measure;
    // 400 New-Orders in all phases, of which these four were rolled back.
    run.groups[kTerminals].whole.operations[0].response.record(1ms, 360);
    steady(12, 40);
  }
  void complete(Kind kind, std::uint64_t n, Nanos response) {
    OperationStats& stats = run.groups[kTerminals].measure.operations[static_cast<std::size_t>(kind)];
    stats.response.record(response, n);
    stats.completed = n;
  }
  void count(TerminalCounter counter, std::uint64_t n) {
    run.groups[kTerminals].measure.counters[static_cast<std::size_t>(counter)] = n;
  }
  /// Intervals with the same number of New-Orders each.
  void steady(std::uint64_t each, std::size_t intervals) {
    run.interval_completed = {{std::vector<std::uint64_t>(intervals, each), {}, {}, {}, {}}, {{}}};
  }
  assay::Statements statements() const { return report(state, run, numbers); }

  Figure figure(const std::string& name) const {
    for (const Figure& f : statements().figures)
      if (f.name == name) return f;
    ADD_FAILURE() << "no figure " << name;
    return {};
  }
  Requirement requirement(const std::string& name, const std::string& limit = "") const {
    for (const Requirement& r : statements().requirements)
      if (r.name == name && (limit.empty() || r.limit == limit)) return r;
    ADD_FAILURE() << "no requirement " << name;
    return {};
  }
};

TEST(TpccReport, throughput_counts_committed_new_orders_and_all_types_beside) {
  const Example example;
  EXPECT_DOUBLE_EQ(example.figure("nopm").value, (40 - 4) / 2.0);
  EXPECT_DOUBLE_EQ(example.figure("new_orders_per_minute").value, 20);
  EXPECT_DOUBLE_EQ(example.figure("transactions_per_minute").value, 92 / 2.0);
  EXPECT_DOUBLE_EQ(example.figure("rolled_back").value, 10);
  EXPECT_DOUBLE_EQ(example.figure("remote_order_lines").value, 5);
  EXPECT_DOUBLE_EQ(example.figure("remote_payments").value, 20);
  EXPECT_DOUBLE_EQ(example.figure("lines_per_order").value, 10.5);
  EXPECT_DOUBLE_EQ(example.figure("customers_by_last_name").value, 75);
}

TEST(TpccReport, what_the_benchmark_is_about_comes_first) {
  const std::vector<Figure> figures = Example().statements().figures;
  ASSERT_GT(figures.size(), 3u);
  EXPECT_EQ(figures[0].name, "nopm");
  EXPECT_EQ(figures[1].name, "transactions_per_minute");
  EXPECT_EQ(figures[2].name, "efficiency");
}

TEST(TpccReport, no_figure_has_the_name_that_only_audited_results_may_have) {
  for (const Figure& f : Example().statements().figures) {
    EXPECT_EQ(f.name.find("tpmc"), std::string::npos);
    EXPECT_EQ((f.name + f.formula).find("tpmC"), std::string::npos);
  }
}

TEST(TpccReport, the_ceiling_is_that_of_the_mix_that_was_run) {
  // Ten terminals of a warehouse at zero response time: 45·60·10 / (45·30 + 43·15 + 4·12 + 4·7 + 4·7) = 12.86, and
  // 12.61 for the deck of 10/10/1/1/1 (load-independent arithmetic of the specification's waits).
  EXPECT_NEAR(10 * ceiling_per_terminal({0.45, 0.43, 0.04, 0.04, 0.04}), 27000.0 / 2099, 1e-9);
  EXPECT_NEAR(10 * ceiling_per_terminal({10 / 23.0, 10 / 23.0, 1 / 23.0, 1 / 23.0, 1 / 23.0}), 12.61, 0.005);
  const Example example;
  EXPECT_NEAR(example.figure("nopm_ceiling").value, 2 * 12.605, 0.01);
  EXPECT_NEAR(example.figure("efficiency").value, 100 * 18 / 25.21, 0.02);
  EXPECT_EQ(example.requirement("nopm of a warehouse").verdict, Verdict::pass);  // 9, the least that is allowed
}

TEST(TpccReport, without_waits_efficiency_means_nothing_and_says_so) {
  Example example;
  example.state.waits = false;
  EXPECT_FALSE(example.figure("efficiency").available);
  EXPECT_EQ(example.requirement("nopm of a warehouse").verdict, Verdict::not_applicable);
}

TEST(TpccReport, a_process_is_measured_against_its_share_of_the_terminals) {
  Example example;
  example.state.terminals = 40;
  EXPECT_NEAR(example.figure("nopm_ceiling").value, 2 * 12.605, 0.01);
}

TEST(TpccReport, response_limits_are_5_5_5_5_and_20_seconds_and_80_for_the_deferred_part) {
  for (const auto& [kind, limit] : {std::pair{Kind::new_order, 5s},
                                    {Kind::payment, 5s},
                                    {Kind::order_status, 5s},
                                    {Kind::delivery, 5s},
                                    {Kind::stock_level, 20s}}) {
    const std::string name = std::string(name_of(kind)) + " p90", text = "≤ " + std::to_string(limit.count()) + " s";
    EXPECT_EQ(Example().requirement(name, text).verdict, Verdict::pass) << name;
    Example slow;
    slow.complete(kind, 20, limit + 1s);  // on top of 4 or 40 fast ones: above 10 % in any case
    EXPECT_EQ(slow.requirement(name, text).verdict, Verdict::fail) << name;
    EXPECT_FALSE(slow.requirement(name, text).decides);
  }
  EXPECT_EQ(Example().requirement("deferred p90", "≤ 80 s").verdict, Verdict::pass);
  Example late;
  late.run.groups[kClerks].measure.operations[0].response.record(81s, 40);
  EXPECT_EQ(late.requirement("deferred p90", "≤ 80 s").verdict, Verdict::fail);
}

TEST(TpccReport, what_just_misses_its_limit_reads_so) {
  Example example;
  auto& operations = example.run.groups[kTerminals].measure.operations;
  // 42,998 of 100,000 are 42.998 %: not 43.00.
  const std::uint64_t counts[] = {45'002, 42'998, 4'000, 4'000, 4'000};
  for (std::size_t k = 0; k < kKinds; k++) operations[k].completed = counts[k];
  EXPECT_EQ(example.requirement("mix of payment").actual, "n/a: 42.998 % of 100000 are too few to tell");
  EXPECT_EQ(example.requirement("mix of delivery").actual, "4.00 %");
  Example late;  // the highest value of all is exact
  late.run.groups[kTerminals].measure.operations[0].response = {};
  late.run.groups[kTerminals].measure.operations[0].response.record(5s + 1us, 44);
  EXPECT_EQ(late.requirement("new_order p90").verdict, Verdict::fail);
  EXPECT_EQ(late.requirement("new_order p90").actual, "5.000001 s");
}

TEST(TpccReport, a_p90_below_the_mean_is_a_failure) {
  Example example;
  EXPECT_EQ(example.requirement("payment p90 vs mean").verdict, Verdict::pass);
  example.run.groups[kTerminals].measure.operations[1].response.record(1000s, 2);  // two of 42 carry the mean
  EXPECT_EQ(example.requirement("payment p90 vs mean").verdict, Verdict::fail);
}

TEST(TpccReport, a_mix_below_its_least_shares_fails_unless_so_few_were_drawn_that_it_may_be_chance) {
  Example example;
  EXPECT_EQ(example.requirement("mix of payment").verdict, Verdict::pass);  // 40 of 92
  auto& operations = example.run.groups[kTerminals].measure.operations;
  operations[0].completed = 46;
  // 40 of 98 are 40.8 %; with a chance of 43 % each, 98 draws deviate by 5.0 % (√(0.43 · 0.57 / 98)).
  EXPECT_EQ(example.requirement("mix of payment").verdict, Verdict::not_applicable);
  EXPECT_EQ(example.requirement("mix of delivery").verdict, Verdict::pass);  // 4 of 98
  for (OperationStats& operation : operations) operation.completed *= 100;   // 0.5 % now: 2.2 % are no chance
  EXPECT_EQ(example.requirement("mix of payment").verdict, Verdict::fail);
  EXPECT_EQ(example.requirement("mix of delivery").verdict, Verdict::pass);
}

TEST(TpccReport, what_failed_took_longer_than_any_limit) {
  Example example;
  OperationStats& payment = example.run.groups[kTerminals].measure.operations[1];
  payment.failures[static_cast<std::size_t>(FailureKind::timeout)] = 4;  // beside 40
  EXPECT_EQ(example.requirement("payment p90").verdict, Verdict::pass);
  payment.failures[static_cast<std::size_t>(FailureKind::timeout)] = 5;  // more than one in ten
  EXPECT_EQ(example.requirement("payment p90").verdict, Verdict::fail);
  EXPECT_EQ(example.requirement("payment p90").actual, "5 of 45 failed");
  EXPECT_FALSE(example.requirement("payment p90").decides);
}

TEST(TpccReport, deliveries_that_were_queued_and_never_carried_out_fail_the_run) {
  Example example;
  EXPECT_FALSE(example.requirement("deferred p90").decides);
  example.run.groups[kClerks].measure.operations[0].failures[static_cast<std::size_t>(FailureKind::timeout)] = 1000;
  EXPECT_EQ(example.requirement("deferred p90").verdict, Verdict::fail);
  EXPECT_TRUE(example.requirement("deferred p90").decides);
}

TEST(TpccReport, operations_that_end_after_the_measured_time_do_not_distort_what_is_counted_beside_them) {
  // 40 New-Orders were due in the measured time, 4 of them rolled back; 30 ended in it.
  Example example;
  example.run.groups[kTerminals].measure.operations[0].completed = 30;
  EXPECT_DOUBLE_EQ(example.figure("rolled_back").value, 10);
  EXPECT_DOUBLE_EQ(example.figure("nopm").value, 27 / 2.0);
}

TEST(TpccReport, warehouses_without_a_terminal_are_told) {
  Example example;
  EXPECT_EQ(example.requirement("terminals of a warehouse").verdict, Verdict::pass);
  example.state.settings.scale.warehouses = 30;
  EXPECT_EQ(example.requirement("terminals of a warehouse").verdict, Verdict::fail);
  EXPECT_EQ(example.requirement("terminals of a warehouse").actual, "0.6667: 10 of 30 warehouses have none");
}

TEST(TpccReport, skipped_deliveries_may_be_one_in_a_hundred_or_one) {
  for (const auto& [skips, expected] : {std::pair{1u, Verdict::pass}, {2u, Verdict::fail}}) {
    Example example;
    example.run.groups[kClerks].measure.counters[static_cast<std::size_t>(ClerkCounter::deliveries_with_skips)] = skips;
    EXPECT_EQ(example.requirement("deliveries that skipped").verdict, expected);
    example.run.groups[kClerks].measure.operations[0].response.record(1s, 296);
    EXPECT_EQ(example.requirement("deliveries that skipped").verdict, Verdict::pass);  // of 300
  }
}

TEST(TpccReport, the_growth_in_the_target_must_be_what_was_committed_up_to_what_is_in_doubt) {
  Example example;  // 400 New-Orders, 4 rolled back; the target grew by 396
  const auto verdict = [&] {
    const Requirement r = example.requirement("New-Orders in the target");
    EXPECT_TRUE(r.decides);
    return r.verdict;
  };
  EXPECT_EQ(verdict(), Verdict::pass);
  example.numbers.after = 1397;
  EXPECT_EQ(verdict(), Verdict::fail);
  example.run.groups[kTerminals].whole.operations[0].in_doubt = 1;
  EXPECT_EQ(verdict(), Verdict::pass);
  example.numbers.after = 1395;  // one that we counted is lost
  EXPECT_EQ(verdict(), Verdict::fail);
  example.numbers.unknown = "two processes share a warehouse";
  EXPECT_EQ(verdict(), Verdict::not_applicable);
}

TEST(TpccReport, the_measured_time_must_be_two_hours) {
  Example example;
  EXPECT_EQ(example.requirement("measurement interval").verdict, Verdict::fail);
  example.run.measure = 120min;
  EXPECT_EQ(example.requirement("measurement interval").verdict, Verdict::pass);
}

TEST(TpccReport, the_steady_state_is_stated_with_its_method_and_not_where_counts_are_too_small_to_tell) {
  Example example;
  EXPECT_EQ(example.requirement("steady state").verdict, Verdict::pass);
  example.run.interval_completed[kTerminals][0][5] = 500;
  EXPECT_EQ(example.requirement("steady state").verdict, Verdict::fail);
  example.steady(1, 40);
  EXPECT_EQ(example.requirement("steady state").verdict, Verdict::not_applicable);
  example.steady(100, 5);
  EXPECT_EQ(example.requirement("steady state").verdict, Verdict::not_applicable);
}

TEST(TpccReport, scaled_down_data_is_marked) {
  Example example;
  EXPECT_EQ(example.requirement("full size").verdict, Verdict::pass);
  example.state.settings.scale.divisor = 10;
  EXPECT_EQ(example.requirement("full size").verdict, Verdict::fail);
  EXPECT_EQ(example.requirement("full size").actual, "scale-down 10");
}

}  // namespace
}  // namespace assay::tpcc
