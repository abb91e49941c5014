#include "cli/help.h"

#include "registry/registry.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace assay::cli {

std::string option_lines(std::span<const OptionSpec> all, unsigned verbs) {
  std::vector<OptionSpec> table;
  std::copy_if(all.begin(), all.end(), std::back_inserter(table),
               [verbs](const OptionSpec& spec) { return (spec.verbs & verbs) != 0; });
  std::size_t width = 0;
  std::vector<std::string> left;
  for (const OptionSpec& spec : table) {
    const std::string value = spec.type == OptionType::flag ? "" : placeholder(spec);
    left.push_back(fmt::format("--{} {}", spec.name, spec.alone.empty() ? value : "[" + value + "]"));
    if (left.back().size() <= 34) width = std::max(width, left.back().size());
  }
  std::string out;
  for (std::size_t i = 0; i < table.size(); i++) {
    const OptionSpec& spec = table[i];
    const std::string default_text = spec.default_value.empty() ||
                                             (spec.type == OptionType::flag && spec.default_value == "false") ||
                                             spec.help.find("ithout it") != std::string_view::npos
                                         ? ""
                                         : fmt::format(" (default {})", spec.default_value);
    if (left[i].size() > width)
      out += fmt::format("  {}\n  {:{}}  {}{}\n", left[i], "", width, spec.help, default_text);
    else
      out += fmt::format("  {:{}}  {}{}\n", left[i], width, spec.help, default_text);
  }
  return out;
}

std::string program_help() {
  std::string out =
      "assay puts data systems to the test: provision it, load it, break it, prove what happened, compare.\n\n"
      "usage: assay COMMAND ...\n\ncommands:\n";
  for (const Command& command : all_commands()) out += fmt::format("  {:<11} {}\n", command.name, command.summary);
  out +=
      "\n'assay COMMAND --help' tells more. Exit codes: 0 ok, 2 usage, 3 target unreachable, 4 thresholds failed, 5 "
      "run invalid,\n"
      "6 check failed, 7 output failed, 8 environment differs, 130 interrupted (docs/exit-codes.md).\n\n"
      "  assay run tpcc --target sqlite:tpcc.db --prepare --check --duration 15s\n"
      "  assay run tpcc --target postgres://user@host/database --warehouses 10 --prepare --check --duration 5m\n";
  return out;
}

std::string command_help(const Command& command, const WorkloadType* workload) {
  std::string out = fmt::format("usage: assay {} {}\n\n{}\n", command.name, command.arguments, command.summary);
  if (!command.tables.empty()) out += "\noptions:\n";
  for (const auto& table : command.tables) out += option_lines(table, command.verbs);
  if (!command.details.empty()) out += "\n" + command.details;
  if (workload != nullptr) {
    out += fmt::format("\noptions of the workload {}:\n{}", workload->info().name,
                       option_lines(workload->info().options, command.verbs));
  } else if (command.takes_workload) {
    std::vector<std::string_view> names;
    for (const WorkloadType* type : all_workloads()) names.push_back(type->info().name);
    out += fmt::format("\nWORKLOAD is one of {}; 'assay workloads WORKLOAD' lists its own options.\n",
                       fmt::join(names, ", "));
  }
  return out;
}

}  // namespace assay::cli
