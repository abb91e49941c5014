#include "base/error.h"
#include "core/meta.h"
#include "drivers/mysql/livetest_fixture.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <future>

namespace assay {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;

constexpr const char* kLoads[] = {"load=load-data", "load=bulk", "load=insert&insert-rows=100"};

Table ledger(const std::string& name) {
  return {.name = name,
          .columns = {{.name = "id", .type = ColumnType::integer},
                      {.name = "big", .type = ColumnType::bigint},
                      {.name = "ok", .type = ColumnType::boolean},
                      {.name = "amount", .type = ColumnType::decimal, .precision = 12, .scale = 2, .nullable = true},
                      {.name = "ratio", .type = ColumnType::real, .nullable = true},
                      {.name = "code", .type = ColumnType::character, .length = 4},
                      {.name = "name", .type = ColumnType::varchar, .length = 40, .nullable = true},
                      {.name = "note", .type = ColumnType::text},
                      {.name = "raw", .type = ColumnType::bytes, .nullable = true},
                      {.name = "uid", .type = ColumnType::uuid},
                      {.name = "day", .type = ColumnType::date},
                      {.name = "hour", .type = ColumnType::time},
                      {.name = "at", .type = ColumnType::timestamp},
                      {.name = "doc", .type = ColumnType::json}},
          .primary_key = {"id"},
          .foreign_keys = {},
          .indexes = {},
          .partitioning = {}};
}

void fill(RowBatch& batch, std::int64_t rows) {
  for (std::int64_t i = 0; i < rows; i++) {
    batch.add(i);
    batch.add(i * 10'000'000'000);
    batch.add(i % 2 == 0);
    batch.add(i % 3 == 0 ? Value(kNull) : Value(Decimal{i * 101 - 50'000, 2}));
    batch.add(i % 7 == 0 ? Value(kNull) : Value(static_cast<double>(i) / 7));
    batch.add_copy("c" + std::to_string(i % 1000));
    batch.add(i % 5 == 0 ? Value(kNull) : Value(batch.keep("näme\t\\N\n'" + std::to_string(i))));
    batch.add_copy(std::string(static_cast<std::size_t>(i % 50), 'n'));
    batch.add(i % 4 == 0 ? Value(kNull) : Value(Bytes{std::string_view("\0\1\xff\\\n", 5)}));
    batch.add(Uuid{{static_cast<std::uint8_t>(i)}});
    batch.add(Date{static_cast<std::int32_t>(i)});
    batch.add(TimeOfDay{i});
    batch.add(Timestamp{i * 1'000'001});
    batch.add(Json{"{\"k\": \"a\\\"b\"}"});
  }
}

class MysqlRowsLive : public MysqlLive {
 protected:
  void SetUp() override {
    MysqlLive::SetUp();
    if (IsSkipped()) return;
    target_ = target();
    session_ = connect(*target_);
    for (const char* name : {"child", "ledger_a", "ledger_b", "parts"}) rows().drop(name);
  }
  RowsFacet& rows() { return *session_->rows(); }
  /// All rows, as the driver reads them.
  std::string contents(const std::string& table) {
    const auto answer = session_->query()->run("select * from " + table + " order by id");
    if (!answer) return answer.error().message;
    std::string out;
    for (std::size_t r = 0; r < (*answer)->size(); r++)
      for (std::size_t c = 0; c < (*answer)->columns(); c++) out += to_text((*answer)->at(r, c)) + "|";
    return out;
  }
  std::unique_ptr<Target> target_;
  std::unique_ptr<Session> session_;
};

TEST_F(MysqlRowsLive, EveryWayOfLoadingWritesWhatTheBatchHolds) {
  RowBatch batch(14);
  fill(batch, 3001);
  std::string expected;
  for (std::size_t r = 0; r < batch.size(); r++)
    for (std::size_t c = 0; c < batch.columns(); c++) expected += to_text(batch.row(r)[c]) + "|";
  const Table table = ledger("ledger_a");
  for (const char* load : kLoads) {
    const auto other = target(load);
    const auto session = connect(*other);
    rows().drop(table.name);
    rows().create(table);
    const auto written = session->rows()->write(table, batch);
    ASSERT_TRUE(written) << load << ": " << written.error().message;
    EXPECT_EQ(count(*session_, table.name), 3001);
    EXPECT_TRUE(contents(table.name) == expected) << load;
  }
}

TEST_F(MysqlRowsLive, TheWayThatWasAskedForIsTheOneThatIsTaken) {
  const Table table = ledger("ledger_a");
  RowBatch batch(14);
  fill(batch, 250);
  const struct {
    const char *load, *counter;
    std::int64_t times;
  } kCases[] = {{"load=auto", "Com_load", 1},
                {"load=load-data", "Com_load", 1},
                {"load=bulk", "Com_stmt_execute", 1},
                {"load=insert&insert-rows=100", "Com_insert", 3}};
  for (const auto& c : kCases) {
    const auto other = target(c.load);
    const auto session = connect(*other);
    rows().drop(table.name);
    rows().create(table);
    const std::int64_t before = status(*session, c.counter);
    ASSERT_TRUE(session->rows()->write(table, batch)) << c.load;
    EXPECT_EQ(status(*session, c.counter) - before, c.times) << c.load;
    EXPECT_EQ(count(*session_, table.name), 250) << c.load;
  }
}

TEST_F(MysqlRowsLive, WhereTheServerTakesNoLocalDataRowsAreLoadedAllTheSame) {
  const Table table = ledger("ledger_a");
  rows().create(table);
  RowBatch batch(14);
  fill(batch, 10);
  run(*session_, "set global local_infile = 0");
  const auto session = connect(*target_);
  const auto strict = target("load=load-data");
  const auto forced = connect(*strict)->rows()->write(table, batch);
  const auto written = session->rows()->write(table, batch);
  run(*session_, "set global local_infile = 1");
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(count(*session_, table.name), 10);
  ASSERT_FALSE(forced);
  EXPECT_EQ(forced.error().kind, FailureKind::rejected);
}

TEST_F(MysqlRowsLive, ABatchIsWrittenWhollyOrNotAtAll) {
  for (const char* load : kLoads) {
    const auto other = target(load);
    const auto session = connect(*other);
    const Table table = ledger("ledger_a");
    rows().drop(table.name);
    rows().create(table);
    RowBatch batch(14);
    fill(batch, 250);
    fill(batch, 1);  // a key twice, in the last INSERT
    const auto written = session->rows()->write(table, batch);
    ASSERT_FALSE(written) << load;
    EXPECT_EQ(written.error().native_code, "1062") << load << ": " << written.error().message;
    EXPECT_EQ(count(*session_, table.name), 0) << load;
    EXPECT_FALSE(session->query()->in_transaction());
  }
}

TEST_F(MysqlRowsLive, AValueThatDoesNotFitIsRejectedAndNothingIsWritten) {
  const Table table{.name = "ledger_a",
                    .columns = {{.name = "id", .type = ColumnType::integer},
                                {.name = "code", .type = ColumnType::character, .length = 4}},
                    .primary_key = {"id"},
                    .foreign_keys = {},
                    .indexes = {},
                    .partitioning = {}};
  for (const char* load : kLoads) {
    const auto other = target(load);
    const auto session = connect(*other);
    rows().drop(table.name);
    rows().create(table);
    for (const bool number : {true, false}) {
      RowBatch batch(2);
      batch.add(std::int64_t{1});
      batch.add(std::string_view("abcd"));
      batch.add(number ? std::int64_t{1} << 40 : std::int64_t{2});
      batch.add(std::string_view(number ? "abcd" : "abcde"));
      const auto written = session->rows()->write(table, batch);
      ASSERT_FALSE(written) << load;
      EXPECT_EQ(written.error().kind, FailureKind::rejected);
      EXPECT_FALSE(written.error().native_code.empty()) << load;
      EXPECT_EQ(count(*session_, "ledger_a"), 0) << load;
    }
    RowBatch infinite(2);
    infinite.add(std::numeric_limits<double>::infinity());
    infinite.add(std::string_view("x"));
    EXPECT_THAT(session->rows()->write(table, infinite).error().message, HasSubstr("does not fit column")) << load;
  }
}

TEST_F(MysqlRowsLive, AWriteIntoAMissingTableIsRejectedAndTheSessionStays) {
  RowBatch batch(14);
  fill(batch, 10);
  for (const char* load : kLoads) {
    const auto other = target(load);
    const auto session = connect(*other);
    const auto written = session->rows()->write(ledger("nowhere"), batch);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().native_code, "1146") << load << ": " << written.error().message;
    EXPECT_FALSE(session->rows()->exists("nowhere"));
  }
}

TEST_F(MysqlRowsLive, AServerThatAsksForAFileIsGivenNone) {
  // As a server could that is not what it seems to be: any statement may be answered with the wish for a file.
  run(*session_, "create table ledger_a (line text)");
  const auto loaded = session_->query()->run("load data local infile '/etc/passwd' into table ledger_a");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(count(*session_, "ledger_a"), 0);
}

TEST_F(MysqlRowsLive, DdlInATransactionCommitsItAndTheCommitIsGood) {
  const Table table = ledger("ledger_a");
  ASSERT_TRUE(session_->query()->begin({}));
  rows().create(table);
  EXPECT_TRUE(session_->query()->in_transaction());
  EXPECT_TRUE(session_->query()->commit());
  EXPECT_FALSE(session_->query()->in_transaction());
}

TEST_F(MysqlRowsLive, PartitionsOfEveryKindHoldTheRowsThatTheyShould) {
  Table table{.name = "parts",
              .columns = {{.name = "w", .type = ColumnType::integer}, {.name = "n", .type = ColumnType::integer}},
              .primary_key = {"w", "n"},
              .foreign_keys = {},
              .indexes = {{.name = "parts_n", .columns = {"n"}}},
              .partitioning = {.kind = Partitioning::Kind::hash, .column = "w", .parts = {{}, {}, {}}}};
  RowBatch batch(2);
  for (std::int64_t w = 1; w <= 9; w++) {
    batch.add(w);
    batch.add(w);
  }
  const auto made = [&](const char* method, std::int64_t in_p1) {
    rows().drop("parts");
    rows().create(table);
    rows().create_indexes(table);
    rows().create_indexes(table);  // again, as after a crash
    ASSERT_TRUE(rows().write(table, batch));
    const auto answer = session_->query()->run(
        "select max(partition_method), count(*) from information_schema.partitions where table_schema = database() and "
        "table_name = 'parts'");
    ASSERT_TRUE(answer);
    EXPECT_EQ((*answer)->text(0, 0), method);
    EXPECT_EQ((*answer)->integer(0, 1), 3);
    EXPECT_EQ(count(*session_, "parts partition (p1)"), in_p1) << method;
  };
  made("HASH", 3);  // 1, 4, 7: the number modulo three
  table.partitioning.kind = Partitioning::Kind::range;
  table.partitioning.parts = {
      {.low = 1, .high = 4, .values = {}}, {.low = 4, .high = 6, .values = {}}, {.low = 6, .high = 10, .values = {}}};
  made("RANGE", 2);
  table.partitioning.kind = Partitioning::Kind::list;
  table.partitioning.parts = {{.values = {1, 4, 7}}, {.values = {2, 5, 8, 9}}, {.values = {3, 6}}};
  made("LIST", 4);
}

TEST_F(MysqlRowsLive, ForeignKeysAreMadeOnceAndTablesGoWithThemOrNotAtAll) {
  const Table parent{.name = "parts",
                     .columns = {{.name = "w", .type = ColumnType::integer}},
                     .primary_key = {"w"},
                     .foreign_keys = {},
                     .indexes = {},
                     .partitioning = {}};
  Table child{.name = "child",
              .columns = {{.name = "w", .type = ColumnType::integer}, {.name = "c", .type = ColumnType::integer}},
              .primary_key = {"w", "c"},
              .foreign_keys = {{.columns = {"w"}, .table = "parts", .references = {"w"}}},
              .indexes = {},
              .partitioning = {}};
  rows().create(parent);
  rows().create(child);
  rows().create_foreign_keys(child);
  rows().create_foreign_keys(child);  // again, as after a crash
  RowBatch batch(2);
  batch.add(std::int64_t{5});
  batch.add(std::int64_t{1});
  const auto written = rows().write(child, batch);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().native_code, "1452");
  EXPECT_EQ(count(*session_, "child"), 0);
  EXPECT_THROW(rows().drop("parts"), Error);
  EXPECT_TRUE(rows().exists("parts"));
  const std::string both[] = {"parts", "child"};
  rows().drop_all(both);
  EXPECT_FALSE(rows().exists("parts"));
  EXPECT_FALSE(rows().exists("child"));
}

TEST_F(MysqlRowsLive, WhatAnotherStatementMakesMeanwhileIsMade) {
  const Table parent{.name = "parts",
                     .columns = {{.name = "w", .type = ColumnType::integer}},
                     .primary_key = {"w"},
                     .foreign_keys = {},
                     .indexes = {},
                     .partitioning = {}};
  const Table child{.name = "child",
                    .columns = {{.name = "w", .type = ColumnType::integer}, {.name = "c", .type = ColumnType::integer}},
                    .primary_key = {"w", "c"},
                    .foreign_keys = {{.columns = {"w"}, .table = "parts", .references = {"w"}}},
                    .indexes = {{.name = "child_c", .columns = {"c"}}},
                    .partitioning = {}};
  rows().create(parent);
  rows().create(child);
  const auto both_make = [&](void (RowsFacet::*make)(const Table&)) {
    const auto reader = connect(*target_);
    ASSERT_TRUE(reader->query()->begin({}));
    run(*reader, "select * from child");  // keeps the table's definition as it is
    const auto one_of_them = [&] { (connect(*target_)->rows()->*make)(child); };
    std::future<void> first = std::async(std::launch::async, one_of_them),
                      second = std::async(std::launch::async, one_of_them);
    while (
        number(*session_,
               "select count(*) from information_schema.processlist where state like 'Waiting for table metadata%'") <
        2)
      ASSERT_EQ(second.wait_for(std::chrono::milliseconds(5)), std::future_status::timeout);
    ASSERT_TRUE(reader->query()->rollback());
    EXPECT_NO_THROW(first.get());
    EXPECT_NO_THROW(second.get());
  };
  both_make(&RowsFacet::create_indexes);
  both_make(&RowsFacet::create_foreign_keys);
}

TEST_F(MysqlRowsLive, ABatchOfKeysAndValuesThatTakesSeveralStatementsIsAllOrNone) {
  KvFacet& kv = *session_->kv();
  kv.drop("coll");
  kv.create("coll");
  kv.use("coll");
  const std::string value(100'000, 'v'), too_long(2'000, 'k');
  std::vector<std::string> keys;
  for (int i = 0; i < 50; i++) keys.push_back("key" + std::to_string(100 + i));
  std::vector<KvPair> pairs;
  for (const std::string& key : keys) pairs.push_back({key, value});
  ASSERT_TRUE(kv.put_batch(pairs));
  EXPECT_EQ(count(*session_, "coll"), 50);
  std::vector<std::string> others;
  for (const std::string& key : keys) others.push_back("j" + key);
  for (std::size_t i = 0; i < pairs.size(); i++) pairs[i].key = others[i];
  pairs.push_back({too_long, "v"});  // the last by its bytes
  EXPECT_FALSE(kv.put_batch(pairs));
  EXPECT_EQ(count(*session_, "coll"), 50);
  EXPECT_FALSE(session_->query()->in_transaction());
  kv.drop("coll");
}

TEST_F(MysqlRowsLive, TransactionsThatMakeEntriesOfTheirOwnInTheRecordDoNotWaitForEachOther) {
  const auto patient = target("lock-timeout=1s");
  const auto a = connect(*patient), b = connect(*patient);
  rows().drop(meta_table().name);
  Meta first(*a, "live"), second(*b, "live");
  first.create();
  ASSERT_TRUE(a->query()->begin({}));
  ASSERT_TRUE(b->query()->begin({}));
  // In turn, in the middle of what is there and at its end.
  for (const char* name : {"chunk/2", "chunk/4", "chunk/1"}) {
    EXPECT_TRUE(first.try_put(std::string(name) + "a", "done")) << name;
    EXPECT_TRUE(second.try_put(std::string(name) + "b", "done")) << name;
  }
  // The same one they cannot both make: a conflict is answered, so that the transaction can be tried again.
  EXPECT_TRUE(first.try_put("state", "a"));
  const auto refused = second.try_put("state", "b");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, FailureKind::conflict);
  ASSERT_TRUE(b->query()->rollback());
  ASSERT_TRUE(a->query()->commit());
  EXPECT_EQ(second.get("state"), "a");
  EXPECT_EQ(second.all("chunk/").size(), 3u);
  rows().drop(meta_table().name);
}

TEST_F(MysqlRowsLive, FactsAndTheSamplerTellOfTheServer) {
  const auto facts = target_->facts();
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->server, "MariaDB");
  const auto version = session_->query()->run("select version()");
  EXPECT_THAT(std::string((*version)->text(0, 0).value()), HasSubstr(facts->version + "-MariaDB"));
  for (const char* name :
       {"innodb_buffer_pool_size", "innodb_flush_log_at_trx_commit", "max_connections", "tx_isolation"})
    EXPECT_THAT(facts->settings, Contains(Key(name)));
  const auto sampler = target_->sampler();
  const auto figure = [&](const char* name) {
    const auto samples = sampler->sample();
    if (!samples) throw std::runtime_error(samples.error().message);
    const auto found =
        std::find_if(samples->begin(), samples->end(), [&](const TargetMetric& m) { return m.name == name; });
    return found == samples->end() ? -1.0 : found->value;
  };
  for (const char* name :
       {"com_commit", "rows_read", "innodb_buffer_pool_reads", "innodb_os_log_written", "innodb_row_lock_waits",
        "innodb_deadlocks", "threads_running", "innodb_history_list_length"})
    EXPECT_GE(figure(name), 0) << name;
  run(*session_, "create table parts (a int primary key)");
  const double before = figure("handler_write");
  run(*session_, "insert into parts values (1), (2), (3)");
  EXPECT_GE(figure("handler_write") - before, 3);
}

}  // namespace
}  // namespace assay
