// What a plan may name and what only others know: workloads with their options, the options of the command line, drivers.
//
// Whoever reads a plan fills one in from the registry and its own tables, so that a plan's values are checked by the tables
// that own them and there is no second list. Tables are static: what is read points into them.
#pragma once

#include "base/time.h"
#include "core/options.h"
#include "core/workload.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::plan {

struct Catalogue {
  struct Table {
    std::string_view name, summary;
    std::span<const OptionSpec> options;
  };
  std::vector<Table> workloads;
  std::vector<Table> drivers;  // for the schema: which one a URL needs, `driver_of` says
  // Options of the command line, by where they stand in a plan.
  std::span<const OptionSpec> system;     // beside a system's URL: time-outs
  std::span<const OptionSpec> benchmark;  // of a benchmark as a whole: prepare, check, seed
  std::span<const OptionSpec> load;       // of a run: duration, warmup, rate
  std::span<const OptionSpec> group;      // those of `load` that one group may have for itself

  /// The name of the driver of a URL, which is checked. Throws Error.
  std::function<std::string_view(const std::string& url)> driver_of;
  /// Says which options of a load contradict each other or would have no effect.
  std::function<void(const Options& load, std::vector<std::string>& mistakes)> check_load;
  /// The groups of a workload with these options, which are good. Empty: known only when its data is.
  std::function<std::vector<GroupShape>(std::string_view workload, const Options&)> groups_of;
  /// How long a load lasts from its begin, at the longest; Nanos::max() when no time ends it.
  std::function<Nanos(const Options& load)> length_of;
  /// Throws Error when the options of a workload contradict each other.
  std::function<void(std::string_view workload, const Options&)> check_workload;
};

}  // namespace assay::plan
