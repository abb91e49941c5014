// The suite on FerretDB, which has users; without part store, since it takes no arrays of arrays.
#include "drivers/conformance/conformance.h"
#include "drivers/mongodb/mongodb.h"

#include <cstdlib>
#include <iostream>

namespace assay::conformance {
namespace {

TargetSpec at(const std::string& url) { return {.url = url, .options = Options(mongodb_driver().info().options)}; }

constexpr const char* kNeeded[] = {"ASSAY_TEST_FERRETDB_URL", "ASSAY_TEST_FERRETDB_PORT"};

/// Without a server the whole suite is skipped, and says so.
class NeedsServer : public testing::Environment {
  void SetUp() override {
    if (const std::string why = environment("ASSAY_TEST_FERRETDB_URL_MISSING"); !why.empty()) {
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
    const std::string here = "@127.0.0.1:" + environment("ASSAY_TEST_FERRETDB_PORT") + "/assay";
    return Subject{
        .driver = mongodb_driver(),
        .spec = at(environment("ASSAY_TEST_FERRETDB_URL")),
        .unreachable = {{"wrong password", at("mongodb://assay:wrong" + here), FailureKind::rejected, "user 'assay'"},
                        {"missing user", at("mongodb://nobody_of_us:x" + here), FailureKind::rejected, "nobody_of_us"}},
        .bad_urls = {}};
  }();
  return kSubject;
}

}  // namespace assay::conformance
