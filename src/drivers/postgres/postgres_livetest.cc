#include "base/error.h"
#include "drivers/postgres/livetest_fixture.h"
#include "runtime/loop.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <map>
#include <tuple>

namespace assay {
namespace {

using ::testing::HasSubstr;

constexpr StatementId id(int i) { return static_cast<StatementId>(i); }

/// Statements over a table t(id int primary key, small smallint, amount numeric(12,2), name text).
class PostgresQueryLive : public PostgresLive {
 protected:
  void SetUp() override {
    PostgresLive::SetUp();
    if (IsSkipped()) return;
    target_ = target();
    session_ = connect(*target_);
    run(*session_, "drop table if exists t");
    run(*session_, "create table t (id int primary key, small smallint, amount numeric(12,2), name text)");
    session_->query()->declare(statements_);
  }
  QueryFacet& query() { return *session_->query(); }

  enum { kInsert, kGet, kPay, kBroken, kSleep };
  const StatementTable statements_ = {
      {.name = "insert", .text = "insert into t values ($1, $2, $3, $4)"},
      {.name = "get", .text = "select id, small, amount, name from t where id = $1", .read_only = true},
      {.name = "pay", .text = "update t set amount = amount + $2 where id = $1 returning amount"},
      {.name = "broken", .text = "select $1::int / 0", .read_only = true},
      {.name = "sleep", .text = "select pg_sleep($1)", .read_only = true},
  };
  std::unique_ptr<Target> target_;
  std::unique_ptr<Session> session_;
};

TEST_F(PostgresQueryLive, BindsAndReadsByTheTypesOfTheColumns) {
  const Value row[] = {std::int64_t{1}, std::int64_t{-3}, Decimal{12345, 2}, std::string_view("näme")};
  const auto inserted = query().execute(id(kInsert), row);
  ASSERT_TRUE(inserted) << inserted.error().message;
  EXPECT_EQ((*inserted)->affected(), 1u);
  const Value key[] = {std::int64_t{1}};
  const auto got = query().execute(id(kGet), key);
  ASSERT_TRUE(got) << got.error().message;
  ASSERT_EQ((*got)->size(), 1u);
  EXPECT_EQ((*got)->integer(0, 0), 1);
  EXPECT_EQ((*got)->integer(0, 1), -3);
  EXPECT_EQ((*got)->decimal(0, 2), (Decimal{12345, 2}));
  EXPECT_EQ((*got)->text(0, 3), "näme");
  const Value pay[] = {std::int64_t{1}, std::int64_t{7}};  // a whole number bound to a numeric
  const auto paid = query().execute(id(kPay), pay);
  ASSERT_TRUE(paid) << paid.error().message;
  EXPECT_EQ((*paid)->decimal(0, 0), (Decimal{13045, 2}));
}

TEST_F(PostgresQueryLive, AnArgumentThatDoesNotFitItsColumnIsRejectedAndTheSessionStays) {
  const Value row[] = {std::int64_t{1}, std::int64_t{32768}, kNull, kNull};
  const auto inserted = query().execute(id(kInsert), row);
  ASSERT_FALSE(inserted);
  EXPECT_EQ(inserted.error().kind, FailureKind::rejected);
  EXPECT_THAT(inserted.error().message, HasSubstr("32768"));
  EXPECT_EQ(count(*session_, "t"), 0);
}

TEST_F(PostgresQueryLive, AStatementCostsOneRoundTripAndSoDoesABatch) {
  const Value key[] = {std::int64_t{1}};
  ASSERT_TRUE(query().execute(id(kGet), key));
  std::uint64_t before = session_->round_trips();
  ASSERT_TRUE(query().execute(id(kGet), key));
  EXPECT_EQ(session_->round_trips() - before, 1u);
  const Value row[] = {std::int64_t{1}, kNull, Decimal{100, 2}, kNull};
  ASSERT_TRUE(query().execute(id(kInsert), row));
  before = session_->round_trips();
  query().enqueue_begin({});
  const std::size_t first = query().enqueue(id(kGet), key), second = query().enqueue(id(kGet), key);
  query().enqueue_commit();
  ASSERT_TRUE(query().flush());
  EXPECT_EQ(session_->round_trips() - before, 1u);
  EXPECT_EQ(query().result(first).integer(0, 0), 1);
  EXPECT_EQ(query().result(second).decimal(0, 2), (Decimal{100, 2}));
  EXPECT_FALSE(query().in_transaction());
}

TEST_F(PostgresQueryLive, WithoutThePipelineABatchDoesTheSameInMoreRoundTrips) {
  const auto other = target("pipeline=false");
  const auto session = connect(*other);
  QueryFacet& q = *session->query();
  q.declare(statements_);
  const Value key[] = {std::int64_t{1}};
  ASSERT_TRUE(q.execute(id(kGet), key));
  const Value row[] = {std::int64_t{1}, kNull, kNull, kNull};
  ASSERT_TRUE(q.execute(id(kInsert), row));
  const std::uint64_t before = session->round_trips();
  q.enqueue_begin({});
  q.enqueue(id(kGet), key);
  q.enqueue_commit();
  ASSERT_TRUE(q.flush());
  EXPECT_EQ(session->round_trips() - before, 3u);
  EXPECT_EQ(q.result(0).integer(0, 0), 1);
}

TEST_F(PostgresQueryLive, BehindAFailureNothingIsCarriedOutAndTheCommitIsNotEither) {
  const Value one[] = {std::int64_t{1}, kNull, kNull, kNull}, two[] = {std::int64_t{2}, kNull, kNull, kNull};
  const Value number[] = {std::int64_t{1}};
  query().enqueue_begin({});
  query().enqueue(id(kInsert), one);
  query().enqueue(id(kBroken), number);
  const std::size_t behind = query().enqueue(id(kInsert), two);
  query().enqueue_commit();
  const auto flushed = query().flush();
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().native_code, "22012");  // division by zero
  EXPECT_FALSE(flushed.error().in_doubt);
  EXPECT_EQ(query().result(behind).size(), 0u);
  EXPECT_TRUE(query().in_transaction());
  ASSERT_TRUE(query().rollback());
  EXPECT_FALSE(query().in_transaction());
  EXPECT_EQ(count(*session_, "t"), 0);
}

TEST_F(PostgresQueryLive, ABeginBehindBareStatementsDoesNotTakeThemIntoItsTransaction) {
  const Value one[] = {std::int64_t{1}, kNull, kNull, kNull}, two[] = {std::int64_t{2}, kNull, kNull, kNull};
  query().enqueue(id(kInsert), one);
  query().enqueue_begin({.isolation = Isolation::serializable});
  query().enqueue(id(kInsert), two);
  ASSERT_TRUE(query().flush());
  ASSERT_TRUE(query().in_transaction());
  ASSERT_TRUE(query().rollback());
  EXPECT_EQ(count(*session_, "t"), 1);
}

TEST_F(PostgresQueryLive, ACommitOfAnAbortedTransactionIsAFailure) {
  const Value number[] = {std::int64_t{1}};
  ASSERT_TRUE(query().begin({}));
  ASSERT_FALSE(query().execute(id(kBroken), number));
  const auto committed = query().commit();
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().native_code, "25P02");
  EXPECT_FALSE(committed.error().in_doubt);
}

TEST_F(PostgresQueryLive, EveryIsolationLevelOfTheDialectIsReal) {
  const std::map<Isolation, std::string> expected = {{Isolation::default_level, "read committed"},
                                                     {Isolation::read_uncommitted, "read uncommitted"},
                                                     {Isolation::read_committed, "read committed"},
                                                     {Isolation::repeatable_read, "repeatable read"},
                                                     {Isolation::serializable, "serializable"}};
  ASSERT_EQ(query().dialect().isolations.size(), expected.size());
  for (const Isolation isolation : query().dialect().isolations) {
    ASSERT_TRUE(query().begin({.isolation = isolation, .read_only = true}));
    const auto level =
        query().run("select current_setting('transaction_isolation'), current_setting('transaction_read_only')");
    ASSERT_TRUE(level);
    EXPECT_EQ((*level)->text(0, 0), expected.at(isolation));
    EXPECT_EQ((*level)->text(0, 1), "on");
    ASSERT_TRUE(query().commit());
  }
  EXPECT_FALSE(query().begin({.isolation = Isolation::snapshot}));
}

TEST_F(PostgresQueryLive, AStatementWhoseTableChangedItsShapeIsPreparedAnew) {
  const StatementTable all = {{.name = "all", .text = "select * from t", .read_only = true}};
  query().declare(all);
  ASSERT_TRUE(query().execute(id(0), {}));
  run(*session_, "alter table t add column more int");
  ASSERT_FALSE(query().execute(id(0), {}));  // "cached plan must not change result type"
  const auto again = query().execute(id(0), {});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*again)->columns(), 5u);
}

TEST_F(PostgresQueryLive, ABatchLargerThanTheSocketsBuffersDoesNotDeadlock) {
  const std::string large(100'000, 'x');
  const StatementTable echo = {{.name = "echo", .text = "select $1::text", .read_only = true}};
  query().declare(echo);
  const Value argument[] = {std::string_view(large)};
  constexpr std::size_t kMany = 300;  // 30 MB each way
  for (std::size_t i = 0; i < kMany; i++) query().enqueue(id(0), argument);
  const auto flushed = query().flush();
  ASSERT_TRUE(flushed) << flushed.error().message;
  for (std::size_t i = 0; i < kMany; i++) ASSERT_EQ(query().result(i).text(0, 0), large);
}

TEST_F(PostgresQueryLive, AHundredAndFiftySessionsShareOneLoop) {
  run(*session_, "insert into t select i, 0, i, 'n' || i from generate_series(1, 200) i");
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

// ---------------------------------------------------------------------------------------------------------------------
// Values

TEST_F(PostgresQueryLive, NumericsAgreeWithTheServersOwnText) {
  const StatementTable both = {{.name = "there", .text = "select ($1::numeric)::text", .read_only = true},
                               {.name = "back", .text = "select ($1::text)::numeric", .read_only = true}};
  query().declare(both);
  for (const char* text : {"0", "0.00", "1", "-1", "9999", "10000", "10001", "99999999.9999", "0.0001", "0.00001",
                           "-0.5", "123456789012345678", "-123456789012345678", "0.00000000000000001", "100000000.00",
                           "-99990000", "1234.5678", "12345.67890"}) {
    const Decimal decimal = parse_decimal(text);
    const Value number[] = {decimal};
    const auto there = query().execute(id(0), number);
    ASSERT_TRUE(there) << there.error().message;
    EXPECT_EQ((*there)->text(0, 0), text);
    const Value word[] = {std::string_view(text)};
    const auto back = query().execute(id(1), word);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ((*back)->decimal(0, 0), decimal) << text;
  }
  for (const std::int64_t extreme :
       {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    const Value number[] = {extreme};
    EXPECT_EQ((*query().execute(id(0), number))->text(0, 0), std::to_string(extreme));
  }
  for (const char* text : {"123456789012345678901234567890", "1e-40", "-1e200", "0.1234567890123456789012345"}) {
    const Value word[] = {std::string_view(text)};
    EXPECT_EQ((*query().execute(id(1), word))->number(0, 0), std::strtod(text, nullptr)) << text;
  }
  const Value nan[] = {std::string_view("NaN")};
  EXPECT_TRUE(std::isnan((*query().execute(id(1), nan))->number(0, 0).value_or(0)));
}

TEST_F(PostgresQueryLive, EveryKindOfValueAgreesWithTheServersOwnText) {
  run(*session_, "set timezone = 'America/New_York'");
  const Value elements[] = {std::string_view("a,b"), kNull, std::string_view("\"q\"")};
  const Uuid uuid{{0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0}};
  const Timestamp timestamp = parse_timestamp("2001-02-03 04:05:06.000007");
  const struct {
    const char* type;
    Value value;
    const char* text;
  } kCases[] = {
      {"boolean", true, "true"},
      {"smallint", std::int64_t{-32768}, "-32768"},
      {"bigint", std::numeric_limits<std::int64_t>::min(), "-9223372036854775808"},
      {"double precision", 0.1, "0.1"},
      {"real", 0.5, "0.5"},
      {"text", std::string_view(""), ""},
      {"char(5)", std::string_view("ab   "), "ab"},
      {"bytea", Bytes{std::string_view("\0\xff", 2)}, "\\x00ff"},
      {"json", Json{"{\"b\": 1,  \"a\": 2}"}, "{\"b\": 1,  \"a\": 2}"},
      {"jsonb", Json{"{\"a\": 2}"}, "{\"a\": 2}"},
      {"uuid", uuid, "12345678-9abc-def0-1234-56789abcdef0"},
      {"date", Date{-719162}, "0001-01-01"},
      {"date", Date{18262}, "2020-01-01"},
      {"time", TimeOfDay{86'399'999'999}, "23:59:59.999999"},
      {"timestamp", timestamp, "2001-02-03 04:05:06.000007"},
      {"timestamptz", timestamp, "2001-02-02 23:05:06.000007-05"},
      {"text[]", Array{elements, 3}, "{\"a,b\",NULL,\"\\\"q\\\"\"}"},
      {"text[]", Array{}, "{}"},
  };
  for (const auto& c : kCases) {
    const std::string text = std::string("select $1::") + c.type + ", ($1::" + c.type + ")::text";
    const StatementTable table = {{.name = c.type, .text = text, .read_only = true}};
    query().declare(table);
    const Value argument[] = {c.value};
    const auto check = [&](const Result<const ResultSet*>& rows, const char* how) {
      ASSERT_TRUE(rows) << rows.error().message;
      EXPECT_EQ((*rows)->text(0, 1), c.text) << c.type << ' ' << how;
      EXPECT_EQ(to_text((*rows)->at(0, 0)), to_text(c.value)) << c.type << ' ' << how;
    };
    check(query().execute(id(0), argument), "declared");
    check(query().run(text, argument), "undeclared");
    const Value null[] = {kNull};
    const auto nothing = query().execute(id(0), null);
    ASSERT_TRUE(nothing);
    EXPECT_TRUE(is_null((*nothing)->at(0, 0)));
  }
}

TEST_F(PostgresQueryLive, AValueOfAKeyIsReadFromAnyColumnOfBytesOrTextAndOtherwiseEmpty) {
  KvFacet& kv = *session_->kv();
  std::string long_value(3'000'000, 'x');  // more than one read of the socket brings
  for (const auto& [type, literal, expected] : {std::tuple("bytea", std::string("'\\x00ff'"), std::string("\0\xff", 2)),
                                                {"text", "'näme'", "näme"},
                                                {"varchar(9)", "'abc'", "abc"},
                                                {"bytea", "''", ""},
                                                {"text", "null", ""},
                                                {"integer", "7", ""},
                                                {"text", "repeat('x', 3000000)", long_value}}) {
    const std::string table = fmt::format("kv_{}_{}", std::string_view(type).substr(0, 3), expected.size());
    run(*session_, fmt::format("drop table if exists {}", table));
    run(*session_, fmt::format("create table {} (k text, v {})", table, type));
    run(*session_,
        fmt::format("insert into {} values ('a', {}), ('b', {}), ('b', {})", table, literal, literal, literal));
    kv.use(table);
    for (const char* key : {"a", "b"}) {  // the first of two rows, too
      std::string value = "left over";
      const auto found = kv.get(key, value);
      ASSERT_TRUE(found) << found.error().message;
      EXPECT_TRUE(*found);
      EXPECT_EQ(value, expected) << type;
    }
    std::string value;
    const auto nothing = kv.get("c", value);
    ASSERT_TRUE(nothing) << nothing.error().message;
    EXPECT_FALSE(*nothing);
    run(*session_, fmt::format("drop table {}", table));
  }
}

TEST_F(PostgresQueryLive, ATypeThatIsNotReadIsNamedAndTheSessionStays) {
  const auto rows = query().run("select interval '1 day' as wait");
  ASSERT_FALSE(rows);
  EXPECT_THAT(rows.error().message, HasSubstr("wait"));
  EXPECT_THAT(rows.error().message, HasSubstr("cast it to text"));
  EXPECT_TRUE(query().run("select interval '1 day'::text"));
}

}  // namespace
}  // namespace assay
