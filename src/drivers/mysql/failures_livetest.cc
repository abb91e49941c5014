#include "drivers/mysql/livetest_fixture.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
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

class MysqlFailureLive : public MysqlLive {
 protected:
  enum { kAdd, kRead, kSlowAdd };
  void SetUp() override {
    MysqlLive::SetUp();
    if (IsSkipped()) return;
    target_ = target();
    a_ = open();
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
  static std::int64_t connection_id(Session& session) { return number(session, "select connection_id()"); }
  /// Waits until the connection is at a statement and in a state that are like this.
  static void wait_until_in(Session& watcher, std::int64_t connection, std::string_view text, std::string_view state) {
    const Value arguments[] = {connection, text, state};
    for (int i = 0; i < 2000; i++) {
      const auto rows = watcher.query()->run(
          "select count(*) from information_schema.processlist where id = $1 and info like $2 and state like $3",
          arguments);
      ASSERT_TRUE(rows) << rows.error().message;
      if ((*rows)->integer(0, 0) == 1) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));  // polling another process
    }
    FAIL() << "the connection never came to " << text;
  }
  static void wait_until_asleep(Session& watcher, std::int64_t connection) {
    wait_until_in(watcher, connection, "%sleep%", "User sleep");
  }

  const StatementTable statements_ = {
      {.name = "add", .text = "update f set n = n + 1 where id = $1"},
      {.name = "read", .text = "select n from f where id = $1", .read_only = true},
      {.name = "slow_add", .text = "update f set n = n + 1 where id = $1 and sleep(60) = 0"},
  };
  std::unique_ptr<Target> target_;
  std::unique_ptr<Session> a_, b_;
};

TEST_F(MysqlFailureLive, ALockNotToBeHadIsAConflictAndTheTransactionIsOver) {
  const auto impatient = target("lock-timeout=1s");
  const auto session = connect(*impatient);
  session->query()->declare(statements_);
  ASSERT_TRUE(a_->query()->begin({}));
  ASSERT_TRUE(a_->query()->execute(id(kAdd), kOne));
  QueryFacet& q = *session->query();
  ASSERT_TRUE(q.begin({}));
  ASSERT_TRUE(q.execute(id(kAdd), kTwo));
  const auto added = q.execute(id(kAdd), kOne);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().kind, FailureKind::conflict);
  EXPECT_EQ(added.error().native_code, "1205");
  EXPECT_FALSE(q.commit()) << "the server has undone the last statement only";
  ASSERT_TRUE(q.rollback());
  EXPECT_EQ(number(*b_, "select n from f where id = 2"), 0);
}

TEST_F(MysqlFailureLive, ATimeoutOfTheServerIsNeverRoundedDownToNone) {
  for (const auto& [given, micros] : {std::pair<std::string, std::int64_t>{"1ns", 1},
                                      {"400ns", 1},
                                      {"1200ns", 2},
                                      {"50ms", 50'000},
                                      {"1500ms", 1'500'000}}) {
    const auto session = connect(*target("statement-timeout=" + given));
    EXPECT_EQ(number(*session, "select cast(@@max_statement_time * 1000000 as signed)"), micros) << given;
  }
}

TEST_F(MysqlFailureLive, TheFactsStateTheTimeoutsOfTheSessions) {
  const auto facts = target("lock-timeout=2s&statement-timeout=50ms")->facts();
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->settings.at("innodb_lock_wait_timeout"), "2");
  EXPECT_EQ(std::stod(facts->settings.at("max_statement_time")), 0.05);
}

TEST_F(MysqlFailureLive, AKilledStatementIsATimeoutAndTheSessionStays) {
  const std::int64_t victim = connection_id(*a_);
  std::thread killer([&] {
    wait_until_asleep(*b_, victim);
    const Value arguments[] = {victim};
    ASSERT_TRUE(b_->query()->run("kill query $1", arguments));
  });
  const auto done = a_->query()->execute(id(kSlowAdd), kOne);
  killer.join();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, FailureKind::timeout);
  EXPECT_EQ(done.error().native_code, "1317");
  EXPECT_TRUE(a_->query()->execute(id(kRead), kOne));
}

TEST_F(MysqlFailureLive, TooManyConnectionsAreAnOverload) {
  run(*a_, "set global max_connections = 10");
  std::vector<std::unique_ptr<Session>> sessions;
  Result<std::unique_ptr<Session>> last;
  for (int i = 0; i < 20 && (last = target_->connect()); i++) sessions.push_back(std::move(*last));
  run(*a_, "set global max_connections = 200");
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().kind, FailureKind::overloaded) << last.error().message;
  EXPECT_EQ(last.error().native_code, "1040");
}

// ---------------------------------------------------------------------------------------------------------------------
// With the server of tests/servers/mariadb

class MysqlServerLive : public MysqlFailureLive {
 protected:
  void SetUp() override {
    for (const char* name : {"ASSAY_TEST_SERVERS", "ASSAY_TEST_MARIADB_DIR", "ASSAY_TEST_MARIADB_PORT"})
      if (std::getenv(name) == nullptr) GTEST_SKIP() << name << " is not set";
    MysqlFailureLive::SetUp();
  }
  static int server(const std::string& verb) {
    const std::string command =
        environment("ASSAY_TEST_SERVERS") + "/mariadb " + verb + " '" + environment("ASSAY_TEST_MARIADB_DIR") + "'";
    return std::system(command.c_str());
  }
};

TEST_F(MysqlServerLive, ACommitWhoseAnswerWasLostIsInDoubtAndStatementsBeforeItAreNot) {
  // A backup keeps commits waiting, and the server is killed meanwhile.
  const auto kill_in_commit = [&](Session& session, auto commit) {
    const std::int64_t victim = connection_id(session);
    for (const char* stage : {"start", "flush", "block_ddl", "block_commit"})
      run(*b_, fmt::format("backup stage {}", stage));
    std::thread killer([&] {
      wait_until_in(*b_, victim, "%commit%", "Waiting for backup lock");
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
  const auto enqueued = kill_in_commit(*a_, [&] {
    batch.enqueue_begin({});
    batch.enqueue(id(kAdd), kOne);
    batch.enqueue_commit();
    return batch.flush();
  });
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
}

TEST_F(MysqlServerLive, AWrongPasswordIsRejectedAndNotShown) {
  const auto connected = mysql_driver().open(spec(at("assay_password:hunter2", "/assay")))->connect();
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().kind, FailureKind::rejected);
  EXPECT_EQ(connected.error().native_code, "1045");
  EXPECT_THAT(connected.error().message, HasSubstr("user 'assay_password'"));
  EXPECT_THAT(connected.error().message, HasSubstr("database 'assay'"));
  EXPECT_THAT(connected.error().message, HasSubstr("127.0.0.1:" + environment("ASSAY_TEST_MARIADB_PORT")));
  EXPECT_THAT(connected.error().message, Not(HasSubstr("hunter2")));
}

TEST_F(MysqlServerLive, ThePasswordMayComeFromAFileOrTheEnvironmentOrTheClientsOwnFile) {
  const std::string password = environment("ASSAY_TEST_MARIADB_PASSWORD");
  const std::string path = fmt::format("{}password.{}", ::testing::TempDir(), getpid());
  std::ofstream(path) << password << "\n";
  EXPECT_EQ(problem_of(at("assay_password", "/assay?password-file=" + path)), "");
  unlink(path.c_str());
  setenv("MYSQL_PWD", password.c_str(), 1);
  EXPECT_EQ(problem_of(at("assay_password", "/assay")), "");
  unsetenv("MYSQL_PWD");
  EXPECT_NE(problem_of(at("assay_password", "/assay")), "");
  const std::string file = ::testing::TempDir() + "my.cnf";
  std::ofstream(file) << "[client]\nuser = assay_password\npassword = '" << password << "'\n";
  setenv("MYSQL_HOME", ::testing::TempDir().c_str(), 1);
  EXPECT_EQ(problem_of("mysql://127.0.0.1:" + environment("ASSAY_TEST_MARIADB_PORT") + "/assay"), "");
  unsetenv("MYSQL_HOME");
  unlink(file.c_str());
}

TEST_F(MysqlServerLive, AUnixSocketIsSpokenTo) {
  const std::string socket = environment("ASSAY_TEST_MARIADB_SOCKET");
  const auto by_socket = mysql_driver().open(spec("mysql://assay@localhost/assay?socket=" + socket));
  const auto session = connect(*by_socket);
  const auto host = session->query()->run("select host from information_schema.processlist where id = connection_id()");
  ASSERT_TRUE(host);
  EXPECT_EQ((*host)->text(0, 0), "localhost");  // with skip_name_resolve, TCP would be an address
  EXPECT_THAT(problem_of("mysql://assay@/assay?socket=/nowhere/sock"), HasSubstr("/nowhere/sock"));
}

}  // namespace
}  // namespace assay
