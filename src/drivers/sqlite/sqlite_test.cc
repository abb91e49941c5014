#include "drivers/sqlite/sqlite.h"

#include "base/error.h"
#include "core/parallel.h"
#include "drivers/sqlite/temp_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

namespace assay::sqlite {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Sqlite : public testing::Test {
 protected:
  std::unique_ptr<Target> open(const std::string& query = "", Nanos operation_timeout = 60s) {
    return sqlite_driver().open({.url = "sqlite:" + path_ + query,
                                 .options = Options(sqlite_driver().info().options),
                                 .operation_timeout = operation_timeout});
  }
  /// The one cell that the statement answers, as text; or what went wrong.
  static std::string ask(Session& session, std::string_view text, std::span<const Value> arguments = {}) {
    const auto answer = session.query()->run(text, arguments);
    if (!answer) return fmt::format("{}: {}", to_string(answer.error().kind), answer.error().message);
    return (*answer)->empty() ? "nothing" : to_text((*answer)->at(0, 0));
  }
  std::string ask(const std::string& query, std::string_view text) { return ask(*open_session(*open(query)), text); }
  void make_table(Session& session) {
    ASSERT_EQ(ask(session, "create table t (id integer primary key, n integer)"), "nothing");
    ASSERT_EQ(ask(session, "insert into t values (1, 10), (2, 20)"), "nothing");
  }

  TempDirectory directory_;
  const std::string path_ = directory_ / "bench.db";
};

TEST_F(Sqlite, options_reach_the_database) {
  EXPECT_EQ(ask("", "pragma journal_mode"), "'wal'");
  EXPECT_EQ(ask("?journal-mode=delete", "pragma journal_mode"), "'delete'");
  EXPECT_EQ(ask("?journal-mode=truncate", "pragma journal_mode"), "'truncate'");
  EXPECT_EQ(ask("?journal-mode=wal", "pragma journal_mode"), "'wal'");
  EXPECT_EQ(ask("", "pragma synchronous"), "2");
  EXPECT_EQ(ask("?synchronous=off", "pragma synchronous"), "0");
  EXPECT_EQ(ask("?synchronous=normal", "pragma synchronous"), "1");
  EXPECT_EQ(ask("?synchronous=extra", "pragma synchronous"), "3");
  EXPECT_EQ(ask("?cache-size=1MiB", "pragma cache_size"), "-1024");
  EXPECT_EQ(ask("?mmap-size=1MiB", "pragma mmap_size"), "1048576");
  EXPECT_EQ(ask("?wal-autocheckpoint=7", "pragma wal_autocheckpoint"), "7");
}

TEST_F(Sqlite, an_option_may_be_given_beside_the_url_but_not_against_it) {
  TargetSpec spec{.url = "sqlite:" + path_ + "?synchronous=off", .options = Options(sqlite_driver().info().options)};
  spec.options.set("cache-size", "2MiB");
  const auto session = open_session(*sqlite_driver().open(spec));
  EXPECT_EQ(ask(*session, "pragma cache_size"), "-2048");
  EXPECT_EQ(ask(*session, "pragma synchronous"), "0");
  spec.options.set("synchronous", "full");
  EXPECT_THROW(sqlite_driver().open(spec), Error);
  spec.url = "sqlite:" + path_ + "?sync=off";
  EXPECT_THROW(sqlite_driver().open(spec), Error);
}

TEST_F(Sqlite, the_page_size_is_that_of_a_new_file_and_must_be_that_of_an_old_one) {
  {
    const auto session = open_session(*open("?page-size=8KiB"));
    make_table(*session);
    EXPECT_EQ(ask(*session, "pragma page_size"), "8192");
  }
  EXPECT_EQ(ask("", "pragma page_size"), "8192") << "not asked for: as it is";
  const auto target = open("?page-size=4096");
  const auto refused = target->connect();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, FailureKind::rejected);
  EXPECT_THAT(refused.error().message, HasSubstr("8192"));
  EXPECT_THAT(refused.error().message, HasSubstr(path_));
  EXPECT_THROW(open("?page-size=5000"), Error) << "no power of two";
}

TEST_F(Sqlite, without_create_a_missing_file_is_not_made) {
  const auto target = open("?create=false");
  const auto refused = target->connect();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("there is no such file"));
  EXPECT_FALSE(std::filesystem::exists(path_));
  open_session(*open());
  EXPECT_TRUE(target->connect());
}

TEST_F(Sqlite, clustered_decides_how_tables_are_stored) {
  const Table table{.name = "orders",
                    .columns = {{.name = "w"}, {.name = "o"}},
                    .primary_key = {"w", "o"},
                    .foreign_keys = {},
                    .indexes = {},
                    .partitioning = {}};
  const char* schema = "select sql from sqlite_schema where name = 'orders'";
  auto session = open_session(*open());
  session->rows()->create(table);
  EXPECT_THAT(ask(*session, schema), HasSubstr("WITHOUT ROWID"));
  session->rows()->drop("orders");
  session = open_session(*open("?clustered=false"));
  session->rows()->create(table);
  EXPECT_THAT(ask(*session, schema), testing::Not(HasSubstr("WITHOUT ROWID")));
}

TEST_F(Sqlite, a_writer_waits_for_the_lock_as_long_as_busy_timeout_says) {
  const auto holder = open_session(*open());
  make_table(*holder);
  ASSERT_TRUE(holder->query()->begin({}));
  for (const auto& [query, least] : {std::pair{"?busy-timeout=0s", Nanos(0)}, {"?busy-timeout=150ms", Nanos(150ms)}}) {
    const auto waiter = open_session(*open(query));
    const TimePoint start = real_clock().now();
    const auto begun = waiter->query()->begin({});
    EXPECT_GE(real_clock().now() - start, least);
    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error().kind, FailureKind::conflict);
    EXPECT_EQ(begun.error().native_code, "SQLITE_BUSY");
    EXPECT_THAT(begun.error().message, HasSubstr(path_));
    EXPECT_TRUE(waiter->query()->begin({.read_only = true})) << "readers do not wait for the writer";
  }
}

TEST_F(Sqlite, a_statement_that_takes_longer_than_the_operation_timeout_is_a_timeout) {
  const auto session = open_session(*open("", 50ms));
  const char* endless = "with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c";
  const auto answer = session->query()->run(endless);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureKind::timeout);
  EXPECT_EQ(answer.error().native_code, "SQLITE_INTERRUPT");
  EXPECT_THAT(answer.error().message, HasSubstr("50 ms"));
  EXPECT_EQ(ask(*session, "select 7"), "7") << "the session goes on";
}

TEST_F(Sqlite, a_patient_session_waits_as_long_as_it_takes) {
  const auto session = open_session(*open("", 20ms));
  // Some hundred milliseconds of counting; ten times as many should a machine be so fast.
  const char* long_one =
      "with recursive c(x) as (select 1 union all select x + 1 from c where x < 3000000) select count(*) from c";
  ASSERT_FALSE(session->query()->run(long_one)) << "this was to take longer than 20 ms";
  {
    const Patience patience(*session);
    EXPECT_EQ(ask(*session, long_one), "3000000");
  }
  EXPECT_FALSE(session->query()->run(long_one));
}

TEST_F(Sqlite, after_sqlite_rolled_back_by_itself_nothing_runs_outside_of_a_transaction_unnoticed) {
  const auto session = open_session(*open());
  make_table(*session);
  QueryFacet& query = *session->query();
  ASSERT_TRUE(query.begin({}));
  ASSERT_EQ(ask(*session, "update t set n = 0"), "nothing");
  EXPECT_THAT(ask(*session, "insert or rollback into t values (1, 1)"), HasSubstr("rejected"));
  EXPECT_TRUE(query.in_transaction()) << "the caller has not ended it";
  EXPECT_THAT(ask(*session, "update t set n = 99"), HasSubstr("rolled the transaction back"));
  EXPECT_FALSE(query.commit());
  ASSERT_TRUE(query.rollback());
  EXPECT_EQ(ask(*session, "select sum(n) from t"), "30");
}

TEST_F(Sqlite, a_full_database_refuses_and_leaves_nothing_half_done) {
  const auto session = open_session(*open());
  make_table(*session);
  ASSERT_EQ(ask(*session, "pragma max_page_count=10"), "10");
  ASSERT_TRUE(session->query()->begin({}));
  EXPECT_THAT(ask(*session, "insert into t select 10, zeroblob(100000)"), HasSubstr("rejected: " + path_));
  ASSERT_TRUE(session->reset());
  EXPECT_EQ(ask(*session, "select count(*) from t"), "2");
}

TEST_F(Sqlite, one_statement_at_a_time_with_as_many_arguments_as_it_has_parameters) {
  const auto session = open_session(*open());
  make_table(*session);
  EXPECT_THAT(ask(*session, "delete from t; select 1"), HasSubstr("more than one statement"));
  EXPECT_THAT(ask(*session, " -- nothing"), HasSubstr("empty"));
  EXPECT_THAT(ask(*session, "select n from t where id = $1"), HasSubstr("1 parameters, and 0 arguments"));
  EXPECT_EQ(ask(*session, "select count(*) from t;"), "2");
}

TEST_F(Sqlite, a_declared_statement_survives_a_change_of_its_table) {
  const auto session = open_session(*open());
  const StatementTable statements = {{.name = "all", .text = "select * from t"}};
  session->query()->declare(statements);
  ASSERT_EQ(ask(*session, "create table t (a boolean)"), "nothing");
  ASSERT_EQ(ask(*session, "insert into t values (1)"), "nothing");
  const ResultSet& before = **session->query()->execute(StatementId{0}, {});
  EXPECT_EQ(before.at(0, 0), Value(true));
  ASSERT_EQ(ask(*session, "drop table t"), "nothing");
  ASSERT_EQ(ask(*session, "create table t (a timestamp, b integer)"), "nothing");
  ASSERT_EQ(ask(*session, "insert into t values (1, 2)"), "nothing");
  const ResultSet& after = **session->query()->execute(StatementId{0}, {});
  ASSERT_EQ(after.columns(), 2u);
  EXPECT_EQ(after.at(0, 0), Value(Timestamp{1}));
  EXPECT_EQ(after.at(0, 1), Value(std::int64_t(2)));
}

TEST_F(Sqlite, arrays_are_kept_as_json) {
  const auto session = open_session(*open());
  const Table table{.name = "arrays",
                    .columns = {{.name = "a", .type = ColumnType::array}},
                    .primary_key = {},
                    .foreign_keys = {},
                    .indexes = {},
                    .partitioning = {}};
  session->rows()->create(table);
  const Value inner[] = {true};
  const Value elements[] = {std::int64_t(1), std::string_view("it's \"x\"\n"), kNull, Decimal{150, 2}, Array{inner, 1}};
  RowBatch batch(1);
  batch.add(Array{elements, std::size(elements)});
  ASSERT_TRUE(session->rows()->write(table, batch));
  const ResultSet& answer = **session->query()->run("select a, json_array_length(a), a ->> 1 from arrays");
  EXPECT_EQ(answer.at(0, 0), Value(Json{R"([1, "it's \"x\"\u000a", null, 1.50, [true]])"}));
  EXPECT_EQ(answer.integer(0, 1), 5);
  EXPECT_EQ(answer.text(0, 2), "it's \"x\"\n");
}

TEST_F(Sqlite, a_decimal_with_more_decimals_than_its_column_is_refused) {
  const auto session = open_session(*open());
  const Table table{.name = "money",
                    .columns = {{.name = "m", .type = ColumnType::decimal, .precision = 12, .scale = 2}},
                    .primary_key = {},
                    .foreign_keys = {},
                    .indexes = {},
                    .partitioning = {}};
  session->rows()->create(table);
  RowBatch batch(1);
  batch.add(Decimal{1'005, 3});
  const Result<> written = session->rows()->write(table, batch);
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, HasSubstr("money.m: 1.005"));
}

TEST_F(Sqlite, figures_follow_what_the_sessions_do) {
  const auto target = open("?wal-autocheckpoint=0");
  const auto sampler = target->sampler();
  const auto sample = [&] {
    std::map<std::string, double> values;
    const auto metrics = sampler->sample();
    for (const TargetMetric& metric : metrics.value()) values[metric.name] = metric.value;
    return values;
  };
  auto session = open_session(*target);
  make_table(*session);
  const auto before = sample();
  EXPECT_EQ(before.at("sqlite.sessions"), 1);
  EXPECT_GT(before.at("sqlite.wal"), 0);
  EXPECT_GT(before.at("sqlite.memory_used"), 0);
  ASSERT_EQ(ask(*session, "insert into t select 3, zeroblob(400000)"), "nothing");  // about a hundred pages
  ASSERT_EQ(ask(*session, "delete from t where id = 3"), "nothing");
  for (int i = 0; i < 100; i++) ask(*session, "select count(*) from t");
  session.reset();  // its last figures are added when it ends
  const auto after = sample();
  EXPECT_GE(after.at("sqlite.pages"), before.at("sqlite.pages") + 97);
  EXPECT_GE(after.at("sqlite.free_pages"), 97);
  EXPECT_GE(after.at("sqlite.wal"), 400'000);
  EXPECT_GE(after.at("sqlite.cache_writes"), 97);
  EXPECT_GE(after.at("sqlite.cache_hits"), before.at("sqlite.cache_hits") + 100);
  EXPECT_EQ(after.at("sqlite.sessions"), 0);
  EXPECT_EQ(after.at("sqlite.cache_used"), 0);
}

}  // namespace
}  // namespace assay::sqlite
