// assay drivers [NAME]: what this build can talk to, and what is missing for the rest.

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/help.h"
#include "core/url.h"
#include "registry/registry.h"

#include <fmt/ranges.h>

#include <cstdio>

namespace assay::cli {
namespace {

void print_driver(const DriverInfo& info) {
  std::vector<std::string_view> facets;
  for (const Facet facet : info.facets) facets.push_back(to_string(facet));
  fmt::print("{}: {}\n\nURL      {}\nfacets   {}\nsessions {}\n\noptions, in the URL's query (?NAME=VALUE&…):\n{}",
             info.name, info.summary, info.example, fmt::join(facets, ", "),
             info.waiting == Waiting::fiber ? "many on one thread" : "a thread each", option_lines(info.options));
}

}  // namespace

Command drivers_command() {
  return {
      "drivers",
      "[DRIVER]",
      "List the drivers of this build, or one with its options.",
      false,
      {},
      [](std::span<const std::string> arguments) {
        const Words words = take_apart(arguments, {});
        if (words.help) {
          std::fputs(command_help(find_command("drivers")).c_str(), stdout);
          return ExitCode::ok;
        }
        refuse_mistakes(words.mistakes);
        if (words.positional.size() > 1)
          throw Error(fmt::format("drivers: unexpected word '{}'; expected one driver", words.positional[1]));
        std::vector<std::string_view> names;
        for (const DriverEntry& entry : all_drivers()) {
          names.push_back(entry.name);
          if (!words.positional.empty()) {
            if (entry.name != words.positional[0]) continue;
            if (entry.driver == nullptr)
              throw Error(fmt::format("the driver {} is not in this build; install {} and build again", entry.name,
                                      entry.package));
            print_driver(entry.driver->info());
            return ExitCode::ok;
          }
          if (entry.driver != nullptr)
            fmt::print("{:<10} {:<42} {}\n", entry.name, entry.driver->info().example, entry.driver->info().summary);
          else
            fmt::print("{:<10} not in this build: install {} and build again\n", entry.name, entry.package);
        }
        if (words.positional.empty()) return ExitCode::ok;
        const std::string_view nearest = nearest_name(names, words.positional[0]);
        throw Error(fmt::format("unknown driver '{}'; {}there are {}", without_possible_secrets(words.positional[0]),
                                nearest.empty() ? "" : fmt::format("did you mean '{}'? ", nearest),
                                fmt::join(names, ", ")));
      }};
}

}  // namespace assay::cli
