// What only PostgreSQL has, and what only a server can show; transactions_test.cc and conditions_test.cc run here too.
#include "workloads/tpcc/postgres_fixture.h"
#include "workloads/tpcc/terminal.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace assay::tpcc {
namespace {

class TpccPostgres : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = missing_target(); !why.empty()) GTEST_SKIP() << why;
  }
};

TEST_F(TpccPostgres, killed_at_any_time_and_run_again_a_load_ends_with_the_rows_of_an_uninterrupted_one) {
  PostgresDatabase whole, database;
  const OptionMap options = small({{"warehouses", "2"}});
  prepare(whole.target(), options);
  int kills = 0;
  for (int round = 1; round <= 60; round++) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      try {
        prepare(*database.open(), options);
      } catch (...) {
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

TEST_F(TpccPostgres, partitions_of_each_type_hold_the_same_rows_and_warehouses_lie_where_the_type_says) {
  PostgresDatabase plain;
  prepare(plain.target(), small({{"warehouses", "5"}}));
  const std::uint64_t expected = checksum(plain.target());
  for (const auto& [type, keys] : {std::pair<std::string, const char*>{"hash", "true"},
                                   {"range", "false"},
                                   {"list_hash", "false"},
                                   {"list_range", "true"}}) {
    PostgresDatabase database;
    const OptionMap options =
        small({{"warehouses", "5"}, {"partitions", "2"}, {"partition-type", type}, {"foreign-keys", keys}});
    prepare(database.target(), options);
    EXPECT_EQ(checksum(database.target()), expected) << type;
    EXPECT_TRUE(check(database.target(), options, true).empty()) << type;
    Sql sql(database.target());
    // pg_inherits has a row for each partition: two of each table but item.
    EXPECT_EQ(sql.number("select count(*) from pg_inherits i join pg_class c on c.oid = i.inhparent where c.relkind "
                         "= 'p'"),
              16)
        << type;
    const ResultSet& rows = sql.run(
        "select tableoid::regclass::text, string_agg(w_id::text, ',' order by w_id) from warehouse group by 1 order "
        "by 1");
    std::vector<std::string> parts;
    for (std::size_t r = 0; r < rows.size(); r++) parts.emplace_back(rows.text(r, 1).value());
    std::sort(parts.begin(), parts.end());
    const std::vector<std::string> ranges = {"1,2", "3,4,5"}, dealt = {"1,3,5", "2,4"};
    if (type != "hash") {
      EXPECT_EQ(parts, type == "list_hash" ? dealt : ranges) << type;
    }
  }
}

TEST_F(TpccPostgres, foreign_keys_are_there_or_not_as_asked) {
  for (const auto& [asked, keys] : {std::pair{"true", 10}, {"false", 0}}) {
    PostgresDatabase database;
    prepare(database.target(), small({{"foreign-keys", asked}}));
    EXPECT_EQ(Sql(database.target()).number("select count(*) from pg_constraint where contype = 'f'"), keys);
  }
}

TEST_F(TpccPostgres, a_new_order_costs_two_round_trips_with_the_pipeline_and_eighteen_without) {
  PostgresDatabase database;
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
  // begin, customer, items, district, ten lines' stock, order, queue, lines, commit
  EXPECT_EQ(trips[false], 18u);
}

TEST_F(TpccPostgres, every_isolation_level_that_postgres_has_runs_the_mix) {
  PostgresDatabase database;
  prepare(database.target(), small());
  for (const std::string level : {"read_committed", "read_uncommitted", "repeatable_read", "serializable"}) {
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
