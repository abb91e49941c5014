// A command of the assay program: one file cmd_NAME.cc each, listed in main.cc.
#pragma once

#include "base/error.h"
#include "core/options.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::cli {

struct Command {
  std::string_view name;
  std::string_view arguments;  // "WORKLOAD --target URL [options]"
  std::string_view summary;
  bool takes_workload = false;  // the first word is a workload, whose options it takes too
  std::vector<std::span<const OptionSpec>> tables;
  ExitCode (*carry_out)(std::span<const std::string> arguments);
  unsigned verbs =
      kAllVerbs;  // which of a workload's verbs it may carry out: other options of its tables are not its own
  std::string details = {};                            // what --help says behind the options
  std::span<const std::string_view> first_words = {};  // of a command whose first word is one of these
};

const std::vector<Command>& all_commands();
const Command& find_command(std::string_view name);  // throws Error

Command prepare_command();
Command run_command();
Command check_command();
Command cleanup_command();
Command report_command();
Command compare_command();
Command history_command();
Command aggregate_command();
Command plan_command();
Command schema_command();
Command generate_command();
Command systems_command();
Command runner_command();
Command exec_command();
Command worker_command();
Command agent_command();
Command ui_command();
Command selftest_command();
Command drivers_command();
Command workloads_command();
Command completion_command();

}  // namespace assay::cli
