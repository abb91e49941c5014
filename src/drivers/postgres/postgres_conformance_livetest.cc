#include "drivers/conformance/conformance.h"
#include "drivers/postgres/postgres.h"

#include <cstdlib>
#include <iostream>

namespace assay::conformance {
namespace {

/// ctest runs the suite a second time with ASSAY_TEST_POSTGRES_EXCHANGE=libpq.
std::string with_exchange(const std::string& url) {
  const char* exchange = std::getenv("ASSAY_TEST_POSTGRES_EXCHANGE");
  if (exchange == nullptr) return url;
  return url + (url.find('?') == std::string::npos ? "?" : "&") + "exchange=" + exchange;
}

TargetSpec at(const std::string& url) { return {.url = url, .options = Options(postgres_driver().info().options)}; }

/// The server's URL with another user, password, host, port or database.
std::string url_of(const std::string& authority_and_database) { return "postgres://" + authority_and_database; }

void cut_off(Target& target, Session& session) {
  const std::int64_t pid = *must(session.query()->run("select pg_backend_pid()"))->integer(0, 0);
  const Value arguments[] = {pid};
  const auto other = must(target.connect());
  must(other->query()->run("select pg_terminate_backend($1, 5000)", arguments));  // returns when it is gone
}

constexpr const char* kNeeded[] = {"ASSAY_TEST_POSTGRES_URL", "ASSAY_TEST_POSTGRES_PORT"};

/// Without a server the whole suite is skipped, and says so.
class NeedsServer : public testing::Environment {
  void SetUp() override {
    for (const char* name : kNeeded)
      if (std::getenv(name) == nullptr) {
        std::cout << "[  SKIPPED ] no server\n";  // what ctest looks for; gtest says it only of single tests
        GTEST_SKIP() << name << " is not set";
      }
  }
};
[[maybe_unused]] auto* const kNeedsServer = testing::AddGlobalTestEnvironment(new NeedsServer);

}  // namespace

const Subject& subject() {
  static const Subject kSubject = [] {
    const std::string here = std::string("@127.0.0.1:") + std::getenv("ASSAY_TEST_POSTGRES_PORT");
    return Subject{
        .driver = postgres_driver(),
        .spec = at(with_exchange(std::getenv("ASSAY_TEST_POSTGRES_URL"))),
        .unreachable = {{"wrong password", at(url_of("assay_scram:wrong" + here + "/assay")), FailureKind::rejected,
                         "user 'assay_scram'"},
                        {"missing database", at(url_of("postgres" + here + "/nowhere")), FailureKind::rejected,
                         "database 'nowhere'"},
                        {"missing user", at(url_of("nobody_of_us" + here + "/assay")), FailureKind::rejected,
                         "nobody_of_us"},
                        {"unknown host", at(url_of("postgres@no-such-host.invalid:5432/assay")),
                         FailureKind::disconnected, "unknown host 'no-such-host.invalid'"},
                        {"refused connection", at(url_of("postgres@127.0.0.1:1/assay")), FailureKind::disconnected,
                         "127.0.0.1:1"}},
        .bad_urls = {"postgres://u@h:1/d?wombat=1", "postgres://u@h:port/d", "postgres://u@h/d?load=fast",
                     "postgres://u@h/d?exchange=fast", "postgres://u@h/d?insert-rows=0",
                     "postgres://u@h/d?insert-rows=5", "postgres://u@h/d?pipeline", "postgres://u@h:70000/d",
                     "postgres://u@h/d?client_encoding=LATIN1", "postgres://u@h/d?password-file=/nowhere/at/all"},
        .cut_off = cut_off,
        .server =
            ServerUnderTest{
                .own_id = "select pg_backend_pid()",
                .kill = "select pg_terminate_backend($1, 5000)",
                .is_there = "select count(*) from pg_stat_activity where pid = $1",
                .is_asleep =
                    "select count(*) from pg_stat_activity where pid = $1 and state = 'active' and wait_event = "
                    "'PgSleep'",
                .sleep = "select pg_sleep(60)",
                .slow_add = "update conf_pairs set n = n + 1 where id = $1 and pg_sleep(60) is not null",
                .wait_for_locks = "set lock_timeout = '20s'",
                .timeout_code = "57014",
                .silent = "postgres://u@192.0.2.1:5432/d",  // TEST-NET-1: nobody answers, or the net is unreachable
                .by_name = "postgres://postgres@localhost:" + environment("ASSAY_TEST_POSTGRES_PORT") + "/assay",
                .script = environment("ASSAY_TEST_SERVERS") + "/postgres",
                .folder = environment("ASSAY_TEST_POSTGRES_DIR")},
    };
  }();
  return kSubject;
}

}  // namespace assay::conformance
