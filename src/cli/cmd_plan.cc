// assay plan lint|show|schema|run: plans, before anything is done with them, and carried out.

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/plan_catalogue.h"
#include "cli/plan_run.h"
#include "cli/terminal.h"
#include "plan/plan.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace assay::cli {
namespace {

std::span<const OptionSpec> plan_options() {
  static const std::vector<OptionSpec> table = {
      {.name = "format",
       .type = OptionType::choice,
       .default_value = "json",
       .help = "of the schema: JSON Schema, a KCL package, or tables for people",
       .choices = {"json", "kcl", "markdown"}},
      {.name = "results",
       .default_value = "",
       .help = "of a run: folder of the results; without it one of its own in results/"},
      {.name = "only", .default_value = "", .help = "of a run: this benchmark; without it all of the plan"},
      {.name = "quiet",
       .type = OptionType::flag,
       .default_value = "false",
       .help = "of a run: no progress and no live panel"}};
  return table;
}

/// Tells what is wrong with a plan, and notes.
plan::Reading read(const std::string& file) {
  plan::Reading reading = plan::read_plan(file, plan_catalogue(), from_environment);
  for (const plan::Mistake& mistake : reading.mistakes.sorted()) say("{}\n", reading.mistakes.line(mistake));
  return reading;
}

std::string counted(std::size_t n, std::string_view what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

constexpr std::string_view kPlanVerbs[] = {"lint", "show", "schema", "run"};

ExitCode lint(std::span<const std::string> files) {
  ExitCode code = ExitCode::ok;
  for (const std::string& file : files) {
    const plan::Reading reading = read(file);
    if (!reading.plan) {
      code = ExitCode::usage;
      continue;
    }
    const plan::Plan& plan = *reading.plan;
    fmt::print("{}: good: {}, {}, {}\n", file, counted(plan.systems.size(), "system"),
               counted(plan.runners.size(), "runner"), counted(plan.benchmarks.size(), "benchmark"));
  }
  return code;
}

ExitCode show(const std::string& file) {
  const plan::Reading reading = read(file);
  if (!reading.plan) return ExitCode::usage;
  std::fputs(plan::show_plan(*reading.checked).c_str(), stdout);
  return ExitCode::ok;
}

ExitCode run(const std::string& file, const Options& options) {
  const plan::Reading reading = read(file);
  if (!reading.plan) return ExitCode::usage;
  return run_plan(*reading.plan, {.name = file == "-" ? "plan" : std::filesystem::path(file).stem().string(),
                                  .results = options.text("results"),
                                  .only = options.text("only"),
                                  .quiet = options.flag("quiet")});
}

ExitCode schema(const std::string& format) {
  const plan::Schema schema(plan_catalogue());
  const std::string text = format == "kcl"        ? plan::kcl_schema(schema)
                           : format == "markdown" ? plan::schema_tables(schema)
                                                  : plan::json_schema(schema);
  std::fputs(text.c_str(), stdout);
  return ExitCode::ok;
}

ExitCode carry_out_plan(std::span<const std::string> arguments) {
  const std::span<const OptionSpec> tables[] = {plan_options()};
  Words words = take_apart(arguments, tables);
  if (words.help) {
    std::fputs(command_help(find_command("plan")).c_str(), stdout);
    return ExitCode::ok;
  }
  Options options(plan_options());
  Options* const all[] = {&options};
  const std::string verb = words.positional.empty() ? "" : words.positional[0];
  const std::size_t files = words.positional.empty() ? 0 : words.positional.size() - 1;
  constexpr std::string_view kWords = "lint, show, schema or run";
  if (std::find(std::begin(kPlanVerbs), std::end(kPlanVerbs), verb) == std::end(kPlanVerbs))
    words.mistakes.push_back(verb.empty() ? fmt::format("plan: what is to be done is missing; expected {}", kWords)
                                          : fmt::format("plan: unknown word '{}'; expected {}", verb, kWords));
  if (verb == "lint" && files == 0)
    words.mistakes.push_back("plan lint: the file is missing; expected one or more, or - for stdin");
  if ((verb == "show" || verb == "run") && files != 1)
    words.mistakes.push_back(fmt::format("plan {}: {} files; expected one, or - for stdin", verb, files));
  if (verb == "schema" && files != 0)
    words.mistakes.push_back(fmt::format("plan schema: unexpected word '{}'", words.positional[1]));
  assign(words, all);
  for (const OptionSpec& spec : plan_options())
    if (const std::string_view of = spec.name == "format" ? "schema" : "run"; verb != of && options.given(spec.name))
      throw Error(fmt::format("plan {}: --{} has no effect; it is of plan {}", verb, spec.name, of));
  const std::span<const std::string> rest = std::span(words.positional).subspan(1);
  if (verb == "lint") return lint(rest);
  if (verb == "run") return run(rest[0], options);
  return verb == "show" ? show(rest[0]) : schema(options.text("format"));
}

}  // namespace

Command plan_command() {
  return {"plan",
          "lint FILE... | show FILE | schema [--format json|kcl|markdown] | run FILE [options]",
          "Check a plan, show it as it is understood, print what a plan may have, or carry it out.",
          false,
          {plan_options()},
          carry_out_plan,
          kAllVerbs,
          "A plan is YAML, JSON or KCL (.k); - is YAML on stdin. docs/plans.md is the reference.\n",
          kPlanVerbs};
}

}  // namespace assay::cli
