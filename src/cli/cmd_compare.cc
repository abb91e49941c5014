// assay compare A B [C…]: results against the first of them. assay compare --pairs N -- RUN -- RUN: made for it, in pairs.

#include "base/units.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/paired_runs.h"
#include "cli/terminal.h"
#include "results/file.h"
#include "results/render_comparison.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <deque>

namespace assay::cli {
namespace {

std::span<const OptionSpec> compare_options() {
  static const std::vector<OptionSpec> table = {
      {.name = "tolerance",
       .default_value = "",
       .help = "by how much a result may be worse than the first, such as 5%: exit code 4 when one is worse for sure"},
      {.name = "tolerance-errors",
       .default_value = "0%",
       .help = "how many more of the operations may fail, in percentage points; with --tolerance"},
      {.name = "confidence", .default_value = "95%", .help = "of the intervals, 50% to 99%"},
      {.name = "statistics",
       .default_value = "rate,errors,mean,p50,p99",
       .help = "what is compared of each operation: these, and any percentile"},
      {.name = "pairs",
       .type = OptionType::count,
       .default_value = "0",
       .help = "make the runs: N pairs, the order changing from pair to pair",
       .min = 2,
       .max = 1000},
      {.name = "results",
       .default_value = "",
       .help = "with --pairs: folder of the results; without it results/ and a name of its own"},
      {.name = "quiet", .type = OptionType::flag, .default_value = "false", .help = "with --pairs: no progress"},
      {.name = "format",
       .type = OptionType::choice,
       .default_value = "table",
       .help = "what to print",
       .choices = {"table", "markdown", "csv", "json", "html", "png"}},
      {.name = "output",
       .default_value = "",
       .help = "file to write to instead of stdout; of --format png the folder of the pictures"},
      {.name = "dark",
       .type = OptionType::flag,
       .default_value = "false",
       .help = "with --format png: colours for a dark ground"},
  };
  return table;
}

/// "5%" as 0.05.
double percentage(const Options& options, std::string_view name, double least, double most) {
  const std::string text = options.text(name);
  try {
    if (text.ends_with("%"))
      if (const double percent = parse_number(std::string_view(text).substr(0, text.size() - 1));
          percent >= least && percent <= most)
        return percent / 100;
  } catch (const Error&) {
  }
  throw Error(fmt::format("compare: --{} is '{}'; expected a percentage of {:g}% to {:g}%, such as 5%", name, text,
                          least, most));
}

ComparisonOptions comparison_options(const Options& options) {
  ComparisonOptions out;
  out.confidence = percentage(options, "confidence", 50, 99);
  if (options.given("tolerance")) out.tolerance = percentage(options, "tolerance", 0, 1000);
  if (options.given("tolerance-errors") && !out.tolerance)
    throw Error("compare: --tolerance-errors has no effect without --tolerance");
  out.tolerance_errors = percentage(options, "tolerance-errors", 0, 100);
  out.statistics.clear();
  std::string list = options.text("statistics");
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    out.statistics.push_back(list.substr(0, end));
    list.erase(0, end + 1);
    if (std::count(out.statistics.begin(), out.statistics.end(), out.statistics.back()) > 1)
      throw Error(fmt::format("compare: --statistics has {} twice", out.statistics.back()));
    try {
      require_statistic(out.statistics.back());
    } catch (const Error& error) {
      throw Error(fmt::format("compare: --statistics: {}", error.what()));
    }
  }
  if (out.statistics.empty()) throw Error("compare: --statistics is empty; expected for example rate,p99");
  return out;
}

/// What goes with which format, before anything is read or run.
void check_output(const Options& options) {
  const bool pictures = options.text("format") == "png";
  if (options.flag("dark") && !pictures) throw Error("compare: --dark goes with --format png");
  if (!pictures) return;
  const std::string output = options.text("output");
  if (output.empty()) throw Error("compare: --format png makes several files: name their folder with --output");
  if (std::filesystem::exists(output) && !std::filesystem::is_directory(output))
    throw Error(fmt::format("compare: --output {} is a file, expected a folder for pictures", output));
}

void write_file(const std::filesystem::path& file, const std::string& bytes, const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) {
    std::error_code ignored;
    if (std::filesystem::equivalent(file, input, ignored))
      throw Error(fmt::format("compare: --output {} is one of the results; it is not overwritten", file.string()));
  }
  write_atomically(file, bytes);
}

void write(const Comparison& comparison, const Options& options, const std::vector<std::string>& inputs) {
  const std::string format = options.text("format"), output = options.text("output");
  if (format == "png") {
    for (const RenderedFile& file : render_comparison_png(comparison, options.flag("dark")))
      write_file(std::filesystem::path(output) / file.name, file.bytes, inputs);
    return;
  }
  const std::string text =
      format == "markdown" ? render_comparison_markdown(comparison)
      : format == "csv"    ? render_comparison_csv(comparison)
      : format == "json"   ? render_comparison_json(comparison)
      : format == "html"
          ? render_comparison_html(comparison)
          : render_comparison_table(comparison, {.color = output.empty() && wants_color(STDOUT_FILENO),
                                                 .width = std::clamp(terminal_width(STDOUT_FILENO), 60, 200)});
  if (!output.empty())
    write_file(output, text, inputs);
  else
    std::fputs(text.c_str(), stdout);  // main() sees to what cannot be written
}

ExitCode exit_code_of(const Comparison& comparison) {
  switch (comparison.verdict()) {
    case Verdict::fail:
      return ExitCode::thresholds_failed;
    case Verdict::invalid:
      return ExitCode::run_invalid;
    case Verdict::pass:
      break;
  }
  return ExitCode::ok;
}

ExitCode compare_files(const std::vector<std::string>& files, const Options& options) {
  std::deque<Document> documents;
  std::vector<ComparedSide> sides;
  for (const std::string& file : files) {
    documents.push_back(read_document(file));
    sides.push_back({file, {&documents.back()}});
  }
  const Comparison comparison = compare(std::move(sides), comparison_options(options));
  write(comparison, options, files);
  return exit_code_of(comparison);
}

/// The pairs of a folder, without those of which a run is INVALID.
ExitCode compare_pairs_in(const std::filesystem::path& folder, const Options& options, std::vector<std::string> notes) {
  std::deque<Document> documents;
  std::vector<ComparedSide> sides = {{(folder / "*-a.json").string(), {}}, {(folder / "*-b.json").string(), {}}};
  std::vector<std::string> files;
  for (const auto& [a, b] : pairs_in(folder)) {
    Document run_a = read_document(a), run_b = read_document(b);
    for (const auto& [file, run] : {std::pair{&a, &run_a}, {&b, &run_b}})
      if (run->verdict.verdict == Verdict::invalid)
        notes.push_back(fmt::format("The pair of {} is left out: that run is INVALID: {}", file->filename().string(),
                                    run->verdict.reasons.empty() ? "" : run->verdict.reasons.front()));
    files.insert(files.end(), {a.string(), b.string()});
    if (run_a.verdict.verdict == Verdict::invalid || run_b.verdict.verdict == Verdict::invalid) continue;
    for (auto& [side, run] : {std::pair{&sides[0], &run_a}, {&sides[1], &run_b}}) {
      documents.push_back(std::move(*run));
      side->runs.push_back(&documents.back());
    }
  }
  if (documents.empty())
    throw Error(fmt::format("compare: every pair of {} has an INVALID run: {}", folder.string(), notes.front()),
                ExitCode::run_invalid);
  Comparison comparison = compare(std::move(sides), comparison_options(options));
  comparison.notes.insert(comparison.notes.end(), notes.begin(), notes.end());
  write(comparison, options, files);
  return exit_code_of(comparison);
}

ExitCode make_pairs(std::vector<std::string> a, std::vector<std::string> b, const Options& options) {
  const ComparisonOptions how = comparison_options(options);  // mistakes are told before anything is run
  PairedRuns runs{.a = std::move(a), .b = std::move(b), .pairs = static_cast<int>(options.count("pairs"))};
  runs.folder = options.text("results");
  if (runs.folder.empty())
    runs.folder =
        default_result_path(result_id(real_clock().wall(), "compare", "pairs", unique_part())).replace_extension();
  runs.quiet = options.flag("quiet");
  if (how.tolerance && runs.pairs < least_pairs(how.confidence))
    throw Error(
        fmt::format("compare: {} pairs have no interval at {:g} %, so nothing could be judged by --tolerance; "
                    "expected --pairs {} or more",
                    runs.pairs, how.confidence * 100, least_pairs(how.confidence)));
  if (!check_pairs(runs)) return ExitCode::ok;
  const bool all = run_pairs(runs);
  std::vector<std::string> notes;
  if (!all) {
    notes.push_back("Stopped before all pairs were made.");
    try {
      pairs_in(runs.folder);
    } catch (const Error&) {
      throw Error("compare: stopped before a pair was made", ExitCode::interrupted);
    }
  }
  const ExitCode code = compare_pairs_in(runs.folder, options, std::move(notes));
  if (!runs.quiet) say("results: {}\n", runs.folder.string());
  return all ? code : ExitCode::interrupted;
}

/// What stands between and behind the "--".
std::vector<std::vector<std::string>> parts_of(std::span<const std::string> arguments) {
  std::vector<std::vector<std::string>> parts(1);
  for (const std::string& word : arguments)
    if (word == "--")
      parts.emplace_back();
    else
      parts.back().push_back(word);
  return parts;
}

ExitCode carry_out_compare(std::span<const std::string> arguments) {
  std::vector<std::vector<std::string>> parts = parts_of(arguments);
  const std::span<const OptionSpec> tables[] = {compare_options()};
  const Words words = take_apart(parts[0], tables);
  if (words.help) {
    std::fputs(command_help(find_command("compare")).c_str(), stdout);
    return ExitCode::ok;
  }
  Options options{compare_options()};
  Options* const all[] = {&options};
  assign(words, all);
  check_output(options);
  if (options.given("pairs")) {
    if (parts.size() != 3 || !words.positional.empty())
      throw Error(
          "compare: --pairs takes the options of two runs, each behind a '--': assay compare --pairs 10 -- tpcc "
          "--target "
          "URL-A -- tpcc --target URL-B");
    return make_pairs(std::move(parts[1]), std::move(parts[2]), options);
  }
  if (parts.size() > 1) throw Error("compare: options of runs behind '--' go with --pairs N");
  for (const char* only : {"results", "quiet"})
    if (options.given(only)) throw Error(fmt::format("compare: --{} goes with --pairs", only));
  comparison_options(options);
  std::error_code ignored;
  if (words.positional.size() == 1 && std::filesystem::is_directory(words.positional[0], ignored))
    return compare_pairs_in(words.positional[0], options, {});
  if (words.positional.size() < 2)
    throw Error(fmt::format("compare: expected two results or more, or a folder of pairs; found {}",
                            words.positional.empty() ? "none" : "one: " + words.positional[0]));
  return compare_files(words.positional, options);
}

}  // namespace

Command compare_command() {
  return {"compare",
          "RESULT RESULT... [options]\n       assay compare --pairs N [options] -- RUN-A... -- RUN-B...",
          "Compare results with statistics, or make runs in pairs and compare those.",
          false,
          {compare_options()},
          carry_out_compare};
}

}  // namespace assay::cli
