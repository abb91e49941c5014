// assay aggregate: the reports of workers, as one.

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/help.h"
#include "deploy/aggregate.h"

#include <cstdio>

namespace assay::cli {
namespace {

std::span<const OptionSpec> aggregate_options() {
  static const std::vector<OptionSpec> table = {
      {.name = "results-dir", .default_value = "", .help = "folder with the workers' reports, *.json"},
      {.name = "output-format",
       .type = OptionType::choice,
       .default_value = "table",
       .help = "how it is shown on stdout",
       .choices = {"json", "table", "markdown"}},
      {.name = "expect-workers",
       .default_value = "",
       .help = "how many workers there should be, or their names separated by ',': those without a report are named"},
  };
  return table;
}

deploy::AggregateFormat aggregate_format(const std::string& name) {
  if (name == "json") return deploy::AggregateFormat::json;
  return name == "table" ? deploy::AggregateFormat::table : deploy::AggregateFormat::markdown;
}

ExitCode carry_out_aggregate(std::span<const std::string> arguments) {
  const std::span<const OptionSpec> tables[] = {aggregate_options()};
  Words words = take_apart(arguments, tables);
  if (words.help) {
    std::fputs(command_help(find_command("aggregate")).c_str(), stdout);
    return ExitCode::ok;
  }
  Options options{aggregate_options()};
  Options* const all[] = {&options};
  for (const std::string& word : words.positional)
    words.mistakes.push_back(fmt::format("aggregate: unexpected word '{}'; expected options only", word));
  assign(words, all);
  const std::string folder = options.text("results-dir");
  if (folder.empty()) throw Error("aggregate: --results-dir is missing; expected the folder with the workers' reports");
  const auto expected = deploy::ExpectedWorkers::parse(options.text("expect-workers"));
  const deploy::Aggregate aggregate = deploy::aggregate(folder, expected);
  std::fputs(deploy::render(aggregate, aggregate_format(options.text("output-format"))).c_str(), stdout);
  return aggregate.exit_code();
}

}  // namespace

Command aggregate_command() {
  return {"aggregate",
          "--results-dir FOLDER [options]",
          "Add up what the workers of a deployment report.",
          false,
          {aggregate_options()},
          carry_out_aggregate,
          kAllVerbs,
          "Exit code 0: all workers are there and succeeded; 4: one failed, is missing, or its report cannot be read;\n"
          "6: a verification found something. docs/deploy-worker.md\n"};
}

}  // namespace assay::cli
