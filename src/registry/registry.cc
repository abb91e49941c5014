#include "registry/registry.h"

#include "base/error.h"
#include "core/url.h"
#include "drivers/files/files.h"
#include "drivers/null/null.h"
#include "drivers/sqlite/sqlite.h"
#include "workloads/kv/kv.h"
#include "workloads/populate/populate.h"
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
#ifdef ASSAY_HAVE_DRIVER_POSTGRES
  const Driver* const postgres = &postgres_driver();
#else
  const Driver* const postgres = nullptr;
#endif
#ifdef ASSAY_HAVE_DRIVER_MYSQL
  const Driver* const mysql = &mysql_driver();
#else
  const Driver* const mysql = nullptr;
#endif
  static const std::vector<DriverEntry> drivers = {
      {"null", &null_driver(), "", {"null"}},
      {"sqlite", &sqlite_driver(), "libsqlite3-dev", {"sqlite"}},
      {"postgres", postgres, "libpq-dev libssl-dev", {"postgres", "postgresql"}},
      {"mysql", mysql, "libmariadb-dev", {"mysql", "mariadb"}},
      {"csv", &csv_driver(), "", {"csv"}},
      {"jsonl", &jsonl_driver(), "", {"jsonl"}},
  };
  return drivers;
}

const std::vector<const WorkloadType*>& all_workloads() {
  static const std::vector<const WorkloadType*> workloads = {
      &kv_workload(),
      &populate_workload(),
#ifdef ASSAY_HAVE_WORKLOAD_TPCC
      &tpcc_workload(),
#endif
  };
  return workloads;
}

const Driver& find_driver(std::string_view text, std::span<const DriverEntry> among) {
  const std::string scheme = parse_url(text).scheme;
  std::vector<std::string_view> examples;
  for (const DriverEntry& entry : among) {
    if (std::find(entry.schemes.begin(), entry.schemes.end(), scheme) != entry.schemes.end()) {
      if (entry.driver != nullptr) return *entry.driver;
      throw Error(fmt::format("{}: this assay was built without the {} driver: apt install {}, and build it again",
                              without_secrets(text), entry.name, entry.package));
    }
    if (entry.driver != nullptr) examples.push_back(entry.driver->info().example);
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
