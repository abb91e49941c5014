// assay exec results --agents: takes up a run whose coordinator is gone (coordinator/taken_up.h), and reports it as `assay run`
// would have.
#pragma once

#include "base/error.h"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::cli {

struct Collecting {
  std::vector<std::string> addresses;
  std::filesystem::path folder = {};  // instead: of agents that were started for the run; they are stopped behind it
  std::string token = {}, ca_file = {};
  std::string benchmark = {};  // of a plan, whose run it must be
  std::string run = {};        // its ID; "": the one that began last
  std::string result = {};     // file; "": results/ID.json
  bool json = false;
};

/// Throws Error.
ExitCode collect_run(Collecting);

}  // namespace assay::cli
