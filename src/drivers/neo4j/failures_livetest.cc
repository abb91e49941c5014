// What goes wrong with a real Neo4j: statements that take too long, locks, a server that dies, stands still or is another one.
#include "drivers/neo4j/livetest_fixture.h"
#include "runtime/loop.h"

#include <fmt/format.h>

#include <cstdlib>
#include <thread>

namespace assay {
namespace {

using neo4j::Connection;
using neo4j::Effect;
using neo4j::Statement;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Some minutes; `slow` is by what others find it.
constexpr const char* kSlowRead =
    "UNWIND range(1, 1000000000000) AS slow WITH slow WHERE slow % 7 = 9 RETURN count(slow)";
constexpr const char* kSlowWrite =
    "MATCH (n:live_users {id: 1}) SET n.name = 'changed' WITH n UNWIND range(1, 1000000000000) AS slow "
    "WITH n, slow WHERE slow % 7 = 9 SET n.name = 'never'";

class Neo4jFailureLive : public Neo4jLive {
 protected:
  void SetUp() override {
    Neo4jLive::SetUp();
    if (IsSkipped()) return;
    rows().create(users());
    must(rows().write(users(), users(1, 2)));
  }
  void wait_until_slow() {
    for (int i = 0; i < 2000; i++) {
      if (one("SHOW TRANSACTIONS YIELD currentQuery WHERE currentQuery CONTAINS 'range(1, 10' AND NOT currentQuery "
              "CONTAINS "
              "'SHOW' RETURN toString(count(*))") != "0")
        return;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));  // polling another process
    }
    FAIL() << "no slow statement was seen";
  }
  std::unique_ptr<Connection> impatient(Nanos operation_timeout) {
    TargetSpec impatient = spec(url_);
    impatient.operation_timeout = operation_timeout;
    neo4j::Resolver resolver(neo4j::parse_address(impatient));
    return std::move(*Connection::open(*resolver.resolve(), nullptr));
  }
};

TEST_F(Neo4jFailureLive, AStatementThatTheServerEndsIsATimeoutAndTheSessionStays) {
  const auto session = open("statement-timeout=300ms");
  const auto done = session->run(kSlowRead, {}, Effect::read);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, FailureKind::timeout) << done.error().message;
  EXPECT_THAT(done.error().native_code, HasSubstr("TimedOut"));
  EXPECT_FALSE(done.error().in_doubt);
  EXPECT_TRUE(session->run("RETURN 1", {}, Effect::read));
}

TEST_F(Neo4jFailureLive, AStatementThatIsTerminatedIsATimeoutAndTheSessionStays) {
  const auto session = open();
  Result<> done;
  std::jthread runner([&] { done = session->run(kSlowRead, {}, Effect::read); });
  wait_until_slow();
  cypher(
      "SHOW TRANSACTIONS YIELD transactionId, currentQuery AS q WHERE q STARTS WITH 'UNWIND range' "
      "TERMINATE TRANSACTIONS transactionId YIELD message RETURN message");
  runner.join();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, FailureKind::timeout) << done.error().native_code << ": " << done.error().message;
  EXPECT_TRUE(session->run("RETURN 1", {}, Effect::read));
}

TEST_F(Neo4jFailureLive, AnAnswerThatComesTooLateLosesTheSessionAndAWriteIsInDoubt) {
  const auto timed_out = [&](const char* text, Effect effect) {
    const auto session = impatient(std::chrono::seconds(1));
    const auto done = session->run(text, {}, effect);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, FailureKind::timeout);
    EXPECT_THAT(done.error().message, HasSubstr("127.0.0.1"));
    EXPECT_EQ(done.error().in_doubt, effect == Effect::write);
    const auto again = session->run("RETURN 1", {}, Effect::read);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().kind, FailureKind::disconnected);
    EXPECT_FALSE(again.error().in_doubt);
    EXPECT_FALSE(session->reset());
  };
  timed_out(kSlowRead, Effect::read);
  timed_out(kSlowWrite, Effect::write);
  // What nobody waits for is ended at the server too, and its lock is free.
  EXPECT_EQ(must(rows().replace(users(), users(1, 1))), 1u);
  EXPECT_EQ(one("MATCH (n:live_users {id: 1}) RETURN n.name"), "user 1");
}

TEST_F(Neo4jFailureLive, APatientSessionWaitsLonger) {
  const auto session = impatient(std::chrono::milliseconds(300));
  session->set_patient(true);
  EXPECT_TRUE(session->run("UNWIND range(1, 8000000) AS x WITH x WHERE x % 7 = 9 RETURN count(x)", {}, Effect::read));
}

TEST_F(Neo4jFailureLive, ADeadlockIsAConflictAndTheLoserHoldsNoLock) {
  // Each takes a row, works a while, and wants the other's.
  const auto both = [](int first, int second) {
    std::vector<Statement> out;
    for (const std::string& text : {fmt::format("MATCH (n:live_users {{id: {}}}) SET n.name = 'x'", first),
                                    std::string("UNWIND range(1, 1000000) AS x WITH x WHERE x % 7 = 9 RETURN count(x)"),
                                    fmt::format("MATCH (n:live_users {{id: {}}}) SET n.name = 'x'", second)})
      out.push_back({text, {}});
    return out;
  };
  const auto a = open(), b = open();
  for (int round = 0; round < 30; round++) {
    Result<> of_b;
    std::jthread other([&] { of_b = b->transaction(both(2, 1)); });
    const Result<> of_a = a->transaction(both(1, 2));
    other.join();
    ASSERT_TRUE(of_a || of_b) << "one of the two goes through";
    if (of_a && of_b) continue;
    const Failure& failure = of_a ? of_b.error() : of_a.error();
    EXPECT_EQ(failure.kind, FailureKind::conflict) << failure.message;
    EXPECT_EQ(failure.native_code, "Neo.TransientError.Transaction.DeadlockDetected");
    EXPECT_FALSE(failure.in_doubt);
    EXPECT_TRUE((of_a ? b : a)->transaction(both(1, 2))) << "its session goes on";
    return;
  }
  GTEST_SKIP() << "thirty times the two did not meet";
}

TEST_F(Neo4jFailureLive, WhatIsCancelledEndsAtOnceAndLosesTheSession) {
  runtime::Loop loop;
  Result<> done;
  bool lost = false;
  std::thread canceller;
  loop.spawn([&] {
    const auto session = open();
    canceller = std::thread([&] {
      wait_until_slow();
      loop.cancel();
    });
    done = session->run(kSlowRead, {}, Effect::read);
    lost = session->lost();
  });
  loop.run();
  canceller.join();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, FailureKind::cancelled);
  EXPECT_TRUE(lost);
}

TEST_F(Neo4jFailureLive, AWrongPasswordIsRejectedAndNotShown) {
  const auto connected = neo4j_driver().open(spec(at("neo4j:hunter2")))->connect();
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().kind, FailureKind::rejected);
  EXPECT_EQ(connected.error().native_code, "Neo.ClientError.Security.Unauthorized");
  EXPECT_THAT(connected.error().message, HasSubstr("user 'neo4j'"));
  EXPECT_THAT(connected.error().message, HasSubstr("127.0.0.1:" + environment("ASSAY_TEST_NEO4J_PORT")));
  EXPECT_THAT(connected.error().message, Not(HasSubstr("hunter2")));
}

TEST_F(Neo4jFailureLive, AServerThatIsSilentIsWaitedForAsLongAsTheConnectTimeoutSays) {
  TargetSpec silent = spec("bolt://neo4j@192.0.2.1:7687");  // TEST-NET-1: nobody answers, or the net is unreachable
  silent.connect_timeout = std::chrono::seconds(1);
  const auto started = real_clock().now();
  const auto connected = neo4j_driver().open(silent)->connect();
  ASSERT_FALSE(connected);
  EXPECT_THAT(std::string(to_string(connected.error().kind)), AnyOf("timeout", "disconnected"));
  EXPECT_LT(real_clock().now() - started, std::chrono::seconds(20));
}

// ---------------------------------------------------------------------------------------------------------------------
// With the server of tests/servers/neo4j

class Neo4jServerLive : public Neo4jFailureLive {
 protected:
  void TearDown() override {
    if (target_ != nullptr && !target_->connect()) server("start");  // a test that failed on its way
    own_.reset();
    Neo4jFailureLive::TearDown();
  }
  void SetUp() override {
    for (const char* name : {"ASSAY_TEST_SERVERS", "ASSAY_TEST_NEO4J_DIR"})
      if (std::getenv(name) == nullptr) GTEST_SKIP() << name << " is not set";
    Neo4jFailureLive::SetUp();
  }
  static int server(const std::string& verb) {
    return std::system((environment("ASSAY_TEST_SERVERS") + "/neo4j " + verb + " '" +
                        environment("ASSAY_TEST_NEO4J_DIR") + "' > /dev/null")
                           .c_str());
  }
};

TEST_F(Neo4jServerLive, ThatDiesLeavesWritesInDoubtAndKeepsWhatWasCommitted) {
  const auto writer = open(), reader = open(), idle = open();
  Result<> written, read;
  {
    std::jthread writes([&] { written = writer->run(kSlowWrite, {}, Effect::write); });
    std::jthread reads([&] { read = reader->run(kSlowRead, {}, Effect::read); });
    wait_until_slow();
    ASSERT_EQ(server("kill"), 0);
  }
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, FailureKind::disconnected);
  EXPECT_TRUE(written.error().in_doubt);
  ASSERT_FALSE(read) << "it was not under way";
  EXPECT_EQ(read.error().kind, FailureKind::disconnected);
  EXPECT_FALSE(read.error().in_doubt);
  const auto refused = target_->connect();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, FailureKind::disconnected);
  EXPECT_THAT(refused.error().message, HasSubstr("refused"));
  ASSERT_EQ(server("start"), 0);
  const auto found = idle->run("RETURN 1", {}, Effect::read);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, FailureKind::disconnected);
  session_ = connect(*target_);
  own_.reset();
  EXPECT_EQ(one("MATCH (n:live_users {id: 1}) RETURN n.name"), "user 1");
  EXPECT_EQ(one("MATCH (n:live_users) RETURN toString(count(n))"), "2");
}

TEST_F(Neo4jServerLive, ThatStandsStillEndsWaitsByTheirTimeouts) {
  TargetSpec impatient = spec(url_);
  impatient.operation_timeout = impatient.connect_timeout = std::chrono::seconds(1);
  const auto target = neo4j_driver().open(impatient);
  const auto session = connect(*target);
  ASSERT_EQ(server("freeze"), 0);
  const auto connected = target->connect();  // accepted by the kernel, and greeted by nobody
  const auto written = session->rows()->write(users(), users(50, 1));
  EXPECT_EQ(server("thaw"), 0);
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().kind, FailureKind::timeout);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, FailureKind::timeout);
  EXPECT_TRUE(written.error().in_doubt);
  EXPECT_TRUE(target->connect());
}

}  // namespace
}  // namespace assay
