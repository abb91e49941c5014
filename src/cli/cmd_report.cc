// assay report FILE: a result as a table, CSV, JSON or a page.

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/terminal.h"
#include "results/file.h"
#include "results/render.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>

namespace assay::cli {
namespace {

std::span<const OptionSpec> report_options() {
  static const std::vector<OptionSpec> table = {
      {.name = "format",
       .type = OptionType::choice,
       .default_value = "table",
       .help = "what to print",
       .choices = {"table", "csv", "json", "jsonl", "html", "markdown", "junit"}},
      {.name = "series",
       .type = OptionType::flag,
       .default_value = "false",
       .help = "csv: a row for each operation and interval"},
      {.name = "output", .default_value = "", .help = "file to write to instead of stdout"},
  };
  return table;
}

std::string render(const Document& document, const Options& options) {
  const std::string format = options.text("format");
  if (options.flag("series") && format != "csv") throw Error("report: --series goes with --format csv");
  if (format == "csv") return options.flag("series") ? render_csv_series(document) : render_csv(document);
  if (format == "json") return render_json(document);
  if (format == "jsonl") return render_json_lines(document);
  if (format == "html") return render_html(document);
  if (format == "markdown") return render_markdown(document);
  if (format == "junit") return render_junit(document);
  const bool to_file = !options.text("output").empty();
  return render_table(document, {.color = !to_file && wants_color(STDOUT_FILENO),
                                 .width = std::clamp(terminal_width(STDOUT_FILENO), 60, 200)});
}

ExitCode carry_out(std::span<const std::string> arguments) {
  const std::span<const OptionSpec> tables[] = {report_options()};
  const Words words = take_apart(arguments, tables);
  if (words.help) {
    std::fputs(command_help(find_command("report")).c_str(), stdout);
    return ExitCode::ok;
  }
  if (words.positional.size() != 1)
    throw Error(fmt::format("report: expected one result file, found {}", words.positional.size()));
  Options options{report_options()};
  Options* const all[] = {&options};
  assign(words, all);
  const std::string text = render(read_document(words.positional[0]), options);
  if (const std::string output = options.text("output"); !output.empty()) {
    std::error_code ignored;
    if (std::filesystem::equivalent(output, words.positional[0], ignored))
      throw Error(fmt::format("report: --output {} is the result itself; it is not overwritten", output));
    write_atomically(output, text);
  } else {
    std::fputs(text.c_str(), stdout);  // main() sees to what cannot be written
  }
  return ExitCode::ok;
}

}  // namespace

Command report_command() {
  return {"report",
          "RESULT [options]",
          "Show a result: table, CSV, JSON, JSON Lines, Markdown, JUnit XML, or a self-contained page.",
          false,
          {report_options()},
          carry_out};
}

}  // namespace assay::cli
