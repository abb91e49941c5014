#include "workloads/tpcc/sqlite_fixture.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

namespace assay::tpcc {
namespace {

TEST(TpccLoad, the_rows_are_as_many_as_the_specification_says_divided_by_the_scale) {
  SqliteFile file;
  prepare(file.target(), small({{"warehouses", "2"}}));
  Sql sql(file.target());
  // 4.3.3.1: per warehouse 100,000 stock, 10 districts, 30,000 customers, history and orders, 9,000 new orders; here a
  // hundredth of it, and two warehouses. 5 to 15 lines an order, 10 on average.
  EXPECT_EQ(sql.number("select count(*) from warehouse"), 2);
  EXPECT_EQ(sql.number("select count(*) from item"), 1000);
  EXPECT_EQ(sql.number("select count(*) from district"), 20);
  EXPECT_EQ(sql.number("select count(*) from stock"), 2000);
  EXPECT_EQ(sql.number("select count(*) from customer"), 600);
  EXPECT_EQ(sql.number("select count(*) from history"), 600);
  EXPECT_EQ(sql.number("select count(*) from orders"), 600);
  EXPECT_EQ(sql.number("select count(*) from new_order"), 180);
  // 600 uniform counts from 5 to 15: standard deviation of the sum √(600 · 10).
  EXPECT_NEAR(static_cast<double>(sql.number("select count(*) from order_line")), 6000, 4 * 78);
  EXPECT_EQ(sql.number("select min(o_ol_cnt) from orders"), 5);
  EXPECT_EQ(sql.number("select max(o_ol_cnt) from orders"), 15);
}

TEST(TpccLoad, the_values_are_those_of_clause_4_3_3) {
  SqliteFile file;
  prepare(file.target(), small());
  Sql sql(file.target());
  EXPECT_EQ(sql.number("select w_ytd from warehouse"), 3000'00);  // 10 districts × 30 customers × 10.00
  EXPECT_EQ(sql.number("select min(d_next_o_id) from district"), 31);
  EXPECT_EQ(sql.number("select count(*) from customer where c_balance = -1000 and c_ytd_payment = 1000 and "
                       "c_payment_cnt = 1 and c_delivery_cnt = 0 and c_middle = 'OE'"),
            300);
  EXPECT_EQ(sql.number("select count(*) from customer where c_credit not in ('BC', 'GC')"), 0);
  EXPECT_EQ(sql.number("select count(*) from customer where c_credit = 'BC'") > 0, true);
  // Each of the 30 names in use occurs in each district, the first one first.
  EXPECT_EQ(sql.number("select count(distinct c_last) from customer"), 30);
  EXPECT_EQ(sql.number("select count(*) from customer where c_id = 1 and c_last = 'BARBARBAR'"), 10);
  EXPECT_EQ(sql.number("select count(*) from customer where length(c_data) not between 300 and 500"), 0);
  EXPECT_EQ(sql.number("select count(*) from orders where (o_id > 21) <> (o_carrier_id is null)"), 0);
  EXPECT_EQ(sql.number("select count(*) from order_line where ol_o_id <= 21 and (ol_amount <> 0 or ol_delivery_d is "
                       "null)"),
            0);
  EXPECT_EQ(sql.number("select count(*) from order_line where ol_o_id > 21 and (ol_amount not between 1 and 999999 or "
                       "ol_delivery_d is not null)"),
            0);
  EXPECT_EQ(sql.number("select count(*) from stock where s_quantity not between 10 and 100"), 0);
  EXPECT_EQ(sql.number("select count(*) from item where i_price not between 100 and 10000"), 0);
  // Each customer of a district has one order.
  EXPECT_EQ(sql.number("select count(*) from (select distinct o_d_id, o_c_id from orders)"), 300);
  // One item in ten is ORIGINAL: 1000 of them, standard deviation √90.
  EXPECT_NEAR(static_cast<double>(sql.number("select count(*) from item where i_data like '%ORIGINAL%'")), 100, 40);
}

TEST(TpccLoad, all_twelve_conditions_hold_after_a_load) {
  SqliteFile file;
  prepare(file.target(), small({{"warehouses", "3"}}));
  EXPECT_TRUE(check(file.target(), small({{"warehouses", "3"}}), true).empty());
}

TEST(TpccLoad, the_same_seed_makes_the_same_rows_whatever_the_number_of_processes_and_another_seed_makes_others) {
  SqliteFile one, two, other;
  prepare(one.target(), small({{"warehouses", "3"}}));
  prepare(other.target(), small({{"warehouses", "3"}}), 8);
  {
    std::vector<std::jthread> processes;
    for (std::uint32_t i = 0; i < 2; i++)
      processes.emplace_back([&two, i] {
        const std::unique_ptr<Target> target = two.open();
        QuietProgress progress;
        Job job = job_for(*target, progress);
        job.shard = {i, 2};
        make_workload(small({{"warehouses", "3"}}))->prepare(job);
      });
  }
  EXPECT_EQ(checksum(one.target()), checksum(two.target()));
  EXPECT_NE(checksum(one.target()), checksum(other.target()));
}

TEST(TpccLoad, stopped_at_any_chunk_and_run_again_it_ends_with_the_rows_of_an_uninterrupted_load) {
  SqliteFile whole;
  prepare(whole.target(), small());
  const std::uint64_t expected = checksum(whole.target());
  int stops = 0;
  for (int after = 1;; after++) {
    SqliteFile file;
    QuietProgress progress;
    std::stop_source stop;
    int chunks = 0;
    progress.on_advance = [&] {
      if (++chunks == after) stop.request_stop();
    };
    Job job = job_for(file.target(), progress);
    job.parallel = 1;
    job.stop = stop.get_token();
    bool stopped = false;
    try {
      make_workload(small())->prepare(job);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::interrupted);
      stopped = true;
    }
    if (!stopped) break;
    stops++;
    EXPECT_THROW(check(file.target(), small(), true), Error) << "a load that was stopped is not complete";
    prepare(file.target(), small());
    ASSERT_EQ(checksum(file.target()), expected) << "stopped after chunk " << after;
    EXPECT_TRUE(check(file.target(), small(), true).empty());
  }
  EXPECT_GT(stops, 20);  // 13 chunks of rows, then indexes and keys
}

TEST(TpccLoad, killed_at_any_time_and_run_again_it_ends_with_the_rows_of_an_uninterrupted_load) {
  SqliteFile whole, file;
  prepare(whole.target(), small({{"warehouses", "2"}}));
  int kills = 0;
  for (int round = 1; round <= 100; round++) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {  // its own connections; nothing of the parent's is touched
      const std::unique_ptr<Target> target = file.open();
      try {
        prepare(*target, small({{"warehouses", "2"}}));
      } catch (...) {
        _exit(1);
      }
      _exit(0);
    }
    // A little later each time, so that at last it gets through.
    usleep(static_cast<useconds_t>(5000 * round));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status)) {
      ASSERT_EQ(WEXITSTATUS(status), 0);
      break;
    }
    kills++;
  }
  EXPECT_GT(kills, 2);
  prepare(file.target(), small({{"warehouses", "2"}}));
  EXPECT_EQ(checksum(file.target()), checksum(whole.target()));
}

TEST(TpccLoad, other_data_of_ours_is_named_and_left_alone) {
  SqliteFile file;
  prepare(file.target(), small());
  const std::uint64_t before = checksum(file.target());
  const auto message = [&](const OptionMap& options, std::uint64_t seed) {
    try {
      prepare(file.target(), options, seed);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(message(small(), 8), testing::HasSubstr("1 warehouses, seed 7"));
  EXPECT_THAT(message(small({{"warehouses", "2"}}), 7), testing::HasSubstr("asked for: 2 warehouses"));
  EXPECT_THAT(message({{"scale-down", "50"}}, 7), testing::HasSubstr("scale-down 100"));
  EXPECT_THAT(message(small({{"foreign-keys", "false"}}), 7), testing::HasSubstr("with foreign keys"));
  EXPECT_EQ(message(small(), 7), "no error");
  EXPECT_EQ(checksum(file.target()), before);
}

TEST(TpccLoad, drop_data_loads_anew) {
  SqliteFile file;
  prepare(file.target(), small());
  prepare(file.target(), small({{"warehouses", "2"}, {"drop-data", "true"}}), 9);
  EXPECT_EQ(Sql(file.target()).number("select count(*) from warehouse"), 2);
  EXPECT_TRUE(check(file.target(), small(), true).empty());
}

TEST(TpccLoad, tables_of_somebody_else_are_named_and_not_touched) {
  SqliteFile file;
  Sql(file.target()).run("create table customer (name text)");
  Sql(file.target()).run("insert into customer values ('theirs')");
  for (const char* drop : {"false", "true"}) try {
      prepare(file.target(), small({{"drop-data", drop}}));
      FAIL() << "loaded over somebody's table";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("customer"));
    }
  QuietProgress progress;
  Job job = job_for(file.target(), progress);
  make_workload(small())->cleanup(job);
  EXPECT_EQ(Sql(file.target()).number("select count(*) from customer"), 1);
  EXPECT_EQ(Sql(file.target()).number("select count(*) from sqlite_schema where type = 'table'"), 1);
}

TEST(TpccLoad, cleanup_leaves_nothing_also_of_half_a_load) {
  for (const int after : {1, 5, 1000}) {
    SqliteFile file;
    QuietProgress progress;
    std::stop_source stop;
    int chunks = 0;
    progress.on_advance = [&] {
      if (++chunks == after) stop.request_stop();
    };
    Job job = job_for(file.target(), progress);
    job.stop = stop.get_token();
    try {
      make_workload(small())->prepare(job);
    } catch (const Error&) {
    }
    Job clean = job_for(file.target(), progress);
    make_workload(small())->cleanup(clean);
    EXPECT_EQ(Sql(file.target()).number("select count(*) from sqlite_schema where name not like 'sqlite_%'"), 0);
  }
}

TEST(TpccLoad, what_the_target_cannot_have_is_an_error_before_anything_is_made) {
  SqliteFile file;
  EXPECT_THROW(prepare(file.target(), small({{"warehouses", "4"}, {"partitions", "2"}, {"foreign-keys", "false"}})),
               Error);
  EXPECT_THROW(prepare(file.target(), small({{"isolation-level", "snapshot"}})), Error);
  EXPECT_EQ(Sql(file.target()).number("select count(*) from sqlite_schema"), 0);
}

}  // namespace
}  // namespace assay::tpcc
