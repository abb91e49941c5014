// --help, made from the tables.
#pragma once

#include "cli/command.h"
#include "core/workload.h"

#include <string>

namespace assay::cli {

std::string program_help();
/// With the workload's own options, when it is given.
std::string command_help(const Command&, const WorkloadType* workload = nullptr);
/// A table of options as lines: name, placeholder, default, help. Only those that have an effect in one of the verbs.
std::string option_lines(std::span<const OptionSpec>, unsigned verbs = kAllVerbs);

}  // namespace assay::cli
