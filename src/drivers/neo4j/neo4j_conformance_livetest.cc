#include "drivers/conformance/conformance.h"
#include "drivers/neo4j/neo4j.h"

#include <cstdlib>
#include <iostream>

namespace assay::conformance {
namespace {

TargetSpec at(const std::string& url) { return {.url = url, .options = Options(neo4j_driver().info().options)}; }

constexpr const char* kNeeded[] = {"ASSAY_TEST_NEO4J_URL", "ASSAY_TEST_NEO4J_PORT"};

/// Without a server the whole suite is skipped, and says so.
class NeedsServer : public testing::Environment {
  void SetUp() override {
    for (const char* name : kNeeded)
      if (std::getenv(name) == nullptr) {
        std::cout << "[  SKIPPED ] no server\n";  // what ctest looks for; gtest says it only of single tests
        const std::string why = environment("ASSAY_TEST_NEO4J_URL_MISSING");
        GTEST_SKIP() << (why.empty() ? name + std::string(" is not set") : why);
      }
  }
};
[[maybe_unused]] auto* const kNeedsServer = testing::AddGlobalTestEnvironment(new NeedsServer);

}  // namespace

const Subject& subject() {
  static const Subject kSubject = [] {
    const std::string here = std::string("@127.0.0.1:") + std::getenv("ASSAY_TEST_NEO4J_PORT");
    const std::string user = "bolt://neo4j:correct%20horse";
    return Subject{
        .driver = neo4j_driver(),
        .spec = at(std::getenv("ASSAY_TEST_NEO4J_URL")),
        .unreachable =
            {{"wrong password", at("bolt://neo4j:wrong" + here + "/neo4j"), FailureKind::rejected, "user 'neo4j'"},
             {"no password", at("bolt://" + here.substr(1) + "/neo4j"), FailureKind::rejected, here.substr(1)},
             {"missing database", at(user + here + "/nowhere"), FailureKind::rejected, "database 'nowhere'"},
             {"missing user", at("bolt://nobody:x" + here + "/neo4j"), FailureKind::rejected, "user 'nobody'"},
             {"unknown host", at("neo4j://neo4j@no-such-host.invalid:7687"), FailureKind::disconnected,
              "unknown host 'no-such-host.invalid'"},
             {"refused connection", at("neo4j://neo4j@127.0.0.1:1"), FailureKind::disconnected, "127.0.0.1:1"}},
        .bad_urls = {"neo4j://u@h:1/d?wombat=1", "neo4j://u@h:port/d", "neo4j://u@h:70000/d", "neo4j://u@h/a/b",
                     "neo4j://u@h/d?unwind-rows=0", "neo4j://u@h/d?statement-timeout=soon",
                     "neo4j://u@h/d?ssl-ca=/etc/hostname", "neo4j+s://u@h/d?ssl-ca=/nowhere/at/all",
                     "neo4j+s://u@h/d?ssl-ca=/etc/hostname", "neo4j://u@h/d?password-file=/nowhere/at/all"}};
  }();
  return kSubject;
}

}  // namespace assay::conformance
