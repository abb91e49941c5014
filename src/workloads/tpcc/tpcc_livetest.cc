// What only a server can show, on each of them; transactions_test.cc, conditions_test.cc and clients_test.cc run there too.
#include "workloads/tpcc/server_fixture.h"
#include "workloads/tpcc/terminal.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <mutex>

namespace assay::tpcc {
namespace {

class TpccServer : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = missing_target(); !why.empty()) GTEST_SKIP() << why;
  }
};

TEST_F(TpccServer, killed_at_any_time_and_run_again_a_load_ends_with_the_rows_of_an_uninterrupted_one) {
  Database whole, database;
  const OptionMap options = small({{"warehouses", "2"}});
  prepare(whole.target(), options);
  int kills = 0;
  for (int round = 1; round <= 60; round++) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      try {
        prepare(*database.open(), options);
      } catch (const std::exception& error) {
        fmt::print(stderr, "load {}: {}\n", round, error.what());
        _exit(1);
      }
      _exit(0);
    }
    usleep(static_cast<useconds_t>(20'000 * round));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status)) {
      ASSERT_EQ(WEXITSTATUS(status), 0);
      break;
    }
    kills++;
  }
  EXPECT_GT(kills, 1);
  prepare(database.target(), options);
  EXPECT_EQ(checksum(database.target()), checksum(whole.target()));
  EXPECT_TRUE(check(database.target(), options, true).empty());
}

TEST_F(TpccServer, a_part_that_a_killed_load_commits_while_it_is_loaded_again_is_not_loaded_twice) {
  Database database;
  const OptionMap options = small({{"warehouses", "1"}});
  QuietProgress progress;
  Sql killed(database.target());  // stands for the session of the load that was killed, whose commit is under way
  std::mutex mutex;
  int parts = 0;
  progress.on_advance = [&] {
    const std::lock_guard lock(mutex);
    parts++;
    if (parts == 1) {
      killed.run("begin");
      killed.run("insert into assay_meta (workload, name, value) values ('tpcc', 'load/w000001/district/10', 'done')");
    }
    if (parts == 12) {  // of 13: items, warehouse, stock, ten districts. The other thread is at the last one
      usleep(300'000);  // and waits for the entry; if not yet, it will find it there
      killed.run("commit");
    }
  };
  Job job = job_for(database.target(), progress);
  ASSERT_NO_THROW(make_workload(options)->prepare(job));
  EXPECT_TRUE(check(database.target(), options, true).contains("1.2.1"));  // district 10 has no customers: left alone
}

TEST_F(TpccServer, a_new_order_costs_two_round_trips_with_the_pipeline_and_one_for_each_statement_without) {
  Database database;
  const OptionMap options = small();
  prepare(database.target(), options);
  const std::unique_ptr<Session> session = open_session(database.target());
  const Statements statements = make_statements(session->query()->dialect());
  session->query()->declare(statements.table);
  NewOrderInput in{.warehouse = 1, .district = 1, .customer = 1, .lines = 10};
  for (std::uint32_t i = 0; i < in.lines; i++) in.line[i] = {static_cast<std::int32_t>(i + 1), 1, 1};
  std::map<bool, std::uint64_t> trips;
  for (const bool pipeline : {true, false})
    for (int n = 0; n < 2; n++) {  // the first one also prepares the statements
      const std::uint64_t before = session->round_trips();
      ASSERT_TRUE(new_order({.query = *session->query(), .statements = statements, .pipeline = pipeline}, in));
      trips[pipeline] = session->round_trips() - before;
    }
  EXPECT_EQ(trips[true], 2u);
  // begin, customer, items, district, ten lines' stock, order, queue, lines, commit; where a change does not answer what it
  // wrote, district and stock take two statements each
  EXPECT_EQ(trips[false], statements.returning ? 18u : 29u);
}

TEST_F(TpccServer, every_isolation_level_that_the_server_has_runs_the_mix) {
  Database database;
  prepare(database.target(), small());
  for (const Isolation isolation : database.target().dialect()->isolations) {
    const std::string level(to_string(isolation));
    const std::unique_ptr<Workload> workload = make_workload(small({{"isolation-level", level}}));
    const std::vector<Group> groups = workload->groups(database.target(), {});
    const std::unique_ptr<Session> session = open_session(database.target());
    session->query()->declare(groups[kTerminals].statements);
    const auto terminal = groups[kTerminals].make_client(0);
    HandContext context(*session, groups[kTerminals].counters.size());
    for (int n = 0; n < 46; n++) {
      const Result<> done = terminal->run(context, terminal->next(0));
      ASSERT_TRUE(done) << level << ": " << done.error().message;
    }
  }
  EXPECT_TRUE(check(database.target(), small(), false).empty());
  EXPECT_THROW(make_workload(small({{"isolation-level", "linearizable"}}))->groups(database.target(), {}), Error);
}

}  // namespace
}  // namespace assay::tpcc
