// assay report FILE: a result in one of the formats of results/formats.h, to stdout, a file, a folder or a server.

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/terminal.h"
#include "net/http_client.h"
#include "results/file.h"
#include "results/formats.h"
#include "results/sealing.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace assay::cli {
namespace {

namespace fs = std::filesystem;

std::string format_list() {
  std::string out = "formats:\n";
  for (const ReportFormat& format : report_formats())
    out += fmt::format(
        "  {:<11} {}{}\n", format.name, format.summary,
        format.missing_package.empty() ? "" : fmt::format(" (not built: apt install {})", format.missing_package));
  return out;
}

std::vector<std::string_view> format_names() {
  std::vector<std::string_view> names;
  for (const ReportFormat& format : report_formats()) names.push_back(format.name);
  return names;
}

std::span<const OptionSpec> report_options() {
  static const std::vector<OptionSpec> table = {
      {.name = "format",
       .type = OptionType::choice,
       .default_value = "table",
       .help = "what to make of it, see below",
       .choices = format_names()},
      {.name = "series",
       .type = OptionType::flag,
       .default_value = "false",
       .help = "csv: a row for each operation and interval; otlp: the time line too"},
      {.name = "dark", .type = OptionType::flag, .default_value = "false", .help = "png: for a dark ground"},
      {.name = "output", .default_value = "", .help = "file to write to instead of stdout; png: the folder"},
      {.name = "push",
       .default_value = "",
       .help = "prometheus, otlp: URL of the Pushgateway or receiver to send it to; a URL without a path gets the "
               "usual one"},
      {.name = "identity",
       .default_value = "",
       .help = "file of the private key that opens an encrypted result; without it what ASSAY_IDENTITY names"},
      {.name = "encrypt-to",
       .default_value = "",
       .help = "encrypt what is written: age1…, ssh-ed25519 …, ssh-rsa …, a file of such lines, or gpg:KEY"},
  };
  return table;
}

/// Options that only some formats take are refused with the others, and so are those that would change nothing.
const ReportFormat& format_of(const Options& options) {
  const ReportFormat& format = find_format(options.text("format"));
  for (const std::string_view name : {"series", "dark"}) {
    if (!options.flag(name) || format.takes(name)) continue;
    std::vector<std::string> takers;
    for (const ReportFormat& other : report_formats())
      if (other.takes(name)) takers.push_back(fmt::format("--format {}", other.name));
    throw Error(fmt::format("report: --{} goes with {}", name, fmt::join(takers, " or ")));
  }
  if (!format.missing_package.empty())
    throw Error(fmt::format("report: this assay was built without --format {}: apt install {}, and build it again",
                            format.name, format.missing_package));
  if (!options.text("push").empty()) {
    if (format.push == nullptr)
      throw Error(
          fmt::format("report: --push goes with --format prometheus or --format otlp, found --format {}", format.name));
    for (const std::string_view name : {"output", "encrypt-to"})
      if (!options.text(name).empty()) throw Error(fmt::format("report: --push and --{} exclude each other", name));
  }
  if (format.files != nullptr && options.text("output").empty())
    throw Error(fmt::format("report: --format {} makes several files: name their folder with --output", format.name));
  return format;
}

void push(const Document& document, const ReportFormat& format, const std::string& text, std::string url) {
  if (net::path_of(url).empty()) {
    if (url.ends_with('/')) url.pop_back();
    url += format.push->path(document);
  }
  const net::HttpResponse response = net::send({.method = std::string(format.push->method),
                                                .url = url,
                                                .headers = {{"Content-Type", std::string(format.push->content_type)}},
                                                .body = text});
  if (response.status < 200 || response.status >= 300)
    throw Error(fmt::format("report: {} answered {}: {}", net::without_user(url), response.status,
                            response.body.empty() ? "nothing more" : response.body.substr(0, 500)),
                ExitCode::output_failed);
}

/// The result itself is not overwritten with what is derived from it.
void refuse_result(const fs::path& output, const fs::path& result) {
  std::error_code ignored;
  if (fs::equivalent(output, result, ignored))
    throw Error(fmt::format("report: --output {} is the result itself; it is not overwritten", output.string()));
}

void write_files(const std::vector<RenderedFile>& files, const fs::path& folder, const Sealing& sealing,
                 const fs::path& result) {
  if (fs::exists(folder) && !fs::is_directory(folder))
    throw Error(
        fmt::format("report: --output {} is a file, expected a folder for {} files", folder.string(), files.size()));
  for (const RenderedFile& file : files) {
    const fs::path path = folder / (file.name + std::string(sealing.suffix()));
    refuse_result(path, result);
    write_atomically(path, sealing.seal(file.bytes));
  }
}

ExitCode carry_out_report(std::span<const std::string> arguments) {
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
  const ReportFormat& format = format_of(options);
  const Sealing sealing(options.text("encrypt-to"));
  const fs::path result = words.positional[0], output = options.text("output");
  const bool to_stdout = output.empty() && options.text("push").empty();
  if (to_stdout && sealing.active() && is_terminal(STDOUT_FILENO))
    throw Error("report: what is encrypted is no text for a terminal: name a file with --output");
  if (!output.empty()) refuse_result(output, result);

  const Document document = read_document(result, options.text("identity"));
  const RenderOptions render{.series = options.flag("series"),
                             .dark = options.flag("dark"),
                             .table = {.color = to_stdout && !sealing.active() && wants_color(STDOUT_FILENO),
                                       .width = std::clamp(terminal_width(STDOUT_FILENO), 60, 200)}};
  if (format.files != nullptr) {
    write_files(format.files(document, render), output, sealing, result);
    return ExitCode::ok;
  }
  const std::string text = format.text(document, render);
  if (!options.text("push").empty())
    push(document, format, text, options.text("push"));
  else if (const std::string bytes = sealing.seal(text); to_stdout)
    std::fwrite(bytes.data(), 1, bytes.size(), stdout);  // main() sees to what cannot be written
  else
    write_atomically(output, bytes);
  return ExitCode::ok;
}

}  // namespace

Command report_command() {
  return {"report",
          "RESULT [options]",
          "Show a result as table, page, pictures, metrics or data; send its metrics; open or encrypt it.",
          false,
          {report_options()},
          carry_out_report,
          kAllVerbs,
          format_list()};
}

}  // namespace assay::cli
