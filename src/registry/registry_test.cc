#include "registry/registry.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string refusal(std::string_view url, std::span<const DriverEntry> among) {
  try {
    find_driver(url, among);
  } catch (const Error& error) {
    return error.what();
  }
  return "it was taken";
}

TEST(Registry, a_driver_is_found_by_each_of_its_schemes) {
  for (const DriverEntry& entry : all_drivers()) {
    if (entry.driver == nullptr) continue;
    EXPECT_EQ(entry.name, entry.driver->info().name);
    EXPECT_EQ(entry.schemes, entry.driver->info().schemes) << entry.name;
    for (const std::string_view scheme : entry.schemes)
      EXPECT_EQ(&find_driver(std::string(scheme) + ":x"), entry.driver) << scheme;
  }
}

TEST(Registry, a_url_of_a_driver_that_was_not_built_names_the_package_to_install) {
  std::vector<DriverEntry> none = all_drivers();
  for (DriverEntry& entry : none) entry.driver = nullptr;
  for (const auto& [url, package] : {std::pair{"mariadb://u:secret@h/d", "libmariadb-dev"},
                                     {"mysql://u@h/d", "libmariadb-dev"},
                                     {"neo4j+s://u:secret@h/d", "libssl-dev"},
                                     {"bolt://u@h/d", "libssl-dev"},
                                     {"postgres://u@h/d", "libpq-dev libssl-dev"},
                                     {"postgresql://u@h/d", "libpq-dev libssl-dev"},
                                     {"sqlite:bench.db", "libsqlite3-dev"}})
    EXPECT_THAT(refusal(url, none), AllOf(HasSubstr(std::string("apt install ") + package + ", and build it again"),
                                          Not(HasSubstr("secret"))));
  EXPECT_THAT(refusal("oracle://u@h/d", all_drivers()),
              HasSubstr("no driver for 'oracle:'; expected for example null:"));
}

}  // namespace
}  // namespace assay
