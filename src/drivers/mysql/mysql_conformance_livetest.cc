#include "drivers/conformance/conformance.h"
#include "drivers/mysql/mysql.h"

#include <cstdlib>
#include <iostream>

namespace assay::conformance {
namespace {

TargetSpec at(const std::string& url) { return {.url = url, .options = Options(mysql_driver().info().options)}; }

void cut_off(Target& target, Session& session) {
  const std::int64_t id = *must(session.query()->run("select connection_id()"))->integer(0, 0);
  const Value arguments[] = {id};
  const auto other = must(target.connect());
  must(other->query()->run("kill $1", arguments));
  constexpr const char* kGone = "select count(*) from information_schema.processlist where id = $1";
  while (must(other->query()->run(kGone, arguments))->integer(0, 0) != 0) {
  }
}

constexpr const char* kNeeded[] = {"ASSAY_TEST_MARIADB_URL", "ASSAY_TEST_MARIADB_PORT"};

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
    const std::string here = std::string("@127.0.0.1:") + std::getenv("ASSAY_TEST_MARIADB_PORT");
    return Subject{
        .driver = mysql_driver(),
        .spec = at(std::getenv("ASSAY_TEST_MARIADB_URL")),
        .unreachable =
            {{"wrong password", at("mysql://assay_password:wrong" + here + "/assay"), FailureKind::rejected,
              "user 'assay_password'"},
             {"missing database", at("mysql://assay" + here + "/nowhere"), FailureKind::rejected, "database 'nowhere'"},
             {"missing user", at("mysql://nobody_of_us" + here + "/assay"), FailureKind::rejected, "nobody_of_us"},
             {"unknown host", at("mysql://assay@no-such-host.invalid:3306/assay"), FailureKind::disconnected,
              "unknown host 'no-such-host.invalid'"},
             {"refused connection", at("mysql://assay@127.0.0.1:1/assay"), FailureKind::disconnected, "127.0.0.1:1"}},
        .bad_urls = {"mysql://u@h:1/d?wombat=1", "mysql://u@h:port/d", "mysql://u@h/d?load=fast", "mysql://u@h",
                     "mysql://u@h/d?insert-rows=0", "mysql://u@h/d?insert-rows=5", "mysql://u@h/d?pipeline",
                     "mysql://u@h:70000/d", "mysql://u@h/d?ssl-ca=/etc/hostname",
                     "mysql://u@h/d?password-file=/nowhere/at/all"},
        .cut_off = cut_off,
        .server =
            ServerUnderTest{
                .own_id = "select connection_id()",
                .kill = "kill $1",
                .is_there = "select count(*) from information_schema.processlist where id = $1",
                .is_asleep =
                    "select count(*) from information_schema.processlist where id = $1 and state = 'User sleep'",
                .sleep = "select sleep(60)",
                .slow_add = "update conf_pairs set n = n + 1 where id = $1 and sleep(60) = 0",
                .wait_for_locks = "set innodb_lock_wait_timeout = 20",
                .timeout_code = "1969",
                .silent = "mysql://u@192.0.2.1:3306/d",  // TEST-NET-1: nobody answers, or the net is unreachable
                .by_name = "mysql://assay@localhost:" + environment("ASSAY_TEST_MARIADB_PORT") + "/assay",
                .script = environment("ASSAY_TEST_SERVERS") + "/mariadb",
                .folder = environment("ASSAY_TEST_MARIADB_DIR")},
    };
  }();
  return kSubject;
}

}  // namespace assay::conformance
