// assay ui DIR: a page in the browser that starts runs, shows them, and compares past ones.

#include "agent/agent.h"
#include "cli/agents_options.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "core/url.h"

#include <condition_variable>
#include <filesystem>
#include <mutex>

namespace assay::cli {
namespace {

std::span<const OptionSpec> ui_options() {
  static const std::vector<OptionSpec> table = {
      {.name = "listen",
       .default_value = "127.0.0.1:0",
       .help = "HOST:PORT of loopback to serve the page on; port 0 is any that is free"},
      {.name = "target", .default_value = "", .help = "URL of the system under test of runs that name none"},
  };
  return table;
}

/// A mistyped folder is told, and not made with all that leads to it. Whether it is there: else it will be made.
bool require_folder(const std::filesystem::path& folder) {
  std::error_code none;
  if (std::filesystem::is_directory(folder, none)) return true;
  if (std::filesystem::exists(folder, none))
    throw Error(fmt::format("ui: {} is no folder; expected that of the results", folder.string()));
  const std::filesystem::path parent = std::filesystem::absolute(folder).parent_path();
  if (!std::filesystem::is_directory(parent, none))
    throw Error(fmt::format("ui: there is no folder {}, and none {} to make it in; expected that of the results",
                            folder.string(), parent.string()));
  return false;
}

ExitCode carry_out_ui(std::span<const std::string> arguments) {
  const std::span<const OptionSpec> tables[] = {ui_options(), agents_options()};
  const Words words = take_apart(arguments, tables);
  if (words.help) {
    std::fputs(command_help(find_command("ui")).c_str(), stdout);
    return ExitCode::ok;
  }
  Options options{ui_options()}, of_agents{agents_options()};
  Options* const all[] = {&options, &of_agents};
  assign(words, all);
  if (words.positional.size() != 1)
    throw Error(fmt::format("ui: expected the folder of the results, and nothing else; found {} words",
                            words.positional.size()));
  const bool there = require_folder(words.positional.front());
  agent::AgentOptions asked;
  asked.server.listen = options.text("listen");
  asked.folder = words.positional.front();
  asked.defaults.target = options.text("target");
  asked.page = true;
  asked.executor = agents_of(of_agents);
  const SignalWatch signals("a task under way is stopped and its result kept");
  agent::Agent agent(std::move(asked));
  agent.start();
  say("ui: {}/\n", agent.url());
  if (!there) say("the folder {} was not there and was made\n", words.positional.front());
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, signals.token(), [] { return false; });
  agent.stop();
  return ExitCode::ok;
}

}  // namespace

Command ui_command() {
  return {"ui",
          "DIR [options]",
          "Serve a page that starts runs, shows them live, and compares the results of a folder; docs/live-page.md.",
          false,
          {ui_options(), agents_options()},
          carry_out_ui};
}

}  // namespace assay::cli
