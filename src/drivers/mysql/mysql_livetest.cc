#include "base/error.h"
#include "drivers/mysql/livetest_fixture.h"
#include "runtime/loop.h"

#include <gmock/gmock.h>

#include <limits>
#include <map>
#include <thread>

namespace assay {
namespace {

using ::testing::HasSubstr;

constexpr StatementId id(int i) { return static_cast<StatementId>(i); }

/// Statements over a table t(id int primary key, small smallint, amount decimal(12,2), name text).
class MysqlQueryLive : public MysqlLive {
 protected:
  void SetUp() override {
    MysqlLive::SetUp();
    if (IsSkipped()) return;
    target_ = target();
    session_ = connect(*target_);
    run(*session_, "drop table if exists t");
    run(*session_, "create table t (id int primary key, small smallint, amount decimal(12,2), name text)");
    session_->query()->declare(statements_);
  }
  QueryFacet& query() { return *session_->query(); }

  enum { kInsert, kGet, kPay };
  const StatementTable statements_ = {
      {.name = "insert", .text = "insert into t values ($1, $2, $3, $4)"},
      {.name = "get", .text = "select id, small, amount, name from t where id = $1", .read_only = true},
      {.name = "pay", .text = "update t set amount = amount + $2 where id = $1"},
  };
  std::unique_ptr<Target> target_;
  std::unique_ptr<Session> session_;
};

TEST_F(MysqlQueryLive, BindsAndReadsByTheTypesOfTheColumns) {
  const Value row[] = {std::int64_t{1}, std::int64_t{-3}, Decimal{12345, 2}, std::string_view("näme")};
  const auto inserted = query().execute(id(kInsert), row);
  ASSERT_TRUE(inserted) << inserted.error().message;
  EXPECT_EQ((*inserted)->affected(), 1u);
  const Value pay[] = {std::int64_t{1}, std::int64_t{7}};  // a whole number for a decimal
  ASSERT_TRUE(query().execute(id(kPay), pay));
  const Value key[] = {std::int64_t{1}};
  const auto got = query().execute(id(kGet), key);
  ASSERT_TRUE(got) << got.error().message;
  ASSERT_EQ((*got)->size(), 1u);
  EXPECT_EQ((*got)->integer(0, 0), 1);
  EXPECT_EQ((*got)->integer(0, 1), -3);
  EXPECT_EQ((*got)->decimal(0, 2), (Decimal{13045, 2}));
  EXPECT_EQ((*got)->text(0, 3), "näme");
}

TEST_F(MysqlQueryLive, AnArgumentThatDoesNotFitItsColumnIsRejectedAndTheSessionStays) {
  const Value row[] = {std::int64_t{1}, std::int64_t{32768}, kNull, kNull};
  const auto inserted = query().execute(id(kInsert), row);
  ASSERT_FALSE(inserted);
  EXPECT_EQ(inserted.error().kind, FailureKind::rejected);
  EXPECT_EQ(inserted.error().native_code, "1264");
  const Value too_few[] = {std::int64_t{1}};
  const auto few = query().execute(id(kInsert), too_few);
  ASSERT_FALSE(few);
  EXPECT_THAT(few.error().message, HasSubstr("takes 4 parameters, given 1"));
  EXPECT_EQ(count(*session_, "t"), 0);
}

TEST_F(MysqlQueryLive, AStatementCostsOneRoundTripAndSoDoesABatch) {
  const Value key[] = {std::int64_t{1}};
  ASSERT_TRUE(query().execute(id(kGet), key));
  std::uint64_t before = session_->round_trips();
  ASSERT_TRUE(query().execute(id(kGet), key));
  EXPECT_EQ(session_->round_trips() - before, 1u);
  const Value row[] = {std::int64_t{1}, kNull, Decimal{100, 2}, kNull};
  ASSERT_TRUE(query().execute(id(kInsert), row));
  before = session_->round_trips();
  query().enqueue_begin({.isolation = Isolation::read_committed});
  const std::size_t first = query().enqueue(id(kGet), key), second = query().enqueue(id(kGet), key);
  query().enqueue_commit();
  ASSERT_TRUE(query().flush());
  EXPECT_EQ(session_->round_trips() - before, 1u);
  EXPECT_EQ(query().result(first).integer(0, 0), 1);
  EXPECT_EQ(query().result(second).decimal(0, 2), (Decimal{100, 2}));
  EXPECT_FALSE(query().in_transaction());
}

TEST_F(MysqlQueryLive, WithoutThePipelineABatchDoesTheSameInMoreRoundTripsPrepared) {
  const auto other = target("pipeline=false");
  const auto session = connect(*other);
  QueryFacet& q = *session->query();
  q.declare(statements_);
  const Value key[] = {std::int64_t{1}};
  ASSERT_TRUE(q.execute(id(kGet), key));
  const Value row[] = {std::int64_t{1}, kNull, kNull, kNull};
  ASSERT_TRUE(q.execute(id(kInsert), row));
  const std::int64_t executed = status(*session, "Com_stmt_execute");
  const std::uint64_t before = session->round_trips();
  q.enqueue_begin({});
  q.enqueue(id(kGet), key);
  q.enqueue_commit();
  ASSERT_TRUE(q.flush());
  EXPECT_EQ(session->round_trips() - before, 3u);
  EXPECT_EQ(q.result(0).integer(0, 0), 1);
  EXPECT_EQ(status(*session, "Com_stmt_execute"), executed + 1);
}

TEST_F(MysqlQueryLive, BehindADeadlockNothingOfTheBatchIsCarriedOut) {
  run(*session_, "insert into t (id, small) values (1, 0), (2, 0), (3, 0)");
  const StatementTable add = {{.name = "add", .text = "update t set small = small + 1 where id = $1"}};
  const auto other = connect(*target_);
  QueryFacet &a = query(), &b = *other->query();
  a.declare(add);
  b.declare(add);
  const Value one[] = {std::int64_t{1}}, two[] = {std::int64_t{2}}, three[] = {std::int64_t{3}};
  ASSERT_TRUE(a.begin({}));
  ASSERT_TRUE(a.execute(id(0), one));
  run(*session_, "insert into t (id) select seq from seq_100_to_200");  // heavier than the other, which is the victim
  runtime::Loop loop;
  Result<> batch, alone;
  ASSERT_TRUE(b.begin({}));
  ASSERT_TRUE(b.execute(id(0), two));
  loop.spawn([&] {
    const auto waited = a.execute(id(0), two);
    if (waited)
      alone = a.commit();
    else
      alone = tl::unexpected(waited.error());
  });
  loop.spawn([&] {
    b.enqueue(id(0), one);
    b.enqueue(id(0), three);  // if it were carried out, it would commit by itself
    b.enqueue_commit();
    batch = b.flush();
  });
  loop.run();
  EXPECT_TRUE(alone) << alone.error().message;
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().kind, FailureKind::conflict);
  EXPECT_EQ(batch.error().native_code, "1213");
  EXPECT_FALSE(batch.error().in_doubt);
  EXPECT_TRUE(b.in_transaction());
  const auto before_rollback = b.execute(id(0), three);
  ASSERT_FALSE(before_rollback) << "nothing runs in a transaction that is over";
  EXPECT_THAT(before_rollback.error().message, HasSubstr("roll it back"));
  EXPECT_FALSE(b.commit());
  ASSERT_TRUE(b.rollback());
  EXPECT_EQ(number(*session_, "select small from t where id = 3"), 0);
  ASSERT_TRUE(b.execute(id(0), three));
  EXPECT_EQ(number(*session_, "select small from t where id = 3"), 1);
}

TEST_F(MysqlQueryLive, StatementsOfABatchOutsideATransactionCommitOneByOne) {
  const Value one[] = {std::int64_t{1}, kNull, kNull, kNull}, two[] = {std::int64_t{2}, kNull, kNull, kNull};
  query().enqueue(id(kInsert), one);
  query().enqueue_begin({.isolation = Isolation::serializable});
  query().enqueue(id(kInsert), two);
  ASSERT_TRUE(query().flush());
  ASSERT_TRUE(query().in_transaction());
  ASSERT_TRUE(query().rollback());
  EXPECT_EQ(count(*session_, "t"), 1);
}

TEST_F(MysqlQueryLive, AValueWithoutALiteralFailsItsBatchWithNothingSent) {
  const Value one[] = {std::int64_t{1}, kNull, kNull, kNull};
  const Value bad[] = {std::int64_t{2}, std::numeric_limits<double>::infinity(), kNull, kNull};
  const std::uint64_t before = session_->round_trips();
  query().enqueue(id(kInsert), one);
  query().enqueue(id(kInsert), bad);
  const auto flushed = query().flush();
  ASSERT_FALSE(flushed);
  EXPECT_THAT(flushed.error().message, HasSubstr("parameter $2 of statement 'insert'"));
  EXPECT_EQ(session_->round_trips(), before);
  EXPECT_EQ(count(*session_, "t"), 0);
}

TEST_F(MysqlQueryLive, EveryIsolationLevelOfTheDialectIsReal) {
  const std::map<Isolation, std::string> expected = {{Isolation::default_level, "REPEATABLE READ"},
                                                     {Isolation::read_uncommitted, "READ UNCOMMITTED"},
                                                     {Isolation::read_committed, "READ COMMITTED"},
                                                     {Isolation::repeatable_read, "REPEATABLE READ"},
                                                     {Isolation::serializable, "SERIALIZABLE"}};
  ASSERT_EQ(query().dialect().isolations.size(), expected.size());
  for (const Isolation isolation : query().dialect().isolations) {
    ASSERT_TRUE(query().begin({.isolation = isolation, .read_only = true}));
    ASSERT_TRUE(query().run("select count(*) from t"));  // InnoDB knows of a transaction when it reads
    // The table of transactions is made anew when nobody has read it for 0.1 s.
    std::string seen;
    for (int i = 0; i < 20 && seen != expected.at(isolation) + " 1"; i++) {
      std::this_thread::sleep_for(std::chrono::milliseconds(150));  // polling the server
      const auto level = query().run(
          "select concat(trx_isolation_level, ' ', trx_is_read_only) from information_schema.innodb_trx where "
          "trx_mysql_thread_id = connection_id()");
      ASSERT_TRUE(level) << level.error().message;
      seen = (*level)->empty() ? "" : (*level)->text(0, 0).value();
    }
    EXPECT_EQ(seen, expected.at(isolation) + " 1");
    ASSERT_TRUE(query().commit());
  }
  EXPECT_FALSE(query().begin({.isolation = Isolation::snapshot}));
}

TEST_F(MysqlQueryLive, SessionsSpeakStandardSqlWhateverTheServersDefaults) {
  run(*session_, "set global sql_mode = ''");
  const auto session = connect(*target_);
  run(*session_, "set global sql_mode = default");
  const auto rows = session->query()->run("select 'a' || 'b\\', \"name\" from (select 'x' as \"name\") n");
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ((*rows)->text(0, 0), "ab\\");
  EXPECT_EQ((*rows)->text(0, 1), "x");
  EXPECT_FALSE(session->query()->run("insert into t (id, small) values (1, 99999)")) << "strict";
}

TEST_F(MysqlQueryLive, ATextOfSeveralStatementsIsRefusedAndTheSessionStays) {
  const auto rows = query().run("select 1; select 2");
  ASSERT_FALSE(rows);
  EXPECT_THAT(rows.error().message, HasSubstr("several statements"));
  EXPECT_EQ(number(*session_, "select 3"), 3);
}

TEST_F(MysqlQueryLive, AStatementWhoseTableChangedItsShapeIsPreparedAnew) {
  const StatementTable all = {{.name = "all", .text = "select * from t", .read_only = true}};
  query().declare(all);
  run(*session_, "insert into t (id) values (1)");
  ASSERT_TRUE(query().execute(id(0), {}));
  run(*session_, "alter table t add column more int");
  const auto changed = query().execute(id(0), {});
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().kind, FailureKind::rejected);
  const auto again = query().execute(id(0), {});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*again)->columns(), 5u);
}

TEST_F(MysqlQueryLive, StatementsDeclaredAnewAreClosedAtTheServer) {
  const auto open = [&] { return status(*session_, "Com_stmt_close"); };
  const Value key[] = {std::int64_t{1}};
  ASSERT_TRUE(query().execute(id(kGet), key));
  const std::int64_t before = open();
  query().declare(statements_);
  EXPECT_EQ(open(), before + 1);
  ASSERT_TRUE(query().execute(id(kGet), key));
}

TEST_F(MysqlQueryLive, AHundredAndFiftySessionsShareOneLoop) {
  run(*session_, "insert into t select seq, 0, seq, concat('n', seq) from seq_1_to_200");
  constexpr int kSessions = 150, kEach = 50;  // a server of the tests allows 200
  ASSERT_TRUE(target_->facts());
  runtime::Loop loop;
  int done = 0;
  std::string problem;
  for (int s = 0; s < kSessions; s++) {
    loop.spawn([&, s] {
      auto session = target_->connect();
      if (!session) return void(problem = session.error().message);
      QueryFacet& q = *(*session)->query();
      q.declare(statements_);
      for (int i = 0; i < kEach; i++) {
        const std::int64_t key = (s + i) % 200 + 1;
        const Value arguments[] = {key};
        const auto got = q.execute(id(kGet), arguments);
        if (!got) return void(problem = got.error().message);
        if ((*got)->text(0, 3) != "n" + std::to_string(key)) return void(problem = "another session's answer");
        done++;
      }
    });
  }
  loop.run();
  EXPECT_EQ(problem, "");
  EXPECT_EQ(done, kSessions * kEach);
}

TEST_F(MysqlQueryLive, EveryKindOfValueAgreesWithTheServersOwnTextInBothForms) {
  const Uuid uuid{{0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0x4e, 0xf0, 0x92, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0}};
  const struct {
    const char* type;
    Value value;
    const char* text;
  } kCases[] = {
      {"boolean", true, "1"},
      {"smallint", std::int64_t{-32768}, "-32768"},
      {"mediumint", std::int64_t{-8388608}, "-8388608"},
      {"int unsigned", std::int64_t{4294967295}, "4294967295"},
      {"bigint", std::numeric_limits<std::int64_t>::min(), "-9223372036854775808"},
      {"decimal(18,4)", Decimal{-123456789012345678, 4}, "-12345678901234.5678"},
      {"decimal(4,4)", Decimal{1, 4}, "0.0001"},
      {"double", 0.1, "0.1"},
      {"float", 0.5, "0.5"},
      {"char(5)", std::string_view("ab"), "ab"},
      {"longtext", std::string_view("it's \\ \"so\""), "it's \\ \"so\""},
      {"enum('x','y')", std::string_view("y"), "y"},
      {"json", Json{"{\"b\": 1,  \"a\": 2}"}, "{\"b\": 1,  \"a\": 2}"},
      {"uuid", uuid, "12345678-9abc-4ef0-9234-56789abcdef0"},
      {"date", Date{18262}, "2020-01-01"},
      {"time(6)", TimeOfDay{86'399'999'999}, "23:59:59.999999"},
      {"datetime(6)", parse_timestamp("2001-02-03 04:05:06.000007"), "2001-02-03 04:05:06.000007"},
      {"timestamp(3)", parse_timestamp("2001-02-03 04:05:06.007"), "2001-02-03 04:05:06.007"},
      {"year", std::int64_t{2026}, "2026"},
  };
  for (const auto& c : kCases) {
    run(*session_, "drop table if exists one");
    run(*session_, std::string("create table one (v ") + c.type + ")");
    const StatementTable table = {{.name = "put", .text = "insert into one values ($1)"},
                                  {.name = "get", .text = "select v, cast(v as char) from one", .read_only = true}};
    query().declare(table);
    const Value argument[] = {c.value}, null[] = {kNull};
    for (const bool prepared : {true, false}) {
      run(*session_, "delete from one");
      const auto put = prepared ? query().execute(id(0), argument) : query().run(table[0].text, argument);
      ASSERT_TRUE(put) << c.type << ": " << put.error().message;
      const auto rows = prepared ? query().execute(id(1), {}) : query().run(table[1].text);
      ASSERT_TRUE(rows) << c.type << ": " << rows.error().message;
      EXPECT_EQ((*rows)->text(0, 1), c.text) << c.type << prepared;
      EXPECT_EQ(to_text((*rows)->at(0, 0)), to_text(c.value)) << c.type << prepared;
      EXPECT_EQ((*rows)->at(0, 0).index(), c.value.index()) << c.type << prepared;
      run(*session_, "delete from one");
      ASSERT_TRUE(prepared ? query().execute(id(0), null) : query().run(table[0].text, null));
      const auto nothing = prepared ? query().execute(id(1), {}) : query().run(table[1].text);
      ASSERT_TRUE(nothing);
      EXPECT_TRUE(is_null((*nothing)->at(0, 0))) << c.type;
    }
  }
  run(*session_, "drop table one");
}

TEST_F(MysqlQueryLive, WhatIsLargerThanADecimalIsADoubleAndWhatIsReadByNobodyIsNamed) {
  const auto rows =
      query().run("select 123456789012345678901234567890.5 as a, 18446744073709551615 as b, b'101' + 0 as c");
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ((*rows)->number(0, 0), 123456789012345678901234567890.5);
  EXPECT_EQ((*rows)->number(0, 1), 18446744073709551615.0);
  EXPECT_EQ((*rows)->integer(0, 2), 5);
  const auto days = query().run("select cast('30:00:00' as time) as wait");
  ASSERT_FALSE(days);
  EXPECT_THAT(days.error().message, HasSubstr("wait"));
  EXPECT_TRUE(query().run("select cast('30:00:00' as char)"));
}

}  // namespace
}  // namespace assay
