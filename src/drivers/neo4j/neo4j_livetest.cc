#include "base/error.h"
#include "drivers/neo4j/livetest_fixture.h"
#include "runtime/loop.h"

#include <map>

namespace assay {
namespace {

using ::testing::HasSubstr;

class Neo4jDriverLive : public Neo4jLive {};

TEST_F(Neo4jDriverLive, FactsNameWhatMattersForSpeed) {
  const ServerFacts facts = must(target_->facts());
  EXPECT_EQ(facts.server, "Neo4j");
  EXPECT_THAT(facts.version, HasSubstr("."));
  EXPECT_EQ(facts.settings.at("edition"), "community");
  EXPECT_EQ(facts.settings.at("bolt"), "5.4");
  EXPECT_EQ(facts.settings.at("tls"), "off");
  EXPECT_EQ(facts.settings.at("server.memory.pagecache.size"), "64.00MiB");
}

TEST_F(Neo4jDriverLive, FiguresAreThoseOfTheServer) {
  const auto sampler = target_->sampler();
  ASSERT_NE(sampler, nullptr);
  std::map<std::string, double> values;
  for (const TargetMetric& metric : must(sampler->sample())) values[metric.name] = metric.value;
  EXPECT_GT(values["heap_used"], 1e6);
  EXPECT_GE(values["heap_committed"], values["heap_used"]);
  EXPECT_GT(values["cpu_time"], 0);
  EXPECT_GT(values["threads"], 5);
  EXPECT_GE(values["transactions_open"], 1);  // the one that asks
  EXPECT_TRUE(values.count("gc_count") == 1 && values.count("gc_time") == 1);
}

TEST_F(Neo4jDriverLive, SessionsOfOneThreadAreFibersThatWaitAtTheSameTime) {
  rows().create(users());
  runtime::Loop loop;
  int done = 0;
  for (int s = 0; s < 40; s++)
    loop.spawn([&, s] {
      const auto session = target_->connect();
      if (!session) return;
      for (int i = 0; i < 5; i++)
        if (!(*session)->rows()->write(users(), users(1'000 * s + 10 * i, 10))) return;
      done++;
    });
  loop.run();
  EXPECT_EQ(done, 40);
  EXPECT_EQ(one("MATCH (n:live_users) RETURN toString(count(n))"), "2000");
}

TEST_F(Neo4jDriverLive, AnAnswerOfManyMegabytesAndARequestOfManyGoThrough) {
  session_->kv()->create("live_users");
  session_->kv()->use("live_users");
  std::string value(20 << 20, 'x');
  for (std::size_t i = 0; i < value.size(); i += 4096) value[i] = static_cast<char>('a' + i / 4096 % 26);
  must(session_->kv()->put("large", value));
  std::string read;
  EXPECT_TRUE(must(session_->kv()->get("large", read)));
  EXPECT_TRUE(read == value);
}

TEST_F(Neo4jDriverLive, WithoutADatabaseTheDefaultOneIsUsed) {
  EXPECT_EQ(problem_of(at("neo4j:correct%20horse", "")), "");
  EXPECT_EQ(problem_of(at("neo4j:correct%20horse", "", "neo4j")), "");
}

TEST_F(Neo4jDriverLive, ThePasswordMayComeFromTheEnvironment) {
  setenv("NEO4J_PASSWORD", environment("ASSAY_TEST_NEO4J_PASSWORD").c_str(), 1);
  EXPECT_EQ(problem_of(at("neo4j")), "");
  unsetenv("NEO4J_PASSWORD");
  EXPECT_NE(problem_of(at("neo4j")), "");
}

}  // namespace
}  // namespace assay
