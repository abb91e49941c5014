// What happens to sessions when the server is killed, stands still, or is not to be had; and TLS.
#include "drivers/mongodb/livetest_fixture.h"
#include "runtime/wait.h"

#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>

namespace assay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AnyOf;
using testing::HasSubstr;

class MongodbServerLive : public MongodbLive {
 protected:
  void SetUp() override {
    MongodbLive::SetUp();
    if (IsSkipped()) return;
    for (const char* name : {"ASSAY_TEST_SERVERS", "ASSAY_TEST_MONGODB_DIR", "ASSAY_TEST_MONGODB_PORT"})
      if (std::getenv(name) == nullptr) GTEST_SKIP() << name << " is not set";
    session_->kv()->drop("live_kv");
    session_->kv()->create("live_kv");
    session_->kv()->use("live_kv");
    ASSERT_TRUE(session_->kv()->put("key", "value"));
  }
  void TearDown() override {
    if (frozen_) server("thaw");
    if (killed_) server("start");
  }
  int server(const std::string& verb) {
    frozen_ = verb == "freeze" || (frozen_ && verb != "thaw");
    killed_ = verb == "kill" || (killed_ && verb != "start");
    const std::string command =
        environment("ASSAY_TEST_SERVERS") + "/mongodb " + verb + " '" + environment("ASSAY_TEST_MONGODB_DIR") + "'";
    return std::system(command.c_str());
  }
  std::unique_ptr<Target> impatient() {
    TargetSpec at = spec(url_);
    at.connect_timeout = at.operation_timeout = milliseconds(500);
    return driver_.open(at);
  }

  bool frozen_ = false, killed_ = false;
};

TEST_F(MongodbServerLive, AKilledServerDisconnectsAndWhatItAcknowledgedIsThereWhenItIsBack) {
  ASSERT_EQ(server("kill"), 0);
  const auto put = session_->kv()->put("other", "value");
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().kind, FailureKind::disconnected) << put.error().message;
  std::string value;
  const auto again = session_->kv()->get("key", value);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, FailureKind::disconnected) << "what is lost does not come back by itself";
  EXPECT_FALSE(session_->reset());
  const auto refused = target_->connect();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, FailureKind::disconnected);
  EXPECT_THAT(refused.error().message, HasSubstr("127.0.0.1:"));
  ASSERT_EQ(server("start"), 0);
  const auto back = connect(*target_);
  back->kv()->use("live_kv");
  const auto got = back->kv()->get("key", value);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_TRUE(*got);
  EXPECT_EQ(value, "value");
}

TEST_F(MongodbServerLive, AFrozenServerEndsOperationsByTheirTimeoutAndWritesAreInDoubt) {
  const auto target = impatient();
  const auto reader = connect(*target), writer = connect(*target);
  reader->kv()->use("live_kv");
  writer->kv()->use("live_kv");
  std::string value;
  ASSERT_TRUE(reader->kv()->get("key", value));
  ASSERT_TRUE(writer->kv()->put("key", "value"));
  ASSERT_EQ(server("freeze"), 0);
  const auto got = reader->kv()->get("key", value);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, FailureKind::timeout) << got.error().message;
  EXPECT_THAT(got.error().message, HasSubstr("time-out of 0.5 s"));
  EXPECT_FALSE(got.error().in_doubt);
  const auto put = writer->kv()->put("key", "another");
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().kind, FailureKind::timeout);
  EXPECT_TRUE(put.error().in_doubt);
  const auto connected = target->connect();
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().kind, FailureKind::timeout) << connected.error().message;
  EXPECT_THAT(connected.error().message, HasSubstr("127.0.0.1:"));
}

TEST_F(MongodbServerLive, APatientSessionWaitsBeyondTheTimeout) {
  const auto target = impatient();
  const auto session = connect(*target);
  session->kv()->use("live_kv");
  std::string value;
  ASSERT_TRUE(session->kv()->get("key", value));
  ASSERT_EQ(server("freeze"), 0);
  std::jthread thaw([&] {
    std::this_thread::sleep_for(seconds(1));  // twice the time-out
    server("thaw");
  });
  const Patience patience(*session);
  const auto got = session->kv()->get("key", value);
  EXPECT_TRUE(got) << got.error().message;
}

TEST_F(MongodbServerLive, AnInterruptedCallIsCancelledSoon) {
  std::string value;
  ASSERT_TRUE(session_->kv()->get("key", value));
  ASSERT_EQ(server("freeze"), 0);
  std::jthread interrupter([&] {
    std::this_thread::sleep_for(milliseconds(300));  // so that the call waits; without, it is cancelled at its begin
    session_->interrupt();
  });
  const auto got = session_->kv()->get("key", value);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, FailureKind::cancelled) << got.error().message;
  const auto later = session_->kv()->get("key", value);
  ASSERT_FALSE(later);
  EXPECT_THAT(later.error().kind, AnyOf(FailureKind::cancelled, FailureKind::disconnected));
}

TEST_F(MongodbServerLive, WaitsOfAThreadThatIsToldToStopAreCancelled) {
  std::string value;
  ASSERT_TRUE(session_->kv()->get("key", value));
  ASSERT_EQ(server("freeze"), 0);
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(300));
    stop.request_stop();
  });
  const runtime::StopScope scope(stop.get_token());
  const auto got = session_->kv()->get("key", value);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, FailureKind::cancelled) << got.error().message;
}

TEST_F(MongodbServerLive, TlsVerifiesTheServer) {
  const std::string port = environment("ASSAY_TEST_MONGODB_TLS_PORT"), ca = environment("ASSAY_TEST_MONGODB_CA");
  if (port.empty()) GTEST_SKIP() << "the server was started without --tls";
  const std::string url = "mongodb://127.0.0.1:" + port + "/assay?tls=true";
  EXPECT_EQ(problem_of(url + "&tlsCAFile=" + ca), "");
  EXPECT_NE(problem_of(url), "") << "nobody knows the authority";
  EXPECT_EQ(problem_of(url + "&tlsAllowInvalidCertificates=true"), "");
  EXPECT_NE(problem_of("mongodb://127.0.0.1:" + port + "/assay"), "") << "the port speaks TLS only";
  EXPECT_THAT(problem_of(url + "&tlsCAFile=/etc/hostname"), HasSubstr("tlsCAFile"));
  const auto facts = driver_.open(spec(url + "&tlsCAFile=" + ca))->facts();
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->settings.at("tls"), "on");
}

TEST_F(MongodbServerLive, ATlsClientAtAPortWithoutTlsSaysSo) {
  const std::string problem =
      problem_of("mongodb://127.0.0.1:" + environment("ASSAY_TEST_MONGODB_PORT") + "/assay?tls=true");
  EXPECT_THAT(problem, HasSubstr("127.0.0.1:" + environment("ASSAY_TEST_MONGODB_PORT")));
}

}  // namespace
}  // namespace assay
