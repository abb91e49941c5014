// What systems, runner and exec have in common: pgdistbench's flags, the plan they work on, and which of its entries.
//
// The plan is -m FILE, or the first of main.yaml, main.yml, main.k, main.kcl in the working folder, or stdin. Throws Error.
#pragma once

#include "cli/command.h"
#include "coordinator/agent_client.h"
#include "coordinator/local_agents.h"
#include "plan/plan.h"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::cli {

/// --workdir, --main, --context; with -w, -m, -c for short.
std::span<const OptionSpec> main_options();

/// A command line "VERB [NAME] …", understood, with its plan read.
struct MainWords {
  std::string verb, name;
  Options options{std::span<const OptionSpec>()};
  std::filesystem::path workdir;
  plan::Reading reading;
  const plan::Plan& plan() const { return *reading.plan; }
};
/// nullopt: --help was printed, or the plan has mistakes, which were told; then `code` says which.
std::optional<MainWords> main_words(std::string_view command, std::span<const std::string_view> verbs,
                                    std::span<const std::string> arguments, ExitCode& code);

/// The entry of this name; without one "default", or the only one there is.
template <class Item>
const Item& entry_of(const std::vector<Item>& items, const std::string& name, std::string_view section);
[[noreturn]] void no_entry(const std::vector<std::string>& names, const std::string& name, std::string_view section);

template <class Item>
const Item& entry_of(const std::vector<Item>& items, const std::string& name, std::string_view section) {
  std::vector<std::string> names;
  for (const Item& item : items) {
    if (item.name == (name.empty() ? "default" : name)) return item;
    names.push_back(item.name);
  }
  if (name.empty() && items.size() == 1) return items.front();
  no_entry(names, name, section);
}

/// The systems that a runner puts under load: its own, or those of the benchmarks that it makes the load of.
std::vector<const plan::System*> systems_of(const plan::Plan&, const plan::Runner&);

/// Where the agents of a runner are, and which of them share a system: of the first of each is asked what is done once.
struct RunnerAgents {
  std::vector<std::string> urls, systems;
  std::vector<std::string> targets = {};  // by agent, with passwords: what it is told to work on; empty: its own
  std::string token, ca_file = {};
  std::vector<std::size_t> first_of_each_system() const;
  coordinator::AgentClients clients() const { return {urls, token, ca_file}; }
};
RunnerAgents agents_of(const plan::Plan&, const plan::Runner&, const std::filesystem::path& workdir);

}  // namespace assay::cli
