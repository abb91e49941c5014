#include "cli/plan_catalogue.h"

#include "base/error.h"
#include "cli/command.h"
#include "core/schedule.h"
#include "job/load_options.h"
#include "job/setup.h"
#include "registry/registry.h"

#include <algorithm>
#include <cstdlib>

namespace assay::cli {
namespace {

using Names = std::vector<std::string_view>;

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<OptionSpec> without(std::span<const OptionSpec> table, const Names& names) {
  std::vector<OptionSpec> out;
  for (const OptionSpec& spec : table)
    if (!contains(names, spec.name)) out.push_back(spec);
  return out;
}

std::vector<OptionSpec> of_run(const Names& names) {
  std::vector<OptionSpec> out;
  for (const auto& table : find_command("run").tables)
    for (const OptionSpec& spec : table)
      if (contains(names, spec.name)) out.push_back(spec);
  return out;
}

std::string_view driver_of(const std::string& url) {
  const Driver& driver = find_driver(url);
  driver.open({.url = url, .options = Options(driver.info().options)});  // checks, and talks to nobody
  return driver.info().name;
}

void check_load(const Options& load, std::vector<std::string>& mistakes) {
  require_of_load(load, mistakes);
  if (load.count("clients") > 0 && load.count("sessions") > load.count("clients"))
    mistakes.push_back(
        fmt::format("--sessions is {} with {} clients, each of which uses one at a time; expected at most as many",
                    load.count("sessions"), load.count("clients")));
  try {
    Schedule::parse(load.text("rate"), load.text("arrival"), load.text("think-time"), Nanos(0));
  } catch (const Error& error) {
    mistakes.emplace_back(error.what());
  }
}

/// From the first operation: ramp-up, warmup, measure.
Nanos length_of(const Options& load) {
  if (!load.text("find-max").empty()) return Nanos::max();  // as many steps as it takes
  const Nanos measured = measured_time(load);
  return measured == Nanos::max() ? measured : load.duration("ramp-up") + load.duration("warmup") + measured;
}

std::vector<GroupShape> groups_of(std::string_view workload, const Options& options) {
  for (const WorkloadType* type : all_workloads())
    if (type->info().name == workload) return type->make(options)->shape();
  return {};
}

}  // namespace

const plan::Catalogue& plan_catalogue() {
  static const std::vector<OptionSpec> system = without(target_options(), {"target"});
  static const std::vector<OptionSpec> benchmark =
      of_run({"prepare", "check", "cleanup", "strict", "seed", "parallel"});
  static const std::vector<OptionSpec> load =
      without(load_options(), {"fail-if", "abort-if"});  // lists, under thresholds
  static const std::vector<OptionSpec> group = of_run({"clients", "sessions", "rate", "arrival", "think-time"});
  static const plan::Catalogue catalogue = [] {
    plan::Catalogue made;
    for (const WorkloadType* type : all_workloads())
      made.workloads.push_back({type->info().name, type->info().summary, type->info().options});
    for (const DriverEntry& entry : all_drivers())
      if (entry.driver != nullptr)
        made.drivers.push_back({entry.name, entry.driver->info().summary, entry.driver->info().options});
    made.system = system;
    made.benchmark = benchmark;
    made.load = load;
    made.group = group;
    made.driver_of = driver_of;
    made.check_load = check_load;
    made.groups_of = groups_of;
    made.length_of = length_of;
    made.check_workload = [](std::string_view workload, const Options& options) {
      for (const WorkloadType* type : all_workloads())
        if (type->info().name == workload) type->make(options);
    };
    return made;
  }();
  return catalogue;
}

std::optional<std::string> from_environment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace assay::cli
