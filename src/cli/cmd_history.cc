// assay history DIR: results over time, where they changed, and whether the newest of them are worse.

#include "base/units.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/terminal.h"
#include "results/file.h"
#include "results/render_history.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace assay::cli {
namespace {

std::span<const OptionSpec> history_options() {
  static const std::vector<OptionSpec> table = {
      {.name = "format",
       .type = OptionType::choice,
       .default_value = "table",
       .help = "what to print",
       .choices = {"table", "csv", "html", "markdown"}},
      {.name = "output", .default_value = "", .help = "file to write to instead of stdout"},
      {.name = "values",
       .default_value = "",
       .help =
           "those to follow, as conditions name them, separated by ';': 'p99(new_order); figure(nopm)' (default: rate, "
           "p50, p99 and errors of each operation, and the workload's rates)"},
      {.name = "tolerance", .default_value = "5%", .help = "a change for the worse by less is none"},
      {.name = "against",
       .type = OptionType::choice,
       .default_value = "before",
       .help = "what the newest segment is compared with: the one before it, or the best one there was",
       .choices = {"before", "best"}},
      {.name = "since",
       .default_value = "",
       .help = "only runs started since then: 2026-11-20, 2026-11-20T23:07:33Z, or so long ago: 30d"},
      {.name = "significance",
       .type = OptionType::number,
       .default_value = "0.01",
       .help = "the chance that runs without a change are said to have one, over all values of a setup",
       .min = 0.0001,
       .max = 0.5},
      {.name = "least",
       .type = OptionType::count,
       .default_value = "5",
       .help = "runs that a segment has at least",
       .min = 2,
       .max = 1000},
      {.name = "ignore",
       .default_value = "",
       .help =
           "what may differ between runs that are compared all the same, separated by ',': machine,option.warehouses"},
      {.name = "apart",
       .default_value = "",
       .help = "what else tells runs apart, separated by ',': target.main.server_version"},
  };
  return table;
}

std::vector<std::string> names_of(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    if (end > 0) names.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

double tolerance_of(const std::string& text) {
  if (text.ends_with('%')) {
    const double percent = parse_number(std::string_view(text).substr(0, text.size() - 1));
    if (percent >= 0) return percent / 100;
  }
  throw Error(fmt::format("--tolerance is '{}'; expected a percentage, 0 or more, such as 5%", text));
}

WallTime since_of(const std::string& text) {
  if (text.empty()) return WallTime::min();
  for (const char* form : {"%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"}) {
    std::tm parts{};
    const char* end = ::strptime(text.c_str(), form, &parts);
    if (end == nullptr || *end != '\0') continue;
    const std::time_t time = ::timegm(&parts);
    char again[32];
    if (std::strftime(again, sizeof again, form, &parts) > 0 && text == again)  // no 31st of November
      return std::chrono::system_clock::from_time_t(time);
  }
  try {
    return std::chrono::system_clock::now() - parse_duration(text);
  } catch (const Error&) {
    throw Error(
        fmt::format("--since is '{}'; expected a day (2026-11-20), a time (2026-11-20T23:07:33Z), or how long ago "
                    "(30d)",
                    text));
  }
}

/// All mistakes of the options at once.
HistoryOptions options_of(const Options& options, std::vector<ThresholdValue>& chosen, WallTime& since) {
  HistoryOptions how;
  std::vector<std::string> mistakes;
  const auto attempt = [&](auto parse) {
    try {
      parse();
    } catch (const Error& error) {
      mistakes.push_back(error.what());
    }
  };
  attempt([&] { how.tolerance = tolerance_of(options.text("tolerance")); });
  attempt([&] { since = since_of(options.text("since")); });
  attempt([&] {
    if (options.given("values")) chosen = parse_threshold_values(options.text("values"));
  });
  refuse_mistakes(mistakes);
  how.significance = options.number("significance");
  how.least_segment = static_cast<std::size_t>(options.count("least"));
  how.against = options.text("against") == "best" ? Against::best : Against::before;
  how.ignored = names_of(options.text("ignore"));
  how.told_apart = names_of(options.text("apart"));
  return how;
}

/// A name that is wrong must not be a history of nothing.
void require_values(const std::vector<HistoryRun>& runs, const std::vector<ThresholdValue>& chosen) {
  for (const ThresholdValue& what : chosen) {
    const bool there = std::any_of(runs.begin(), runs.end(), [&](const HistoryRun& run) {
      return std::any_of(run.values.begin(), run.values.end(),
                         [&](const HistoryValue& value) { return value.what.text() == what.text(); });
    });
    if (!there) throw Error(fmt::format("history: --values: no run has {}", what.text()));
  }
}

std::string render(const History& history, const Options& options) {
  const std::string format = options.text("format");
  if (format == "csv") return render_history_csv(history);
  if (format == "html") return render_history_html(history);
  if (format == "markdown") return render_history_markdown(history);
  const bool to_file = !options.text("output").empty();
  return render_history_table(history, {.color = !to_file && wants_color(STDOUT_FILENO),
                                        .width = std::clamp(terminal_width(STDOUT_FILENO), 60, 200)});
}

ExitCode carry_out_history(std::span<const std::string> arguments) {
  const std::span<const OptionSpec> tables[] = {history_options()};
  const Words words = take_apart(arguments, tables);
  if (words.help) {
    std::fputs(command_help(find_command("history")).c_str(), stdout);
    return ExitCode::ok;
  }
  Options options{history_options()};
  Options* const all[] = {&options};
  assign(words, all);
  if (words.positional.empty()) throw Error("history: expected a folder of results, for example results");
  std::vector<ThresholdValue> chosen;
  WallTime since{};
  const HistoryOptions how = options_of(options, chosen, since);
  const std::vector<std::filesystem::path> paths(words.positional.begin(), words.positional.end());

  HistoryFiles files = read_history(paths, chosen, since);
  const auto warn = [](const SkippedFile& file) { say("assay: warning: {} is skipped: {}\n", file.path, file.reason); };
  std::for_each(files.skipped.begin(), files.skipped.end(), warn);
  if (files.runs.empty())
    throw Error(fmt::format("history: there is no result in {}{}", words.positional[0],
                            options.given("since") ? " that is as new as --since" : ""));
  require_values(files.runs, chosen);
  History history = make_history(std::move(files.runs), how);
  std::for_each(history.skipped.begin(), history.skipped.end(), warn);
  history.skipped.insert(history.skipped.begin(), files.skipped.begin(), files.skipped.end());

  const std::string text = render(history, options);
  if (const std::string output = options.text("output"); !output.empty())
    write_atomically(output, text);
  else
    std::fputs(text.c_str(), stdout);  // main() sees to what cannot be written
  // As with `compare`: where nothing could be judged, 0 would claim what nobody knows.
  return history.worse() || !history.decided() ? ExitCode::thresholds_failed : ExitCode::ok;
}

}  // namespace

Command history_command() {
  return {"history",
          "DIR... [options]",
          "Results over time: where they changed for good, and whether the newest are worse.",
          false,
          {history_options()},
          carry_out_history};
}

}  // namespace assay::cli
