#include "drivers/conformance/conformance.h"
#include "drivers/mongodb/mongodb.h"

#include <cstdlib>
#include <iostream>

namespace assay::conformance {
namespace {

TargetSpec at(const std::string& url) { return {.url = url, .options = Options(mongodb_driver().info().options)}; }

constexpr const char* kNeeded[] = {"ASSAY_TEST_MONGODB_URL", "ASSAY_TEST_MONGODB_PORT"};

/// Without a server the whole suite is skipped, and says so.
class NeedsServer : public testing::Environment {
  void SetUp() override {
    if (const std::string why = environment("ASSAY_TEST_MONGODB_URL_MISSING"); !why.empty()) {
      std::cout << "[  SKIPPED ] no server\n";
      GTEST_SKIP() << why;
    }
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
    return Subject{.driver = mongodb_driver(),
                   .spec = at(environment("ASSAY_TEST_MONGODB_URL")),
                   .unreachable = {{"unknown host", at("mongodb://no-such-host.invalid:27017/assay"),
                                    FailureKind::disconnected, "unknown host 'no-such-host.invalid'"},
                                   {"refused connection", at("mongodb://127.0.0.1:1/assay"), FailureKind::disconnected,
                                    "127.0.0.1:1"}},
                   .bad_urls = {"mongodb://h:1/d?wombat=1", "mongodb://h:port/d", "mongodb://h", "mongodb://h/d?w=0",
                                "mongodb://h/d?decimals=double", "mongodb://h/d?tls=true&tlsCAFile=/nowhere/at/all",
                                "mongodb://u@h/d?password-file=/nowhere/at/all", "mysql://h/d", ""}};
  }();
  return kSubject;
}

}  // namespace assay::conformance
