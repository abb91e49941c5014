// Terminals and clerks run by hand, alone and many at once. Runs on every kind of target (see make_test_target).
#include "workloads/tpcc/terminal.h"
#include "workloads/tpcc/tpcc_fixture.h"

#include <set>
#include <thread>

namespace assay::tpcc {
namespace {

/// The workload's clients, run by hand.
class TpccClients : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = missing_target(); !why.empty()) GTEST_SKIP() << why;
    test_target_ = make_test_target();
  }
  std::vector<Group> groups(const OptionMap& options, RunOptions run = {}) {
    workload_ = make_workload(options);
    return workload_->groups(target(), run);
  }
  Target& target() { return test_target_->target(); }
  Workload& workload() { return *workload_; }

 private:
  std::unique_ptr<TestTarget> test_target_;
  std::unique_ptr<Workload> workload_;
};

TEST_F(TpccClients, terminals_are_dealt_to_warehouses_and_stock_level_to_districts) {
  prepare(target(), small({{"warehouses", "3"}}));
  const std::vector<Group> all = groups(small({{"warehouses", "3"}}));
  EXPECT_EQ(all[kTerminals].clients, 30u);
  std::map<std::int64_t, std::set<std::int64_t>> districts;
  for (std::uint64_t k = 0; k < 30; k++) {
    const auto client = all[kTerminals].make_client(k);
    const auto& terminal = dynamic_cast<Terminal&>(*client);
    districts[terminal.warehouse()].insert(terminal.stock_level_district());
  }
  ASSERT_EQ(districts.size(), 3u);
  for (const auto& [w, d] : districts) EXPECT_EQ(d.size(), 10u) << "warehouse " << w;
}

TEST_F(TpccClients, what_terminals_draw_has_the_shares_of_the_specification) {
  prepare(target(), small({{"warehouses", "4"}}));
  const std::vector<Group> all = groups(small({{"warehouses", "4"}}));
  double orders = 0, unused = 0, lines = 0, remote_lines = 0, payments = 0, remote_payments = 0, named = 0,
         customers = 0;
  for (std::uint64_t k = 0; k < 40; k++) {
    const auto client = all[kTerminals].make_client(k);
    auto& terminal = dynamic_cast<Terminal&>(*client);
    for (int n = 0; n < 1150; n++) {  // 50 decks
      terminal.next(0);
      if (const auto* in = std::get_if<NewOrderInput>(&terminal.input())) {
        orders++;
        unused += in->unused_item;
        EXPECT_EQ(in->warehouse, terminal.warehouse());
        lines += in->lines;
        for (std::uint32_t i = 0; i < in->lines; i++) remote_lines += in->line[i].supply_warehouse != in->warehouse;
      } else if (const auto* pay = std::get_if<PaymentInput>(&terminal.input())) {
        payments++;
        EXPECT_EQ(pay->warehouse, terminal.warehouse());
        remote_payments += pay->customer.warehouse != pay->warehouse;
        named += pay->customer.customer == 0;
        customers++;
        EXPECT_TRUE(pay->customer.warehouse != pay->warehouse || pay->customer.district == pay->district);
      } else if (const auto* status = std::get_if<CustomerInput>(&terminal.input())) {
        named += status->customer == 0;
        customers++;
      }
    }
  }
  EXPECT_EQ(orders, 20'000);
  EXPECT_EQ(payments, 20'000);
  // Four standard deviations of a share p of n: 4 √(p (1 − p) / n).
  EXPECT_NEAR(unused / orders, 0.01, 0.0029);
  EXPECT_NEAR(lines / orders, 10, 0.09);
  EXPECT_NEAR(remote_lines / lines, 0.01, 0.0009);
  EXPECT_NEAR(remote_payments / payments, 0.15, 0.0102);
  EXPECT_NEAR(named / customers, 0.6, 0.0135);
}

TEST_F(TpccClients, a_terminal_is_small) { EXPECT_LE(sizeof(Terminal), 400u); }

TEST_F(TpccClients, with_one_warehouse_nothing_is_remote) {
  prepare(target(), small());
  const std::vector<Group> all = groups(small());
  const auto client = all[kTerminals].make_client(0);
  auto& terminal = dynamic_cast<Terminal&>(*client);
  for (int n = 0; n < 2000; n++) {
    terminal.next(0);
    if (const auto* in = std::get_if<NewOrderInput>(&terminal.input())) {
      for (std::uint32_t i = 0; i < in->lines; i++) ASSERT_EQ(in->line[i].supply_warehouse, 1);
    } else if (const auto* pay = std::get_if<PaymentInput>(&terminal.input())) {
      ASSERT_EQ(pay->customer.warehouse, 1);
    }
  }
}

TEST_F(TpccClients, terminals_and_clerks_at_once_keep_the_database_consistent_and_the_count_right) {
  const OptionMap options = small({{"warehouses", "2"}, {"think-times", "false"}});
  prepare(target(), options);
  const std::vector<Group> all = groups(options);
  workload().before_run(target());
  constexpr int kThreads = 4, kOperations = 230;  // ten decks each
  std::vector<GroupStats> done(kThreads, GroupStats(kKinds, all[kTerminals].counters.size()));
  std::vector<std::uint64_t> delivered(kThreads);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; t++)
      threads.emplace_back([&, t] {
        const std::unique_ptr<Session> session = open_session(target());
        session->query()->declare(all[kTerminals].statements);
        const auto terminal = all[kTerminals].make_client(static_cast<std::uint64_t>(t));
        const auto clerk = all[kClerks].make_client(static_cast<std::uint64_t>(t));
        const auto carry_out = [&](Client& client, OperationId operation, HandContext& context) {
          for (int tries = 0; tries < 1000; tries++) {  // as the engine does: the same draw again
            const auto counts = context.counts;
            const Result<> result = client.run(context, operation);
            if (result) return true;
            context.counts = counts;
            EXPECT_EQ(result.error().kind, FailureKind::conflict) << result.error().message;
            if (!session->reset()) return false;
          }
          return false;
        };
        HandContext context(*session, all[kTerminals].counters.size());
        HandContext clerk_context(*session, all[kClerks].counters.size());
        for (int n = 0; n < kOperations; n++) {
          const OperationId operation = terminal->next(0);
          ASSERT_TRUE(carry_out(*terminal, operation, context));
          done[static_cast<std::size_t>(t)].operations[static_cast<std::size_t>(operation)].response.record(Nanos(1));
          for (const auto& [group, payload] : context.triggered) {
            EXPECT_EQ(group, kClerks);
            ASSERT_TRUE(carry_out(*clerk, clerk->next(payload), clerk_context));
          }
          context.triggered.clear();
        }
        done[static_cast<std::size_t>(t)].counters = context.counts;
        delivered[static_cast<std::size_t>(t)] =
            clerk_context.counts[static_cast<std::size_t>(ClerkCounter::districts_delivered)];
      });
  }
  workload().after_run(target());
  EXPECT_TRUE(check(target(), options, true).empty());  // condition 11 is not asked of data that was run on

  RunSummary summary;
  summary.groups.push_back({GroupStats(kKinds, done[0].counters.size()), GroupStats(kKinds, done[0].counters.size())});
  summary.groups.push_back({GroupStats(1, 3), GroupStats(1, 3)});
  for (const GroupStats& stats : done) summary.groups[0].whole.merge(stats);
  const auto committed = static_cast<std::int64_t>(summary.groups[0].whole.operations[0].count()) -
                         static_cast<std::int64_t>(
                             summary.groups[0].whole.counters[static_cast<std::size_t>(TerminalCounter::rolled_back)]);
  Sql sql(target());
  EXPECT_EQ(sql.number("select count(*) from orders"), 600 + committed);
  std::uint64_t all_delivered = 0;
  for (const std::uint64_t n : delivered) all_delivered += n;
  EXPECT_EQ(sql.number("select count(*) from orders where o_carrier_id is not null"),
            420 + static_cast<std::int64_t>(all_delivered));
  const auto check_count = [&](Requirement::Verdict expected) {
    bool found = false;
    for (const Requirement& r : workload().conclude(summary).requirements)
      if (r.name == "New-Orders in the target") {
        found = true;
        EXPECT_TRUE(r.decides);
        EXPECT_EQ(r.verdict, expected) << r.actual;
      }
    EXPECT_TRUE(found);
  };
  check_count(Requirement::Verdict::pass);
  summary.groups[0].whole.operations[0].response.record(Nanos(1));  // one that the database does not know
  check_count(Requirement::Verdict::fail);
}

TEST_F(TpccClients, a_run_needs_data_that_is_complete_and_large_enough) {
  EXPECT_THROW(groups(small()), Error);
  prepare(target(), small());
  EXPECT_THROW(groups(small({{"warehouses", "2"}})), Error);
  EXPECT_THROW(groups({{"scale-down", "50"}}), Error);
  EXPECT_THROW(groups(small({{"foreign-keys", "false"}})), Error) << "asked of a run, and not as it was loaded";
  EXPECT_EQ(groups(small({{"foreign-keys", "true"}})).size(), 2u);
  EXPECT_EQ(groups(small({{"terminals", "17"}}))[kTerminals].clients, 17u);
}

TEST_F(TpccClients, what_is_not_given_is_as_it_was_loaded) {
  prepare(target(), small({{"warehouses", "3"}, {"foreign-keys", "false"}}));
  EXPECT_EQ(groups({})[kTerminals].clients, 30u);
  const OptionMap in_force = workload().options_in_force();
  EXPECT_EQ(in_force.at("warehouses"), "3");
  EXPECT_EQ(in_force.at("scale-down"), "100");
  EXPECT_EQ(in_force.at("foreign-keys"), "false");
  EXPECT_EQ(in_force.at("terminals"), "30");
  EXPECT_EQ(in_force.at("weights"), "new_order=10,payment=10,order_status=1,delivery=1,stock_level=1");
  EXPECT_EQ(groups({{"warehouses", "2"}})[kTerminals].clients, 20u);
  EXPECT_EQ(workload().options_in_force().at("warehouses"), "2");
}

TEST_F(TpccClients, think_times_and_a_rate_exclude_each_other) {
  RunOptions rate;
  rate.open_loop = true;
  EXPECT_THROW(make_workload({{"think-times", "true"}})->require_of_run(rate), Error);
  make_workload({{"think-times", "true"}})->require_of_run({});
  make_workload({{"think-times", "false"}})->require_of_run(rate);  // which is what happens
  make_workload({})->require_of_run(rate);
  prepare(target(), small());
  groups(small(), rate);
  EXPECT_EQ(workload().options_in_force().at("think-times"), "false");
}

TEST_F(TpccClients, without_think_times_terminals_do_not_pause_and_with_them_they_key_in_and_think) {
  prepare(target(), small());
  const std::vector<Group> fast = groups(small({{"think-times", "false"}}));
  const auto hasty = fast[kTerminals].make_client(0);
  for (int i = 0; i < 100; i++) {
    hasty->next(0);
    EXPECT_EQ(hasty->pause(), Nanos(0));
  }
  const std::vector<Group> slow = groups(small());
  const auto patient = slow[kTerminals].make_client(0);
  double sum = 0;
  for (int i = 0; i < 2300; i++) {
    const auto kind = static_cast<std::size_t>(patient->next(0));
    const Nanos pause = patient->pause();
    EXPECT_GE(pause, std::chrono::seconds(kKeyingSeconds[kind]));
    sum += to_seconds(pause);
  }
  // Of a deck: (10 · 18 + 10 · 3 + 3 · 2 keying + 20 · 12 + 10 + 2 · 5 thinking) / 23
  EXPECT_NEAR(sum / 2300, (180.0 + 30 + 6 + 240 + 10 + 10) / 23, 1);
}

}  // namespace
}  // namespace assay::tpcc
