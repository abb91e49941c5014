// Direct exchanges with a real server: what comes besides rows, and the turns that libpq and they take.
#include "drivers/postgres/address.h"
#include "drivers/postgres/livetest_fixture.h"

#include <gmock/gmock.h>

#include <string>

namespace assay {
namespace {

using ::testing::HasSubstr;

constexpr StatementId id(int i) { return static_cast<StatementId>(i); }
const Value kOne[] = {std::int64_t{1}};

class PostgresDirectLive : public PostgresLive {
 protected:
  enum { kGet, kAdd, kDivide, kWarn, kSet, kNotify, kAll, kBegin, kCommit, kCopy, kLarge, kNothing, kTypes };
  void SetUp() override {
    PostgresLive::SetUp();
    if (IsSkipped()) return;
    target_ = target();
    session_ = connect(*target_);
    run(*session_, "drop table if exists d");
    run(*session_, "create table d (id int primary key, n int)");
    run(*session_, "insert into d values (1, 10), (2, null)");
    run(*session_,
        "create or replace function d_warns(i int) returns int language plpgsql as "
        "$$ begin raise notice 'i is %', i; return i + 1; end $$");
    session_->query()->declare(statements_);
  }
  void TearDown() override {
    if (target_ == nullptr) return;
    const auto last = connect(*target_);
    run(*last, "drop table d");
    run(*last, "drop function d_warns");
  }
  QueryFacet& query() { return *session_->query(); }
  std::int64_t got(std::span<const Value> key = kOne) {
    const auto rows = query().execute(id(kGet), key);
    if (!rows) throw std::runtime_error(rows.error().message);
    return (*rows)->integer(0, 0).value_or(-1);
  }

  const StatementTable statements_ = {
      {.name = "get", .text = "select n from d where id = $1", .read_only = true},
      {.name = "add", .text = "update d set n = n + 1 where id = $1"},
      {.name = "divide", .text = "select 1 / (n - 10) from d where id = $1", .read_only = true},
      {.name = "warn", .text = "select d_warns($1)", .read_only = true},
      {.name = "set", .text = "select set_config('TimeZone', $1, false)", .read_only = true},
      {.name = "notify", .text = "select pg_notify('d', $1)", .read_only = true},
      {.name = "all", .text = "select * from d where id = $1", .read_only = true},
      {.name = "begin", .text = "begin"},
      {.name = "commit", .text = "commit"},
      {.name = "copy", .text = "copy d to stdout", .read_only = true},
      {.name = "large", .text = "select length($1::text), repeat($1::text, 2)", .read_only = true},
      {.name = "nothing", .text = "", .read_only = true},
      {.name = "types", .text = "select $1::interval", .read_only = true},
  };
  std::unique_ptr<Target> target_;
  std::unique_ptr<Session> session_;
};

TEST_F(PostgresDirectLive, AnErrorWithinAnExchangeFailsTheStatementAndNotTheSession) {
  for (int i = 0; i < 2; i++) {
    const auto divided = query().execute(id(kDivide), kOne);
    ASSERT_FALSE(divided);
    EXPECT_EQ(divided.error().kind, FailureKind::rejected);
    EXPECT_EQ(divided.error().native_code, "22012");
    EXPECT_EQ(divided.error().message, "division by zero");
    EXPECT_FALSE(query().in_transaction());
    EXPECT_EQ(got(), 10);
  }
  // In a transaction it aborts that, which both ways of speaking see.
  ASSERT_TRUE(query().begin({}));
  EXPECT_EQ(got(), 10);
  EXPECT_TRUE(query().in_transaction());
  EXPECT_FALSE(query().execute(id(kDivide), kOne));
  EXPECT_TRUE(query().in_transaction());
  EXPECT_EQ(query().execute(id(kGet), kOne).error().native_code, "25P02");
  EXPECT_EQ(query().run("select 1").error().native_code, "25P02");
  ASSERT_TRUE(query().rollback());
  EXPECT_FALSE(query().in_transaction());
  EXPECT_EQ(got(), 10);
}

TEST_F(PostgresDirectLive, ANoticeAndAParameterThatChangesAndANotificationArePassedOver) {
  run(*session_, "listen d");
  const Value zone[] = {std::string_view("Pacific/Chatham")}, text[] = {std::string_view("hello")};
  for (int i = 0; i < 3; i++) {
    const auto warned = query().execute(id(kWarn), kOne);
    ASSERT_TRUE(warned) << warned.error().message;
    EXPECT_EQ((*warned)->integer(0, 0), 2);
    const auto set = query().execute(id(kSet), zone);
    ASSERT_TRUE(set) << set.error().message;
    EXPECT_EQ((*set)->text(0, 0), "Pacific/Chatham");
    ASSERT_TRUE(query().execute(id(kNotify), text));
    EXPECT_EQ(got(), 10);
    const auto zones = query().run("show timezone");
    ASSERT_TRUE(zones) << zones.error().message;
    EXPECT_EQ((*zones)->text(0, 0), "Pacific/Chatham");
  }
}

TEST_F(PostgresDirectLive, AStatementWhoseTableChangedItsShapeIsPreparedAnewWithItsNewColumns) {
  const auto before = query().execute(id(kAll), kOne);
  ASSERT_TRUE(before);
  EXPECT_EQ((*before)->columns(), 2u);
  run(*session_, "alter table d add column name text default 'x', alter column n type bigint");
  const auto changed = query().execute(id(kAll), kOne);
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().native_code, "0A000");
  const auto after = query().execute(id(kAll), kOne);
  ASSERT_TRUE(after) << after.error().message;
  ASSERT_EQ((*after)->columns(), 3u);
  EXPECT_EQ((*after)->integer(0, 1), 10);
  EXPECT_EQ((*after)->text(0, 2), "x");
}

TEST_F(PostgresDirectLive, ADeallocatedStatementIsPreparedAnewInABatchToo) {
  EXPECT_EQ(got(), 10);
  run(*session_, "deallocate all");
  EXPECT_EQ(query().execute(id(kGet), kOne).error().native_code, "26000");
  EXPECT_EQ(got(), 10);
  run(*session_, "deallocate all");
  query().enqueue(id(kGet), kOne);
  const auto flushed = query().flush();
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().native_code, "26000");
  EXPECT_THAT(flushed.error().message, HasSubstr("statement 'get'"));
  query().enqueue(id(kGet), kOne);
  ASSERT_TRUE(query().flush());
  EXPECT_EQ(query().result(0).integer(0, 0), 10);
}

TEST_F(PostgresDirectLive, LargeArgumentsAndAnswersArriveWholeAloneAndInBatches) {
  std::string text;
  for (const std::size_t size : {std::size_t{1}, std::size_t{8'000}, std::size_t{100'000}, std::size_t{6'000'000}}) {
    while (text.size() < size) text += static_cast<char>('a' + (text.size() * 7 + text.size() / 26) % 26);
    const Value arguments[] = {std::string_view(text)};
    const auto rows = query().execute(id(kLarge), arguments);
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_EQ((*rows)->integer(0, 0), static_cast<std::int64_t>(text.size()));
    EXPECT_TRUE((*rows)->text(0, 1) == text + text) << size;
    // Each side has more to send than the sockets take: both must read meanwhile.
    for (int i = 0; i < 3; i++) query().enqueue(id(kLarge), arguments);
    const auto flushed = query().flush();
    ASSERT_TRUE(flushed) << flushed.error().message;
    for (std::size_t i = 0; i < 3; i++) EXPECT_TRUE(query().result(i).text(0, 1) == text + text) << size;
  }
  EXPECT_EQ(got(), 10);
}

TEST_F(PostgresDirectLive, AllResultsOfABatchCanBeReadWhenItIsFlushedInPartsOrOneByOne) {
  for (const std::string pipeline : {"true", "false"}) {
    const auto other = target("pipeline=" + pipeline);
    const auto session = connect(*other);
    QueryFacet& q = *session->query();
    q.declare(statements_);
    const std::string texts[] = {"first", std::string(20'000, 'b'), "third"};
    std::vector<std::size_t> results;
    for (const std::string& text : texts) {  // each begin makes a part of its own
      const Value arguments[] = {std::string_view(text)};
      results.push_back(q.enqueue(id(kLarge), arguments));
      q.enqueue_begin({});
      results.push_back(q.enqueue(id(kLarge), arguments));
      q.enqueue_commit();
    }
    const auto flushed = q.flush();
    ASSERT_TRUE(flushed) << flushed.error().message;
    for (std::size_t i = 0; i < results.size(); i++)
      EXPECT_TRUE(q.result(results[i]).text(0, 1) == texts[i / 2] + texts[i / 2]) << i << ", pipeline=" << pipeline;
  }
}

TEST_F(PostgresDirectLive, ATransactionThatAStatementBeginsIsSeenByBoth) {
  ASSERT_TRUE(query().execute(id(kBegin), {}));
  EXPECT_TRUE(query().in_transaction());
  EXPECT_EQ(query().begin({}).error().native_code, "25001");
  EXPECT_EQ((*query().execute(id(kAdd), kOne))->affected(), 1u);
  ASSERT_TRUE(query().rollback());
  EXPECT_FALSE(query().in_transaction());
  EXPECT_EQ(got(), 10);
  ASSERT_TRUE(query().begin({}));
  ASSERT_TRUE(query().execute(id(kAdd), kOne));
  ASSERT_TRUE(query().execute(id(kCommit), {}));
  EXPECT_FALSE(query().in_transaction());
  EXPECT_EQ(got(), 11);
}

TEST_F(PostgresDirectLive, ACopyIsRefusedAsAStatement) {
  const auto copied = query().execute(id(kCopy), {});
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().kind, FailureKind::rejected);
  EXPECT_EQ(copied.error().message, "COPY cannot be run as a statement");
  EXPECT_FALSE(query().execute(id(kGet), kOne));
}

TEST_F(PostgresDirectLive, AnEmptyStatementANullAndATypeThatIsNotReadAreAsWithLibpq) {
  const auto nothing = query().execute(id(kNothing), {});
  ASSERT_TRUE(nothing) << nothing.error().message;
  EXPECT_TRUE((*nothing)->empty());
  const Value two[] = {std::int64_t{2}}, three[] = {std::int64_t{3}}, hour[] = {std::string_view("1 hour")};
  const auto null = query().execute(id(kGet), two);
  ASSERT_TRUE(null);
  ASSERT_EQ((*null)->size(), 1u);
  EXPECT_TRUE(is_null((*null)->at(0, 0)));
  EXPECT_TRUE((*query().execute(id(kGet), three))->empty());
  const auto interval = query().execute(id(kTypes), hour);
  ASSERT_FALSE(interval);
  EXPECT_THAT(interval.error().message, HasSubstr("column 'interval' is of a type (OID 1186)"));
  const Value none[] = {std::int64_t{1}, std::int64_t{2}};
  EXPECT_THAT(query().execute(id(kGet), none).error().message, HasSubstr("takes 1 parameters, given 2"));
  EXPECT_EQ(got(), 10);
}

TEST_F(PostgresDirectLive, ASessionOverTlsIsLeftToLibpq) {
  const auto directly = [&](const std::string& query) {
    postgres::Resolver resolver(postgres::parse_address(spec(with(query))));
    auto opened = postgres::Connection::open(*resolver.resolve());
    if (!opened) throw std::runtime_error(opened.error().message);
    (*opened)->use_direct_exchange();
    EXPECT_EQ((*opened)->tls() == "off", (*opened)->direct() != nullptr);
    return (*opened)->direct() != nullptr;
  };
  EXPECT_TRUE(directly("sslmode=disable"));
  if (environment("ASSAY_TEST_POSTGRES_CA").empty()) GTEST_SKIP() << "the server speaks no TLS: start it with --tls";
  EXPECT_FALSE(directly("sslmode=require"));
}

}  // namespace
}  // namespace assay
