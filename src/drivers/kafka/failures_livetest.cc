#include "drivers/kafka/livetest_fixture.h"

#include <thread>

namespace assay {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class KafkaFailureLive : public KafkaLive {
 protected:
  void SetUp() override {
    KafkaLive::SetUp();
    if (!IsSkipped() && environment("ASSAY_TEST_KAFKA_DIR").empty()) GTEST_SKIP() << "ASSAY_TEST_KAFKA_DIR is not set";
  }
  void TearDown() override {
    script("thaw");
    script("start");
    KafkaLive::TearDown();
  }
  static int script(const std::string& verb) {
    const std::string command =
        environment("ASSAY_TEST_SERVERS") + "/kafka " + verb + " " + environment("ASSAY_TEST_KAFKA_DIR");
    return std::system((command + " >/dev/null 2>&1").c_str());
  }
  std::unique_ptr<Target> hasty(Nanos connect, Nanos operation) const {
    TargetSpec spec = this->spec(with("prefix=test_"));
    spec.connect_timeout = connect;
    spec.operation_timeout = operation;
    return driver_.open(spec);
  }
  static std::string at(const std::string& user, const char* port, const std::string& query) {
    return "kafka://" + user + "127.0.0.1:" + environment(port) + "?" + query;
  }
};

TEST_F(KafkaFailureLive, ABrokerThatWasKilledIsALostSessionAndWhatWasWrittenIsThereAfterwards) {
  must(rows().write_noted(pairs_table(), pairs(0, 100), {"populate", "pairs/0", "100"}, false));
  ASSERT_EQ(script("kill"), 0);
  const auto written = rows().write_noted(pairs_table(), pairs(100, 100), {"populate", "pairs/1", "100"}, false);
  ASSERT_FALSE(written);
  EXPECT_EQ(outcome(written), "disconnected") << written.error().message;
  EXPECT_THAT(written.error().message, HasSubstr("127.0.0.1:" + environment("ASSAY_TEST_KAFKA_PORT")));
  EXPECT_EQ(outcome(rows().write(pairs_table(), pairs(100, 1))), "disconnected");
  EXPECT_EQ(outcome(target_->connect()), "disconnected");
  ASSERT_EQ(script("start"), 0);
  session_ = connect(*target_);
  must(rows().write_noted(pairs_table(), pairs(0, 100), {"populate", "pairs/0", "100"}, true));
  must(rows().write_noted(pairs_table(), pairs(100, 100), {"populate", "pairs/1", "100"}, true));
  EXPECT_EQ(ids_in(*session_, pairs_table()), numbers(0, 200));
}

TEST_F(KafkaFailureLive, ABrokerThatIsKilledAndBackWhileRowsAreWrittenHasEachOnce) {
  std::atomic<bool> done{false};
  std::thread breaker([&] {
    EXPECT_EQ(script("kill"), 0);
    EXPECT_EQ(script("start"), 0);
    done = true;
  });
  int chunk = 0;
  for (; !done || chunk < 5; chunk++) {
    const std::string name = fmt::format("pairs/{}", chunk);
    const RowsNote note{"populate", name, "50"};
    for (bool again = false;; again = true) {
      if (session_ != nullptr && rows().write_noted(pairs_table(), pairs(chunk * 50, 50), note, again)) break;
      auto opened = target_->connect();
      session_ = opened ? std::move(*opened) : nullptr;
    }
  }
  breaker.join();
  EXPECT_EQ(ids_in(*session_, pairs_table()), numbers(0, chunk * 50));
}

TEST_F(KafkaFailureLive, AFrozenBrokerIsATimeOutAndGoesOnWhenItIsThawed) {
  const auto target = hasty(std::chrono::seconds(2), std::chrono::seconds(2));
  const auto session = connect(*target);
  must(session->rows()->write(pairs_table(), pairs(0, 5)));
  ASSERT_EQ(script("freeze"), 0);
  EXPECT_EQ(outcome(session->rows()->write(pairs_table(), pairs(5, 5))), "timeout");
  EXPECT_EQ(outcome(session->rows()->write_noted(pairs_table(), pairs(5, 5), {"populate", "x", "5"}, false)),
            "timeout");
  const auto connected = target->connect();
  EXPECT_EQ(outcome(connected), "timeout");
  EXPECT_THAT(connected.error().message, HasSubstr("127.0.0.1:"));
  ASSERT_EQ(script("thaw"), 0);
  const auto after = connect(*target_);
  must(after->rows()->write_noted(pairs_table(), pairs(10, 5), {"populate", "x", "5"}, true));
  const auto ids = ids_in(*after, pairs_table());
  for (const std::int64_t id : numbers(10, 5)) EXPECT_EQ(std::count(ids.begin(), ids.end(), id), 1) << id;
}

TEST_F(KafkaFailureLive, ACallThatWaitsCanBeEnded) {
  must(rows().write(pairs_table(), pairs(0, 5)));
  ASSERT_EQ(script("freeze"), 0);
  std::thread other([&] { session_->interrupt(); });
  EXPECT_EQ(outcome(rows().write(pairs_table(), pairs(5, 5))), "cancelled");
  other.join();
  ASSERT_EQ(script("thaw"), 0);
  session_ = connect(*target_);
}

TEST_F(KafkaFailureLive, AUserIsLetInByItsPasswordOnly) {
  const char* port = "ASSAY_TEST_KAFKA_SASL_PORT";
  EXPECT_EQ(problem_of(at("assay_password:correct%20horse@", port, "sasl-mechanism=PLAIN")), "");
  const auto target = driver_.open(spec(at("assay_password:wrong-one@", port, "")));
  const auto connected = target->connect();
  EXPECT_EQ(outcome(connected), "rejected");
  EXPECT_THAT(connected.error().message,
              testing::AllOf(HasSubstr("user 'assay_password'"), Not(HasSubstr("wrong-one"))));
}

TEST_F(KafkaFailureLive, TlsVerifiesTheBroker) {
  if (environment("ASSAY_TEST_KAFKA_CA").empty()) GTEST_SKIP() << "the broker was made without --tls";
  const char* port = "ASSAY_TEST_KAFKA_TLS_PORT";
  const std::string authority =
      "security-protocol=ssl&prefix=test_&ssl-ca-location=" + environment("ASSAY_TEST_KAFKA_CA");
  const auto target = driver_.open(spec(at("", port, authority)));
  must(connect(*target)->rows()->write(pairs_table(), pairs(0, 5)));
  EXPECT_EQ(must(target->facts()).settings.at("tls"), "on");
  const auto strange = driver_.open(spec(at("", port, "security-protocol=ssl")));
  const auto connected = strange->connect();
  EXPECT_EQ(outcome(connected), "disconnected");
  EXPECT_THAT(connected.error().message, HasSubstr("certificate"));
}

TEST_F(KafkaFailureLive, ABrokerThatSpeaksNoTlsIsNotWaitedFor) {
  const auto target = driver_.open(spec(at("", "ASSAY_TEST_KAFKA_PORT", "security-protocol=ssl")));
  const auto connected = target->connect();
  EXPECT_EQ(outcome(connected), "disconnected") << connected.error().message;
}

}  // namespace
}  // namespace assay
