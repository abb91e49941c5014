#include "base/error.h"
#include "drivers/neo4j/livetest_fixture.h"
#include "runtime/loop.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

class Neo4jTlsLive : public Neo4jLive {
 protected:
  void SetUp() override {
    if (environment("ASSAY_TEST_NEO4J_CA").empty()) GTEST_SKIP() << "ASSAY_TEST_NEO4J_CA is not set";
    Neo4jLive::SetUp();
  }
  static std::string with_authority(const std::string& host) {
    return "neo4j+s://neo4j:correct%20horse@" + host + ":" + environment("ASSAY_TEST_NEO4J_PORT") +
           "/neo4j?ssl-ca=" + environment("ASSAY_TEST_NEO4J_CA");
  }
};

TEST_F(Neo4jTlsLive, ACertificateOfAKnownAuthorityIsTrustedForItsNameAndItsAddress) {
  for (const char* host : {"127.0.0.1", "localhost"}) {
    const auto target = neo4j_driver().open(spec(with_authority(host)));
    const ServerFacts facts = must(target->facts());
    EXPECT_THAT(facts.settings.at("tls"), HasSubstr("TLSv1")) << host;
    const auto session = connect(*target);
    session->rows()->create(users());
    must(session->rows()->write(users(), users(0, 20'000)));
    EXPECT_EQ(one("MATCH (n:live_users) RETURN toString(count(n))"), "20000");
    RowBatch batch(2);
    const auto reader = must(session->rows()->read(users(), session->rows()->split(users(), 100'000)[0]));
    while (must(reader->next(5'000, batch)) > 0) {
    }
    EXPECT_EQ(batch.size(), 20'000u);
    session->rows()->drop("live_users");
  }
}

TEST_F(Neo4jTlsLive, ACertificateOfNobodyWeKnowIsRefused) {
  const std::string problem = problem_of(at("neo4j:correct%20horse", "/neo4j", "bolt+s"));
  EXPECT_THAT(problem, HasSubstr("certificate is not trusted"));
}

TEST_F(Neo4jTlsLive, ACertificateForAnotherNameIsRefused) {
  // 127.0.0.2 is this machine as well, and the certificate does not name it. The server listens at 127.0.0.1 only, so the name is
  // what is changed: the transport is told to expect it.
  const neo4j::Address address = neo4j::parse_address(spec(with_authority("127.0.0.1")));
  for (const char* name : {"127.0.0.2", "example.com"}) {
    neo4j::Transport transport(neo4j::make_tls_context(address));
    const auto connected =
        transport.connect("127.0.0.1", address.port, name, true, real_clock().now() + std::chrono::seconds(20));
    ASSERT_FALSE(connected) << name;
    EXPECT_EQ(connected.error().kind, FailureKind::rejected);
    EXPECT_THAT(connected.error().message, HasSubstr("mismatch")) << name;
  }
}

TEST_F(Neo4jTlsLive, AnyCertificateWillDoWhenItIsNotVerified) {
  const auto target = neo4j_driver().open(spec(at("neo4j:correct%20horse", "/neo4j", "bolt+ssc")));
  EXPECT_THAT(must(target->facts()).settings.at("tls"), HasSubstr("TLSv1"));
}

TEST_F(Neo4jTlsLive, TheHandshakeWaitsAsAFiberDoes) {
  const auto target = neo4j_driver().open(spec(with_authority("localhost")));
  runtime::Loop loop;
  int connected = 0;
  for (int i = 0; i < 10; i++)
    loop.spawn([&] {
      if (target->connect()) connected++;
    });
  loop.run();
  EXPECT_EQ(connected, 10);
}

}  // namespace
}  // namespace assay
