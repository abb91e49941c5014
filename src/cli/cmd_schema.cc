// assay schema lint|show: schemas of generated data, before anything is done with them.

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/terminal.h"
#include "dataset/generator.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>

namespace assay::cli {
namespace {

std::span<const OptionSpec> schema_options() {
  static const std::vector<OptionSpec> table = {{.name = "rows",
                                                 .type = OptionType::count,
                                                 .default_value = "3",
                                                 .help = "of show: rows of each table that are shown",
                                                 .min = 0,
                                                 .max = 1e6},
                                                {.name = "row-count",
                                                 .type = OptionType::count,
                                                 .default_value = "",
                                                 .help = "rows of a table that does not say; without it the schema's",
                                                 .min = 0,
                                                 .max = static_cast<double>(dataset::kMostRows)},
                                                {.name = "seed",
                                                 .type = OptionType::whole,
                                                 .default_value = "",
                                                 .help = "of all values; without it the schema's"}};
  return table;
}

constexpr std::string_view kSchemaVerbs[] = {"lint", "show"};

/// Tells what is wrong with a schema, and notes.
dataset::Reading read(const std::string& file, const Options& options) {
  dataset::Overrides overrides;
  if (options.given("row-count")) overrides.rows = static_cast<std::uint64_t>(options.count("row-count"));
  if (options.given("seed")) overrides.seed = options.whole("seed");
  dataset::Reading reading = dataset::read_schema(file, overrides);
  for (const input::Mistake& mistake : reading.mistakes.sorted()) say("{}\n", reading.mistakes.line(mistake));
  return reading;
}

ExitCode lint_schemas(std::span<const std::string> files, const Options& options) {
  ExitCode code = ExitCode::ok;
  for (const std::string& file : files) {
    const dataset::Reading reading = read(file, options);
    if (!reading.schema) {
      code = ExitCode::usage;
      continue;
    }
    std::size_t columns = 0;
    std::uint64_t rows = 0;
    for (const dataset::Table& table : reading.schema->tables) {
      columns += table.columns.size();
      rows += table.rows;
    }
    fmt::print("{}: good: {} table{}, {} column{}, {} row{}\n", file, reading.schema->tables.size(),
               reading.schema->tables.size() == 1 ? "" : "s", columns, columns == 1 ? "" : "s", rows,
               rows == 1 ? "" : "s");
  }
  return code;
}

/// As a comment of YAML, so that what is shown stays a schema.
void show_rows(const dataset::RowGenerator& generator, std::size_t t, std::uint64_t most) {
  const dataset::Table& table = generator.schema().tables[t];
  fmt::print("# {}: {} of {} rows\n", table.name, std::min(most, table.rows), table.rows);
  for (std::uint64_t row = 0; row < std::min(most, table.rows); row++) {
    RowBatch batch(table.columns.size());
    generator.add(t, row, 1, batch);
    std::string line = "#   ";
    for (std::size_t c = 0; c < table.columns.size(); c++)
      line += fmt::format("{}{}: {}", c == 0 ? "" : ", ", table.columns[c].name, to_text(batch.row(0)[c]));
    // A constant of the schema may have a line break, which would end the comment.
    std::replace(line.begin(), line.end(), '\n', ' ');
    fmt::print("{}\n", line);
  }
}

ExitCode show_schema_of(const std::string& file, const Options& options) {
  dataset::Reading reading = read(file, options);
  if (!reading.schema) return ExitCode::usage;
  std::fputs(dataset::show_schema(*reading.schema).c_str(), stdout);
  const auto rows = static_cast<std::uint64_t>(options.count("rows"));
  if (rows == 0) return ExitCode::ok;
  const dataset::RowGenerator generator(std::make_shared<const dataset::Schema>(*std::move(reading.schema)));
  for (std::size_t t = 0; t < generator.schema().tables.size(); t++) show_rows(generator, t, rows);
  return ExitCode::ok;
}

ExitCode carry_out_schema(std::span<const std::string> arguments) {
  const std::span<const OptionSpec> tables[] = {schema_options()};
  Words words = take_apart(arguments, tables);
  if (words.help) {
    std::fputs(command_help(find_command("schema")).c_str(), stdout);
    return ExitCode::ok;
  }
  Options options(schema_options());
  Options* const all[] = {&options};
  const std::string verb = words.positional.empty() ? "" : words.positional[0];
  const std::size_t files = words.positional.empty() ? 0 : words.positional.size() - 1;
  if (verb != "lint" && verb != "show")
    words.mistakes.push_back(verb.empty() ? "schema: what is to be done is missing; expected lint or show"
                                          : fmt::format("schema: unknown word '{}'; expected lint or show", verb));
  if (verb == "lint" && files == 0)
    words.mistakes.push_back("schema lint: the file is missing; expected one or more, or - for stdin");
  if (verb == "show" && files != 1)
    words.mistakes.push_back(fmt::format("schema show: {} files; expected one, or - for stdin", files));
  assign(words, all);
  if (verb == "lint" && options.given("rows")) throw Error("schema lint: --rows has no effect; it is of schema show");
  const std::span<const std::string> rest = std::span(words.positional).subspan(1);
  return verb == "lint" ? lint_schemas(rest, options) : show_schema_of(rest[0], options);
}

}  // namespace

Command schema_command() {
  return {"schema",
          "lint FILE... | show FILE [options]",
          "Check a schema of generated data, or show it as it is understood, with a few rows.",
          false,
          {schema_options()},
          carry_out_schema,
          kAllVerbs,
          "A schema is YAML or JSON; - is stdin. docs/schema.md is the reference.\n",
          kSchemaVerbs};
}

}  // namespace assay::cli
