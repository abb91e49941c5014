#include "cli/plan_main.h"

#include "cli/arguments.h"
#include "cli/help.h"
#include "cli/plan_catalogue.h"
#include "cli/plan_runs.h"
#include "cli/terminal.h"
#include "cli/token.h"
#include "coordinator/fleet.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace assay::cli {
namespace {

std::vector<std::string> in_long_form(std::span<const std::string> arguments) {
  constexpr std::pair<std::string_view, std::string_view> kShort[] = {
      {"-w", "--workdir"}, {"-m", "--main"}, {"-c", "--context"}};
  std::vector<std::string> out;
  for (const std::string& word : arguments) {
    const auto known =
        std::find_if(std::begin(kShort), std::end(kShort), [&](const auto& s) { return s.first == word; });
    out.push_back(known == std::end(kShort) ? word : std::string(known->second));
  }
  return out;
}

std::string main_file(const Options& options) {
  if (options.given("main")) return options.text("main");
  for (const char* name : {"main.yaml", "main.yml", "main.k", "main.kcl"})
    if (const auto path = std::filesystem::path(options.text("workdir")) / name; std::filesystem::exists(path))
      return path.string();
  return "-";
}

}  // namespace

std::span<const OptionSpec> main_options() {
  static const std::vector<OptionSpec> table = {
      {.name = "workdir", .default_value = ".", .help = "-w: folder of the plan, and of .assay, the state of runners"},
      {.name = "main",
       .default_value = "",
       .help = "-m: the plan, - for stdin; without it main.yaml, main.yml, main.k or main.kcl of the folder, or stdin"},
      {.name = "context", .default_value = "", .help = "-c: context of kubectl; of Kubernetes only"}};
  return table;
}

std::optional<MainWords> main_words(std::string_view command, std::span<const std::string_view> verbs,
                                    std::span<const std::string> arguments, ExitCode& code) {
  const Command& self = find_command(command);
  const std::vector<std::string> in_full = in_long_form(arguments);
  Words words = take_apart(in_full, self.tables);
  if (words.help) {
    std::fputs(command_help(self).c_str(), stdout);
    code = ExitCode::ok;
    return std::nullopt;
  }
  MainWords out;
  out.options = Options(self.tables.front());
  if (!words.positional.empty()) out.verb = words.positional[0];
  if (words.positional.size() > 1) out.name = words.positional[1];
  if (std::find(verbs.begin(), verbs.end(), out.verb) == verbs.end())
    words.mistakes.push_back(
        out.verb.empty()
            ? fmt::format("{}: what is to be done is missing; expected one of {}", command, fmt::join(verbs, ", "))
            : fmt::format("{}: unknown word '{}'; expected one of {}", command, out.verb, fmt::join(verbs, ", ")));
  for (std::size_t i = 2; i < words.positional.size(); i++)
    words.mistakes.push_back(fmt::format("{} {}: unexpected word '{}'", command, out.verb, words.positional[i]));
  Options* const all[] = {&out.options};
  assign(words, all);
  if (out.options.given("context"))
    throw Error(
        "--context has no effect: this build does nothing in Kubernetes; expected static systems, and process "
        "or static runners");
  out.workdir = out.options.text("workdir");
  if (std::error_code none; !std::filesystem::is_directory(out.workdir, none))
    throw Error(fmt::format("{}: --workdir: there is no folder {}", command, out.workdir.string()));
  out.reading = plan::read_plan(main_file(out.options), plan_catalogue(), from_environment);
  for (const plan::Mistake& mistake : out.reading.mistakes.sorted()) say("{}\n", out.reading.mistakes.line(mistake));
  if (out.reading.plan) return out;
  code = ExitCode::usage;
  return std::nullopt;
}

void no_entry(const std::vector<std::string>& names, const std::string& name, std::string_view section) {
  if (names.empty()) throw Error(fmt::format("the plan has no {}", section));
  throw Error(name.empty() ? fmt::format("which of the {} is meant is missing; expected one of {}", section,
                                         fmt::join(names, ", "))
                           : fmt::format("the plan has no '{}' among its {}; expected one of {}", name, section,
                                         fmt::join(names, ", ")));
}

std::vector<const plan::System*> systems_of(const plan::Plan& plan, const plan::Runner& runner) {
  std::vector<std::size_t> indices = runner.systems;
  if (indices.empty())
    for (const plan::Benchmark& benchmark : plan.benchmarks)
      if (benchmark.runner && &plan.runners[*benchmark.runner] == &runner)
        for (const std::size_t system : benchmark.systems)
          if (std::find(indices.begin(), indices.end(), system) == indices.end()) indices.push_back(system);
  std::vector<const plan::System*> out;
  out.reserve(indices.size());
  for (const std::size_t system : indices) out.push_back(&plan.systems[system]);
  return out;
}

std::vector<std::size_t> RunnerAgents::first_of_each_system() const {
  std::vector<std::size_t> out;
  for (std::size_t a = 0; a < systems.size(); a++)
    if (std::find(systems.begin(), systems.begin() + static_cast<std::ptrdiff_t>(a), systems[a]) ==
        systems.begin() + static_cast<std::ptrdiff_t>(a))
      out.push_back(a);
  return out;
}

RunnerAgents agents_of(const plan::Plan& plan, const plan::Runner& runner, const std::filesystem::path& workdir) {
  RunnerAgents out;
  if (runner.kind == plan::Runner::Kind::kubernetes)
    throw Error(fmt::format(
        "the runner {} is of pods, which this build has nothing to do with; expected process or static", runner.name));
  if (runner.kind == plan::Runner::Kind::static_) {
    // In turn, as many for each system as there are; without a system, whatever they were started with, taken as one.
    const std::vector<const plan::System*> systems = systems_of(plan, runner);
    if (systems.size() > runner.addresses.size())
      throw Error(fmt::format("the runner {} has {} agents for {} systems; expected one for each, at least",
                              runner.name, runner.addresses.size(), systems.size()));
    for (std::size_t a = 0; a < runner.addresses.size(); a++) {
      out.urls.push_back(coordinator::agent_url(runner.addresses[a]));
      out.systems.push_back(systems.empty() ? "" : systems[a % systems.size()]->name);
      out.targets.push_back(systems.empty() ? "" : url_with_password(*systems[a % systems.size()]));
    }
    out.token = token_of(runner);
    out.ca_file = runner.ca_file;
    return out;
  }
  const coordinator::LocalAgents started(workdir, runner.name);
  for (const coordinator::LocalAgent& agent : started.all()) {
    out.urls.push_back(agent.url);
    out.systems.push_back(agent.system);
  }
  out.token = token_of("");
  if (out.urls.empty())
    throw Error(
        fmt::format("the runner {} has no agents; 'assay runner apply {}' starts them", runner.name, runner.name));
  return out;
}

}  // namespace assay::cli
