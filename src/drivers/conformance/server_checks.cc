// A server in a process of its own that takes its time, kills sessions, stands still, or is not there.
#include "drivers/conformance/conformance.h"
#include "runtime/loop.h"

#include <cstdlib>
#include <thread>

namespace assay::conformance {
namespace {

enum { kRead, kAdd, kSleep, kSlowAdd };
constexpr StatementId id(int i) { return static_cast<StatementId>(i); }
const Value kOne[] = {std::int64_t{1}};

const ServerUnderTest& server() { return *subject().server; }

/// conf_pairs has a row with the id 1 and n = 10.
class Server : public Conformance {
 protected:
  Server() {
    const std::int64_t ids[] = {1};
    create_pairs(ids);
    watcher_ = connect();
    query().declare(statements_);
  }
  std::unique_ptr<Session> open(const TargetSpec& spec) {
    target_of_others_ = subject().driver.open(spec);
    auto session = must(target_of_others_->connect());
    session->query()->declare(statements_);
    return session;
  }
  std::unique_ptr<Session> open() { return open(subject().spec); }
  static std::int64_t id_of(Session& session) {
    return must(session.query()->run(server().own_id))->integer(0, 0).value();
  }
  /// Of the session with this id, as the watcher sees it.
  std::int64_t seen(const std::string& statement, std::int64_t session) {
    const Value arguments[] = {session};
    return must(watcher_->query()->run(statement, arguments))->integer(0, 0).value_or(0);
  }
  bool wait_until(const std::string& statement, std::int64_t session, std::int64_t answer) {
    for (int i = 0; i < 2000; i++) {
      if (seen(statement, session) == answer) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));  // polling another process
    }
    return false;
  }
  void kill(std::int64_t session) {
    const Value arguments[] = {session};
    must(watcher_->query()->run(server().kill, arguments));
  }
  static bool script(const std::string& verb) {
    return std::system((server().script + " " + verb + " '" + server().folder + "' > /dev/null").c_str()) == 0;
  }
  static TargetSpec at(const std::string& url) {
    return {.url = url, .options = Options(subject().driver.info().options)};
  }
  std::int64_t n() { return integer("select n from conf_pairs where id = 1"); }

  const StatementTable statements_ = {
      {.name = "read", .text = "select n from conf_pairs where id = $1", .read_only = true},
      {.name = "add", .text = "update conf_pairs set n = n + 1 where id = $1"},
      {.name = "sleep", .text = server().sleep, .read_only = true},
      {.name = "slow_add", .text = server().slow_add},
  };
  std::unique_ptr<Target> target_of_others_;
  std::unique_ptr<Session> watcher_;
};

TEST_F(Server, that_ends_a_statement_by_its_own_timeout_leaves_the_session_usable) {
  const std::string& url = subject().spec.url;
  const auto session = open(at(url + (url.find('?') == std::string::npos ? "?" : "&") + "statement-timeout=50ms"));
  const auto slept = session->query()->execute(id(kSleep), {});
  ASSERT_EQ(outcome(slept), "timeout");
  EXPECT_EQ(slept.error().native_code, server().timeout_code);
  EXPECT_FALSE(slept.error().in_doubt);
  EXPECT_EQ(outcome(session->query()->execute(id(kRead), kOne)), "ok");
}

TEST_F(Server, that_answers_too_late_has_lost_the_session_and_a_write_is_in_doubt) {
  TargetSpec impatient = subject().spec;
  impatient.operation_timeout = std::chrono::seconds(1);
  const auto timed_out = [&](StatementId statement, std::span<const Value> arguments, bool in_doubt) {
    const auto session = open(impatient);
    const auto done = session->query()->execute(statement, arguments);
    ASSERT_EQ(outcome(done), "timeout");
    EXPECT_EQ(done.error().in_doubt, in_doubt);
    const auto again = session->query()->execute(id(kRead), kOne);
    ASSERT_EQ(outcome(again), "disconnected");
    EXPECT_FALSE(again.error().in_doubt);
    EXPECT_FALSE(session->reset());
  };
  timed_out(id(kSleep), {}, false);
  timed_out(id(kSlowAdd), kOne, true);
  // What nobody waits for is ended at the server too, and its lock is free.
  must(query().run(server().wait_for_locks));
  EXPECT_EQ(outcome(query().execute(id(kAdd), kOne)), "ok");
}

TEST_F(Server, that_kills_a_session_disconnects_it_and_only_a_bare_write_is_in_doubt) {
  struct {
    StatementId statement;
    bool transaction, in_doubt;
  } const kCases[] = {{id(kSlowAdd), false, true}, {id(kSlowAdd), true, false}, {id(kSleep), false, false}};
  for (const auto& c : kCases) {
    const auto session = open();
    const std::int64_t victim = id_of(*session);
    if (c.transaction) must(session->query()->begin({}));
    std::thread killer([&] {
      EXPECT_TRUE(wait_until(server().is_asleep, victim, 1));
      kill(victim);
    });
    const auto done =
        session->query()->execute(c.statement, c.statement == id(kSleep) ? std::span<const Value>() : kOne);
    killer.join();
    ASSERT_EQ(outcome(done), "disconnected");
    EXPECT_EQ(done.error().in_doubt, c.in_doubt);
    EXPECT_FALSE(session->query()->in_transaction());
  }
  EXPECT_EQ(n(), 10);
}

TEST_F(Server, that_nobody_waits_for_any_more_ends_the_statement) {
  runtime::Loop loop;
  Result<const ResultSet*> slept;
  bool again_is_lost = false;
  std::int64_t sleeper = 0;
  std::thread canceller;
  loop.spawn([&] {
    const auto session = open();
    sleeper = id_of(*session);
    canceller = std::thread([&] {
      EXPECT_TRUE(wait_until(server().is_asleep, sleeper, 1));
      loop.cancel();
    });
    slept = session->query()->execute(id(kSleep), {});
    again_is_lost = !session->query()->execute(id(kRead), kOne);
  });
  loop.run();
  canceller.join();
  EXPECT_EQ(outcome(slept), "cancelled");
  EXPECT_TRUE(again_is_lost);
  EXPECT_TRUE(wait_until(server().is_there, sleeper, 0));
}

TEST_F(Server, that_is_silent_is_waited_for_as_long_as_the_connect_timeout_says) {
  TargetSpec silent = at(server().silent);
  silent.connect_timeout = std::chrono::seconds(1);
  const auto started = real_clock().now();
  const auto connected = subject().driver.open(silent)->connect();
  EXPECT_THAT(outcome(connected), testing::AnyOf("timeout", "disconnected"));
  EXPECT_LT(real_clock().now() - started, std::chrono::seconds(20));
}

TEST_F(Server, that_stands_still_ends_waits_by_their_timeouts) {
  if (server().folder.empty()) GTEST_SKIP() << "the server was not started by tests/servers";
  TargetSpec impatient = subject().spec;
  impatient.operation_timeout = impatient.connect_timeout = std::chrono::seconds(1);
  const auto session = open(impatient);
  ASSERT_TRUE(script("freeze"));
  const auto connected = target_of_others_->connect();  // accepted by the kernel, and greeted by nobody
  const auto read = session->query()->run("select 1");
  EXPECT_TRUE(script("thaw"));
  EXPECT_EQ(outcome(connected), "timeout");
  EXPECT_EQ(outcome(read), "timeout");
}

TEST_F(Server, is_looked_up_by_its_name_on_a_fiber_too) {
  const auto by_name = subject().driver.open(at(server().by_name));
  runtime::Loop loop;
  std::string connected = "not run";
  loop.spawn([&] { connected = outcome(by_name->connect()); });
  loop.run();
  EXPECT_EQ(connected, "ok");
}

}  // namespace
}  // namespace assay::conformance
