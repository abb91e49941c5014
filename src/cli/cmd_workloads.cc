// assay workloads [NAME]: what can be run, and the options of one.

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/help.h"
#include "registry/registry.h"

#include <fmt/ranges.h>

#include <cstdio>

namespace assay::cli {

Command workloads_command() {
  return {"workloads",
          "[WORKLOAD]",
          "List the workloads, or one with its options.",
          false,
          {},
          [](std::span<const std::string> arguments) {
            const Words words = take_apart(arguments, {});
            if (words.help) {
              std::fputs(command_help(find_command("workloads")).c_str(), stdout);
              return ExitCode::ok;
            }
            refuse_mistakes(words.mistakes);
            if (words.positional.size() > 1)
              throw Error(fmt::format("workloads: unexpected word '{}'; expected one workload", words.positional[1]));
            if (!words.positional.empty()) {
              const WorkloadInfo& info = find_workload(words.positional[0]).info();
              std::vector<std::string_view> facets;
              for (const Facet facet : info.facets) facets.push_back(to_string(facet));
              fmt::print("{}: {}\n\nneeds a target with the facet {}\n\noptions:\n{}", info.name, info.summary,
                         fmt::join(facets, " or "), option_lines(info.options));
              return ExitCode::ok;
            }
            for (const WorkloadType* type : all_workloads())
              fmt::print("{:<10} {}\n", type->info().name, type->info().summary);
            return ExitCode::ok;
          }};
}

}  // namespace assay::cli
