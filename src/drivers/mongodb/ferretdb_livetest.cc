// On FerretDB: users, TLS with them, and rows that survive its crash.
#include "base/error.h"
#include "core/meta.h"
#include "drivers/mongodb/livetest_fixture.h"

#include <gmock/gmock.h>

#include <cstdlib>

namespace assay {
namespace {

using testing::HasSubstr;
using testing::Not;

class FerretdbLive : public LiveServer {
 protected:
  FerretdbLive() : LiveServer(mongodb_driver(), "ASSAY_TEST_FERRETDB_URL") {}
  void SetUp() override {
    if (const std::string why = environment("ASSAY_TEST_FERRETDB_URL_MISSING"); !why.empty()) GTEST_SKIP() << why;
    LiveServer::SetUp();
  }
  static std::string at(const std::string& user, const std::string& more = "",
                        const char* port = "ASSAY_TEST_FERRETDB_PORT") {
    return "mongodb://" + user + "127.0.0.1:" + environment(port) + "/assay" + more;
  }
};

TEST_F(FerretdbLive, AWrongPasswordIsRejectedAndNamesTheUserButNotThePassword) {
  const auto refused = driver_.open(spec(at("assay:sesame@")))->connect();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, FailureKind::rejected);
  EXPECT_THAT(refused.error().message, HasSubstr("user 'assay'"));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("sesame")));
}

TEST_F(FerretdbLive, WithoutAUserWhatIsWrittenIsRejected) {
  const auto session = connect(*driver_.open(spec(at(""))));
  EXPECT_THROW(session->kv()->create("live_kv"), Error);
}

TEST_F(FerretdbLive, TheFactsNameTheServer) {
  const auto facts = target()->facts();
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->server, "FerretDB");
  EXPECT_THAT(facts->version, HasSubstr("1.24"));
}

TEST_F(FerretdbLive, AUserOverTlsIsLetIn) {
  const std::string ca = environment("ASSAY_TEST_FERRETDB_CA");
  if (ca.empty()) GTEST_SKIP() << "the server was started without --tls";
  const std::string tls = "?tls=true&tlsCAFile=" + ca;
  EXPECT_EQ(problem_of(at("assay:correct%20horse@", tls, "ASSAY_TEST_FERRETDB_TLS_PORT")), "");
  EXPECT_NE(problem_of(at("assay:wrong@", tls, "ASSAY_TEST_FERRETDB_TLS_PORT")), "");
}

TEST_F(FerretdbLive, RowsAndTheirNoteSurviveTheServersCrash) {
  const std::string folder = environment("ASSAY_TEST_FERRETDB_DIR");
  if (folder.empty()) GTEST_SKIP() << "ASSAY_TEST_FERRETDB_DIR is not set";
  const Table table{.name = "live_t",
                    .columns = {{.name = "id"}, {.name = "d", .type = ColumnType::decimal, .scale = 2}},
                    .primary_key = {"id"},
                    .foreign_keys = {},
                    .indexes = {},
                    .partitioning = {}};
  const auto target_of_all = target();
  auto session = connect(*target_of_all);
  session->rows()->drop("live_t");
  session->kv()->drop("assay_meta");
  session->rows()->create(table);
  Meta(*session, "live").create();
  RowBatch batch(2);
  for (std::int64_t id = 0; id < 100; id++) {
    batch.add(id);
    batch.add(Decimal{id, 2});
  }
  const auto written = session->rows()->write_noted(table, batch, {"live", "a", "done"}, false);
  ASSERT_TRUE(written) << written.error().message;
  const std::string script = environment("ASSAY_TEST_SERVERS") + "/ferretdb ";
  ASSERT_EQ(std::system((script + "kill '" + folder + "'").c_str()), 0);
  EXPECT_FALSE(session->rows()->write(table, batch));
  ASSERT_EQ(std::system((script + "start '" + folder + "'").c_str()), 0);
  session = connect(*target_of_all);
  EXPECT_EQ(Meta(*session, "live").get("a"), "done");
  RowBatch read(2);
  for (const std::string& stretch : session->rows()->split(table, 30)) {
    const auto reader = session->rows()->read(table, stretch);
    ASSERT_TRUE(reader) << reader.error().message;
    ASSERT_TRUE((*reader)->next(1000, read));
  }
  ASSERT_EQ(read.size(), 100u);
  std::int64_t cents = 0;
  for (std::size_t r = 0; r < read.size(); r++) cents += std::get<Decimal>(read.row(r)[1]).unscaled;
  EXPECT_EQ(cents, 4950);
}

}  // namespace
}  // namespace assay
