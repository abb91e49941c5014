#include "drivers/mysql/livetest_fixture.h"
#include "runtime/loop.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

namespace assay {
namespace {

using ::testing::HasSubstr;

class MysqlTlsLive : public MysqlLive {
 protected:
  void SetUp() override {
    if (std::getenv("ASSAY_TEST_MARIADB_CA") == nullptr)
      GTEST_SKIP() << "the server speaks no TLS: start it with --tls";
    MysqlLive::SetUp();
    ca_ = environment("ASSAY_TEST_MARIADB_CA");
  }
  static std::string cipher(Session& session) { return status_text(session, "Ssl_cipher"); }
  static std::string status_text(Session& session, const std::string& name) {
    const auto rows = session.query()->run(
        "select variable_value from information_schema.session_status where variable_name = '" + name + "'");
    return rows ? std::string((*rows)->text(0, 0).value_or("")) : rows.error().message;
  }
  std::string ca_;
};

TEST_F(MysqlTlsLive, EachModeIsWhatItSays) {
  for (const auto& [mode, encrypted] : {std::pair<std::string, bool>{"disabled", false},
                                        {"preferred", true},
                                        {"required", true},
                                        {"verify-ca&ssl-ca=" + ca_, true},
                                        {"verify-identity&ssl-ca=" + ca_, true}}) {
    const auto secure = mysql_driver().open(spec(at("assay", "/assay?ssl-mode=" + mode)));
    const auto session = connect(*secure);
    EXPECT_EQ(!cipher(*session).empty(), encrypted) << mode;
    // The result states what the server itself says of a connection.
    const auto facts = secure->facts();
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_EQ(facts->settings.at("tls"),
              encrypted ? status_text(*session, "Ssl_version") + " " + cipher(*session) : "off")
        << mode;
  }
}

/// More than the socket takes at once: the library then waits for room, and with TLS calls that reading.
TEST_F(MysqlTlsLive, MoreRowsThanTheSocketHoldsArrive) {
  constexpr std::size_t kRows = 3000, kLength = 8000;
  const Table table{.name = "tls_rows",
                    .columns = {{.name = "id", .type = ColumnType::bigint}, {.name = "t", .type = ColumnType::text}},
                    .primary_key = {"id"},
                    .foreign_keys = {},
                    .indexes = {},
                    .partitioning = {}};
  for (const char* load : {"load-data", "bulk", "insert&insert-rows=1000"}) {
    const auto secure = mysql_driver().open(spec(at("assay", fmt::format("/assay?ssl-mode=required&load={}", load))));
    const auto session = connect(*secure);
    session->rows()->drop(table.name);
    session->rows()->create(table);
    RowBatch batch(2);
    for (std::size_t r = 0; r < kRows; r++) {
      batch.add(static_cast<std::int64_t>(r));
      batch.add_copy(std::string(kLength, static_cast<char>('a' + r % 26)));
    }
    const Result<> written = session->rows()->write(table, batch);
    ASSERT_TRUE(written) << load << ": " << written.error().message;
    EXPECT_EQ(number(*session, "select cast(sum(length(t)) as signed) from tls_rows"), kRows * kLength) << load;
    session->rows()->drop(table.name);
  }
}

TEST_F(MysqlTlsLive, TheCertificateIsCheckedAgainstTheAuthorityAndTheNameInTheUrl) {
  const std::string wrong = fmt::format("{}other.{}.crt", ::testing::TempDir(), getpid());
  ASSERT_EQ(
      std::system(fmt::format("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj "
                              "/CN=other -keyout /dev/null -out '{}' 2>/dev/null",
                              wrong)
                      .c_str()),
      0);
  for (const char* mode : {"verify-ca", "verify-identity"})
    EXPECT_THAT(problem_of(at("assay", fmt::format("/assay?ssl-mode={}&ssl-ca={}", mode, wrong))),
                HasSubstr("certificate"));
  unlink(wrong.c_str());
  const std::string identity = "/assay?ssl-mode=verify-identity&ssl-ca=" + ca_;
  EXPECT_EQ(problem_of(at("assay", identity, "localhost")), "");
  // Names that are 127.0.0.1 too, and not in the certificate.
  EXPECT_THAT(problem_of(at("assay", identity, "127.1")), HasSubstr("certificate"));
  EXPECT_EQ(problem_of(at("assay", "/assay?ssl-mode=verify-ca&ssl-ca=" + ca_, "127.1")), "");
}

TEST_F(MysqlTlsLive, TheAuthoritiesOfTheSystemAreNotReadWhereNothingIsVerified) {
  const std::string authorities = fmt::format("{}authorities.{}", ::testing::TempDir(), getpid());
  std::ofstream{authorities};
  const int watch = inotify_init1(IN_NONBLOCK);
  ASSERT_GE(inotify_add_watch(watch, authorities.c_str(), IN_OPEN), 0);
  setenv("SSL_CERT_FILE", authorities.c_str(), 1);  // OpenSSL's own variable for the file with all authorities
  for (const char* mode : {"preferred", "required"}) {
    const auto secure = mysql_driver().open(spec(at("assay", fmt::format("/assay?ssl-mode={}", mode))));
    const auto session = connect(*secure);
    EXPECT_FALSE(cipher(*session).empty());
  }
  // Nor by the connection that ends another one at the server.
  TargetSpec impatient = spec(at("assay", "/assay?ssl-mode=required"));
  impatient.operation_timeout = std::chrono::seconds(1);
  const auto secure = mysql_driver().open(impatient);
  const auto sleeper = connect(*secure), observer = connect(*secure);
  const std::int64_t id = number(*sleeper, "select connection_id()");
  EXPECT_FALSE(sleeper->query()->run("select sleep(60)"));
  const std::string there = fmt::format("select count(*) from information_schema.processlist where id = {}", id);
  for (int i = 0; i < 1000 && number(*observer, there) != 0; i++)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // polling another process
  EXPECT_EQ(number(*observer, there), 0);
  unsetenv("SSL_CERT_FILE");
  char events[4096];
  EXPECT_LT(read(watch, events, sizeof events), 0) << "the file was opened";
  close(watch);
  unlink(authorities.c_str());
}

TEST_F(MysqlTlsLive, OnALoopManySessionsShakeHandsAndCarryLargeAnswers) {
  const auto secure =
      mysql_driver().open(spec(at("assay", "/assay?ssl-mode=verify-identity&ssl-ca=" + ca_, "localhost")));
  runtime::Loop loop;
  std::string problem;
  int done = 0;
  for (int s = 0; s < 20; s++)
    loop.spawn([&] {
      auto session = secure->connect();
      if (!session) return void(problem = session.error().message);
      for (const int size : {1, 8'000, 16'384, 16'385, 100'000, 1'000'000}) {
        const auto rows = (*session)->query()->run(fmt::format("select repeat('x', {})", size));
        if (!rows) return void(problem = rows.error().message);
        if ((*rows)->text(0, 0)->size() != static_cast<std::size_t>(size)) return void(problem = "an answer was cut");
      }
      done++;
    });
  loop.run();
  EXPECT_EQ(problem, "");
  EXPECT_EQ(done, 20);
}

TEST_F(MysqlTlsLive, AConnectionThatTimedOutIsKilledAtTheServerByOneThatIsVerifiedToo) {
  TargetSpec impatient = spec(at("assay", "/assay?ssl-mode=verify-identity&ssl-ca=" + ca_, "localhost"));
  impatient.operation_timeout = std::chrono::seconds(1);
  const auto other = mysql_driver().open(impatient);
  const auto plain = target();
  const auto session = connect(*other), next = connect(*plain);
  run(*next, "drop table if exists f");
  run(*next, "create table f (id int primary key, n int)");
  run(*next, "insert into f values (1, 0)");
  ASSERT_FALSE(session->query()->run("update f set n = n + 1 where id = 1 and sleep(60) = 0"));
  run(*next, "set innodb_lock_wait_timeout = 20");
  EXPECT_TRUE(next->query()->run("update f set n = n + 1 where id = 1"));
  run(*next, "drop table f");
}

}  // namespace
}  // namespace assay
