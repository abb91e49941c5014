// assay completion bash|zsh: shell completion, made from the same tables as --help.

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/help.h"
#include "registry/registry.h"

#include <fmt/ranges.h>

#include <cstdio>
#include <map>

namespace assay::cli {
namespace {

std::vector<std::string> option_words(std::span<const OptionSpec> table, unsigned verbs) {
  std::vector<std::string> words;
  for (const OptionSpec& spec : table)
    if ((spec.verbs & verbs) != 0) words.push_back(fmt::format("--{}", spec.name));
  return words;
}

/// What may follow an option of a command or of a workload ("*": of any): choices of an enumerated one, true and false of a
/// flag, which may also stand alone.
void add_values(std::map<std::string, std::string>& values, std::string_view command, std::string_view workload,
                std::span<const OptionSpec> table) {
  for (const OptionSpec& spec : table) {
    if (spec.type == OptionType::choice)
      values[fmt::format("{},{},--{},*", command, workload, spec.name)] =
          fmt::format("{}", fmt::join(spec.choices, " "));
    if (spec.type == OptionType::flag)
      values[fmt::format("{},{},--{},|{},{},--{},[!-]*", command, workload, spec.name, command, workload, spec.name)] =
          "true false";
  }
}

std::string bash_script() {
  std::vector<std::string_view> commands, workloads, drivers;
  std::vector<std::string> schemes;
  std::map<std::string, std::string> values;
  std::string by_command, by_workload, first_words;
  for (const Command& command : all_commands()) {
    commands.push_back(command.name);
    std::vector<std::string> words{"--help"};
    for (const auto& table : command.tables) {
      for (std::string& word : option_words(table, command.verbs)) words.push_back(std::move(word));
      add_values(values, command.name, "*", table);
    }
    if (!command.first_words.empty())
      first_words += fmt::format("      {}) COMPREPLY=($(compgen -W '{}' -- \"$current\")); return ;;\n", command.name,
                                 fmt::join(command.first_words, " "));
    by_command += fmt::format("    {}) options='{}' ;;\n", command.name, fmt::join(words, " "));
  }
  for (const WorkloadType* type : all_workloads()) {
    workloads.push_back(type->info().name);
    add_values(values, "*", type->info().name, type->info().options);
    for (const Command& command : all_commands())
      if (command.takes_workload)
        by_workload += fmt::format("    {},{}) options+=' {}' ;;\n", command.name, type->info().name,
                                   fmt::join(option_words(type->info().options, command.verbs), " "));
  }
  for (const DriverEntry& entry : all_drivers())
    if (entry.driver != nullptr) {
      drivers.push_back(entry.name);
      for (const std::string_view scheme : entry.driver->info().schemes) schemes.push_back(fmt::format("{}:", scheme));
    }
  std::string by_value;
  for (const auto& [option, words] : values)
    by_value += fmt::format("    {}) COMPREPLY=($(compgen -W '{}' -- \"$current\")); return ;;\n", option, words);
  return fmt::format(R"SH(# assay completion for bash: eval "$(assay completion bash)"
_assay() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}
  local command=${{COMP_WORDS[1]}} workload=${{COMP_WORDS[2]}} options=
  if [ "$COMP_CWORD" = 1 ]; then COMPREPLY=($(compgen -W '{commands}' -- "$current")); return; fi
  case $command,$workload,$previous,$current in
{by_value}    *,--target,*) COMPREPLY=($(compgen -W '{schemes}' -- "$current")); compopt -o nospace; return ;;
    *,--result,*|*,--output,*|*,--main,*|*,-m,*|*,--agent-token-file,*|*,--token-file,*|*,--agent-ca,*)
      COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  case $command in
{by_command}  esac
  if [ "$COMP_CWORD" = 2 ] && [[ $current != -* ]]; then
    case $command in
      prepare|run|check|cleanup|workloads) COMPREPLY=($(compgen -W '{workloads}' -- "$current")); return ;;
      report|compare|history) COMPREPLY=($(compgen -f -- "$current")); return ;;
      drivers) COMPREPLY=($(compgen -W '{drivers}' -- "$current")); return ;;
{first_words}    esac
  fi
  if [ "$command" = plan ] && [[ $current != -* ]]; then COMPREPLY=($(compgen -f -- "$current")); return; fi
  case $command,$workload in
{by_workload}  esac
  COMPREPLY=($(compgen -W "$options" -- "$current"))
}}
complete -o default -F _assay assay
)SH",
                     fmt::arg("commands", fmt::join(commands, " ")), fmt::arg("by_value", by_value),
                     fmt::arg("schemes", fmt::join(schemes, " ")), fmt::arg("by_command", by_command),
                     fmt::arg("workloads", fmt::join(workloads, " ")), fmt::arg("drivers", fmt::join(drivers, " ")),
                     fmt::arg("by_workload", by_workload), fmt::arg("first_words", first_words));
}

constexpr std::string_view kShells[] = {"bash", "zsh"};

ExitCode carry_out_completion(std::span<const std::string> arguments) {
  const Words words = take_apart(arguments, {});
  if (words.help) {
    std::fputs(command_help(find_command("completion")).c_str(), stdout);
    return ExitCode::ok;
  }
  refuse_mistakes(words.mistakes);
  if (words.positional.size() != 1 || (words.positional[0] != "bash" && words.positional[0] != "zsh"))
    throw Error("completion: expected bash or zsh; for example: eval \"$(assay completion bash)\"");
  // zsh reads bash's completions through its own bashcompinit.
  if (words.positional[0] == "zsh")
    std::fputs("autoload -U +X compinit && compinit -u\nautoload -U +X bashcompinit && bashcompinit\n", stdout);
  std::fputs(bash_script().c_str(), stdout);
  return ExitCode::ok;
}

}  // namespace

Command completion_command() {
  return {"completion", "bash|zsh", "Print shell completion, made from the same tables as --help.",
          false,        {},         carry_out_completion,
          kAllVerbs,    {},         kShells};
}

}  // namespace assay::cli
