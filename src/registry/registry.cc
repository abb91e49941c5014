#include "registry/registry.h"

#include "base/error.h"
#include "core/url.h"
#include "drivers/null/null.h"
#include "drivers/sqlite/sqlite.h"
#include "workloads/kv/kv.h"
#ifdef ASSAY_HAVE_DRIVER_MYSQL
#include "drivers/mysql/mysql.h"
#endif
#ifdef ASSAY_HAVE_DRIVER_POSTGRES
#include "drivers/postgres/postgres.h"
#endif
#ifdef ASSAY_HAVE_WORKLOAD_TPCC
#include "workloads/tpcc/tpcc.h"
#endif

#include <fmt/ranges.h>

#include <algorithm>

namespace assay {

const std::vector<DriverEntry>& all_drivers() {
  static const std::vector<DriverEntry> drivers = {
      {"null", &null_driver(), ""},
      {"sqlite", &sqlite_driver(), "libsqlite3-dev"},
#ifdef ASSAY_HAVE_DRIVER_POSTGRES
      {"postgres", &postgres_driver(), "libpq-dev libssl-dev"},
#else
      {"postgres", nullptr, "libpq-dev libssl-dev"},
#endif
#ifdef ASSAY_HAVE_DRIVER_MYSQL
      {"mysql", &mysql_driver(), "libmariadb-dev"},
#else
      {"mysql", nullptr, "libmariadb-dev"},
#endif
  };
  return drivers;
}

const std::vector<const WorkloadType*>& all_workloads() {
  static const std::vector<const WorkloadType*> workloads = {
      &kv_workload(),
#ifdef ASSAY_HAVE_WORKLOAD_TPCC
      &tpcc_workload(),
#endif
  };
  return workloads;
}

const Driver& find_driver(std::string_view text) {
  const std::string scheme = parse_url(text).scheme;
  std::vector<std::string_view> examples;
  for (const DriverEntry& entry : all_drivers()) {
    if (entry.driver == nullptr) {
      if (scheme.starts_with(entry.name))
        throw Error(fmt::format("{}: this assay was built without the {} driver; install {} and build again",
                                without_secrets(text), entry.name, entry.package));
      continue;
    }
    const auto& schemes = entry.driver->info().schemes;
    if (std::find(schemes.begin(), schemes.end(), scheme) != schemes.end()) return *entry.driver;
    examples.push_back(entry.driver->info().example);
  }
  throw Error(fmt::format("{}: no driver for '{}:'; expected for example {}", without_possible_secrets(text), scheme,
                          fmt::join(examples, ", ")));
}

const WorkloadType& find_workload(std::string_view name) {
  std::vector<std::string_view> names;
  for (const WorkloadType* type : all_workloads()) {
    if (type->info().name == name) return *type;
    names.push_back(type->info().name);
  }
  const std::string_view nearest = nearest_name(names, name);
  throw Error(fmt::format("unknown workload '{}'; {}there are {}", without_secrets(name),
                          nearest.empty() ? "" : fmt::format("did you mean '{}'? ", nearest), fmt::join(names, ", ")));
}

}  // namespace assay
