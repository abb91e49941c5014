#include "drivers/postgres/livetest_fixture.h"
#include "runtime/loop.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

namespace assay {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr StatementId id(int i) { return static_cast<StatementId>(i); }
const Value kOne[] = {std::int64_t{1}}, kTwo[] = {std::int64_t{2}};

class PostgresFailureLive : public PostgresLive {
 protected:
  enum { kAdd, kRead };
  void SetUp() override {
    PostgresLive::SetUp();
    if (IsSkipped()) return;
    target_ = target();
    a_ = open();
    // A test before this one may have ended while the server was still at its last statement: the request to cancel it is
    // made by a thread that ends with the process.
    run(*a_,
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> "
        "pg_backend_pid() and backend_type = 'client backend'");
    run(*a_, "drop table if exists f");
    run(*a_, "create table f (id int primary key, n int)");
    run(*a_, "insert into f values (1, 0), (2, 0)");
    b_ = open();
  }
  std::unique_ptr<Session> open() {
    auto session = connect(*target_);
    session->query()->declare(statements_);
    return session;
  }
  static std::int64_t pid(Session& session) {
    return (*session.query()->run("select pg_backend_pid()"))->integer(0, 0).value();
  }
  /// Waits until the backend waits in a statement that contains the text.
  static void wait_until_in(Session& watcher, std::int64_t pid, std::string_view text) {
    const Value arguments[] = {pid, text};
    for (int i = 0; i < 1000; i++) {
      const auto rows = watcher.query()->run(
          "select count(*) from pg_stat_activity where pid = $1 and state = 'active' and wait_event is not null "
          "and strpos(query, $2) > 0",
          arguments);
      ASSERT_TRUE(rows) << rows.error().message;
      if ((*rows)->integer(0, 0) == 1) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));  // polling another process
    }
    FAIL() << "the backend never came to wait in " << text;
  }

  const StatementTable statements_ = {
      {.name = "add", .text = "update f set n = n + 1 where id = $1"},
      {.name = "read", .text = "select n from f where id = $1", .read_only = true},
  };
  std::unique_ptr<Target> target_;
  std::unique_ptr<Session> a_, b_;
};

TEST_F(PostgresFailureLive, ASerializationFailureIsAConflict) {
  QueryFacet &a = *a_->query(), &b = *b_->query();
  for (QueryFacet* q : {&a, &b}) {
    ASSERT_TRUE(q->begin({.isolation = Isolation::serializable}));
    ASSERT_TRUE(q->run("select sum(n) from f"));
  }
  ASSERT_TRUE(a.execute(id(kAdd), kOne));
  ASSERT_TRUE(b.execute(id(kAdd), kTwo));
  ASSERT_TRUE(a.commit());
  const auto committed = b.commit();
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().kind, FailureKind::conflict);
  EXPECT_EQ(committed.error().native_code, "40001");
  EXPECT_FALSE(committed.error().in_doubt);
  EXPECT_TRUE(b.rollback());
}

TEST_F(PostgresFailureLive, ADeadlockIsAConflictOfOneOfTheTwo) {
  runtime::Loop loop;
  int conflicts = 0, commits = 0;
  // Both hold their first row before either asks for the second.
  int holding = 0;
  const auto both = [&](std::span<const Value> first, std::span<const Value> second) {
    auto session = open();
    QueryFacet& q = *session->query();
    ASSERT_TRUE(q.begin({}));
    ASSERT_TRUE(q.execute(id(kAdd), first));
    holding++;
    while (holding < 2) runtime::yield();
    const auto added = q.execute(id(kAdd), second);
    if (added) {
      EXPECT_TRUE(q.commit());
      commits++;
    } else {
      EXPECT_EQ(added.error().native_code, "40P01");
      conflicts += added.error().kind == FailureKind::conflict;
      EXPECT_TRUE(q.rollback());
    }
  };
  loop.spawn([&] { both(kOne, kTwo); });
  loop.spawn([&] { both(kTwo, kOne); });
  loop.run();
  EXPECT_EQ(conflicts, 1);
  EXPECT_EQ(commits, 1);
}

TEST_F(PostgresFailureLive, ALockNotToBeHadIsAConflict) {
  const auto impatient = target("lock-timeout=50ms");
  const auto session = connect(*impatient);
  session->query()->declare(statements_);
  ASSERT_TRUE(a_->query()->begin({}));
  ASSERT_TRUE(a_->query()->execute(id(kAdd), kOne));
  const auto added = session->query()->execute(id(kAdd), kOne);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().kind, FailureKind::conflict);
  EXPECT_EQ(added.error().native_code, "55P03");
}

// ---------------------------------------------------------------------------------------------------------------------
// With the server of tests/servers/postgres

class PostgresServerLive : public PostgresFailureLive {
 protected:
  void SetUp() override {
    for (const char* name : {"ASSAY_TEST_SERVERS", "ASSAY_TEST_POSTGRES_DIR", "ASSAY_TEST_POSTGRES_PORT"})
      if (std::getenv(name) == nullptr) GTEST_SKIP() << name << " is not set";
    PostgresFailureLive::SetUp();
  }
  static int server(const std::string& verb) {
    const std::string command =
        environment("ASSAY_TEST_SERVERS") + "/postgres " + verb + " '" + environment("ASSAY_TEST_POSTGRES_DIR") + "'";
    return std::system(command.c_str());
  }
  static std::string at(const std::string& user, const std::string& rest) {
    return "postgres://" + user + "@127.0.0.1:" + environment("ASSAY_TEST_POSTGRES_PORT") + rest;
  }
};

TEST_F(PostgresServerLive, ACommitWhoseAnswerWasLostIsInDoubtAndStatementsBeforeItAreNot) {
  // The commit waits for a deferred trigger that sleeps, and the server is killed meanwhile.
  run(*a_,
      "create or replace function slow() returns trigger language plpgsql as "
      "$$ begin perform pg_sleep(60); return null; end $$");
  run(*a_,
      "create constraint trigger slow after update on f deferrable initially deferred for each row execute function "
      "slow()");
  const auto kill_in_commit = [&](Session& session, auto commit) {
    const std::int64_t victim = pid(session);
    std::thread killer([&] {
      wait_until_in(*b_, victim, "commit");
      server("kill > /dev/null");
    });
    const Result<> done = commit();
    killer.join();
    EXPECT_EQ(server("start"), 0);
    b_ = open();
    return done;
  };
  QueryFacet& q = *a_->query();
  ASSERT_TRUE(q.begin({}));
  ASSERT_TRUE(q.execute(id(kAdd), kOne));
  const auto explicitly = kill_in_commit(*a_, [&] { return q.commit(); });
  ASSERT_FALSE(explicitly);
  EXPECT_EQ(explicitly.error().kind, FailureKind::disconnected) << explicitly.error().message;
  EXPECT_TRUE(explicitly.error().in_doubt);

  a_ = open();
  QueryFacet& batch = *a_->query();
  batch.enqueue_begin({});
  batch.enqueue(id(kAdd), kOne);
  batch.enqueue_commit();
  const auto enqueued = kill_in_commit(*a_, [&] { return batch.flush(); });
  ASSERT_FALSE(enqueued);
  EXPECT_EQ(enqueued.error().kind, FailureKind::disconnected);
  EXPECT_TRUE(enqueued.error().in_doubt);

  // A statement inside a transaction leaves nothing in doubt; a loss that is only found later neither.
  a_ = open();
  ASSERT_TRUE(a_->query()->begin({}));
  server("kill > /dev/null");
  const auto inside = a_->query()->execute(id(kRead), kOne);
  ASSERT_FALSE(inside);
  EXPECT_EQ(inside.error().kind, FailureKind::disconnected);
  EXPECT_FALSE(inside.error().in_doubt);
  const auto refused = target_->connect();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, FailureKind::disconnected);
  EXPECT_EQ(server("start"), 0);
  b_ = open();
  EXPECT_EQ((*b_->query()->execute(id(kRead), kOne))->integer(0, 0), 0);
  run(*b_, "drop table f");
  run(*b_, "drop function slow");
}

TEST_F(PostgresServerLive, AWrongPasswordIsRejectedAndNotShown) {
  const auto connected = postgres_driver().open(spec(at("assay_scram:hunter2", "/assay")))->connect();
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().kind, FailureKind::rejected);
  EXPECT_EQ(connected.error().native_code, "28P01");
  EXPECT_THAT(connected.error().message, HasSubstr("user 'assay_scram'"));
  EXPECT_THAT(connected.error().message, HasSubstr("database 'assay'"));
  EXPECT_THAT(connected.error().message, HasSubstr("127.0.0.1:" + environment("ASSAY_TEST_POSTGRES_PORT")));
  EXPECT_THAT(connected.error().message, Not(HasSubstr("hunter2")));
}

TEST_F(PostgresServerLive, ThePasswordMayComeFromAFileOrTheEnvironment) {
  const std::string password = environment("ASSAY_TEST_POSTGRES_SCRAM_PASSWORD");
  const std::string path = fmt::format("{}/password.{}", ::testing::TempDir(), getpid());
  std::ofstream(path) << password << "\n";
  EXPECT_TRUE(postgres_driver().open(spec(at("assay_scram", "/assay?password-file=" + path)))->connect());
  unlink(path.c_str());
  setenv("PGPASSWORD", password.c_str(), 1);
  EXPECT_TRUE(postgres_driver().open(spec(at("assay_scram", "/assay")))->connect());
  unsetenv("PGPASSWORD");
  std::ofstream(path) << "127.0.0.1:*:*:assay_scram:" << password << "\n";
  chmod(path.c_str(), 0600);
  setenv("PGPASSFILE", path.c_str(), 1);
  EXPECT_TRUE(postgres_driver().open(spec(at("assay_scram", "/assay")))->connect());
  unsetenv("PGPASSFILE");
  unlink(path.c_str());
}

TEST_F(PostgresServerLive, TheFactsStateTheTlsThatTheServerSeesAndTheTimeoutsOfTheSessions) {
  const bool speaks_tls = !environment("ASSAY_TEST_POSTGRES_CA").empty();
  for (const std::string mode : {"disable", "prefer", "require"}) {
    if (mode == "require" && !speaks_tls) continue;
    const auto target = postgres_driver().open(spec(at("postgres", "/assay?lock-timeout=2s&sslmode=" + mode)));
    const auto facts = target->facts();
    ASSERT_TRUE(facts) << facts.error().message;
    const auto session = connect(*target);
    const auto seen = session->query()->run(
        "select case when ssl then version || ' ' || cipher else 'off' end from pg_stat_ssl where pid = "
        "pg_backend_pid()");
    ASSERT_TRUE(seen) << seen.error().message;
    EXPECT_EQ(facts->settings.at("tls"), (*seen)->text(0, 0)) << mode;
    EXPECT_EQ(facts->settings.at("tls") == "off", mode == "disable" || !speaks_tls) << mode;
    EXPECT_EQ(facts->settings.at("lock_timeout"), "2000ms");
  }
}

TEST_F(PostgresServerLive, TlsIsVerifiedAndCarriesLargeAnswers) {
  const std::string ca = environment("ASSAY_TEST_POSTGRES_CA");
  if (ca.empty()) GTEST_SKIP() << "the server speaks no TLS: start it with --tls";
  const auto secure = postgres_driver().open(spec(at("postgres", "/assay?sslmode=verify-full&sslrootcert=" + ca)));
  const auto session = connect(*secure);
  const auto tls = session->query()->run("select ssl from pg_stat_ssl where pid = pg_backend_pid()");
  ASSERT_TRUE(tls);
  EXPECT_EQ((*tls)->at(0, 0), Value(true));
  for (const int size : {1, 8'000, 16'384, 16'385, 100'000, 5'000'000}) {
    const auto rows = session->query()->run(fmt::format("select repeat('x', {})", size));
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_EQ((*rows)->text(0, 0)->size(), static_cast<std::size_t>(size));
  }
  const std::string wrong = fmt::format("{}/empty.{}.crt", ::testing::TempDir(), getpid());
  std::ofstream(wrong) << "no certificate";
  EXPECT_FALSE(
      postgres_driver().open(spec(at("postgres", "/assay?sslmode=verify-full&sslrootcert=" + wrong)))->connect());
  unlink(wrong.c_str());
}

}  // namespace
}  // namespace assay
