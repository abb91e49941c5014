// Makes a report of a sample for the tests that are not C++: of a result, to stdout or, of several files, into FOLDER,
//   results_sample FORMAT[,series][,dark][,agents=N] [SECONDS [OPERATIONS [FOLDER]]]
// the page of a history, or that of a comparison, of so many results of one workload or of so many pairs of runs:
//   results_sample history [RUNS]
//   results_sample compare|pairs[,png][,dark] [NUMBER [FOLDER]]
// "png": instead its pictures, into FOLDER.
#include "base/error.h"
#include "results/file.h"
#include "results/formats.h"
#include "results/render_comparison.h"
#include "results/render_history.h"
#include "results/sample_document.h"
#include "results/sample_run.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <string_view>

namespace {

int print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return std::fflush(stdout) == 0 ? 0 : 1;
}

int write(const std::vector<assay::RenderedFile>& files, const std::filesystem::path& folder) {
  for (const assay::RenderedFile& file : files) assay::write_atomically(folder / file.name, file.bytes);
  return 0;
}

struct Sample {
  std::deque<assay::Document> documents = {};
  std::vector<assay::ComparedSide> sides = {};
  assay::ComparisonOptions options = {};
};

/// Results of three operations, of which the second database has no scan. Each is by as much slower than the one before.
/// Three results have a fourth operation besides, which always fails.
Sample databases(std::size_t number) {
  static constexpr const char* kServers[] = {"SQLite", "PostgreSQL", "MariaDB", "etcd <b>"};
  Sample out{.options = {.tolerance = 0.1}};
  for (std::size_t i = 0; i < number; i++) {
    const double slower = 1 + 0.5 * static_cast<double>(i);
    assay::SampleRun run{.operations = {{"get", 200 / slower, 10, 1 * slower}, {"put", 100, 5, 2}},
                         .server = kServers[i % std::size(kServers)],
                         .seed = i + 1};
    run.operations[0].failing = i == 1 ? 0.02 : 0;
    if (i != 1) run.operations.push_back({"scan", 20, 2, 30 / slower});
    if (number == 3) run.operations.push_back({"drop", 10, 0, 1, 1});
    run.version = fmt::format("{}.1", i + 1);
    out.documents.push_back(assay::sample_run(run));
    if (i == 2) out.documents.back().targets[0].settings.emplace_back("log_bin", "OFF");
    if (i == 1)
      out.documents.back().events.push_back(
          {std::chrono::seconds(21), std::chrono::seconds(4), "outage", "</script> & <i>"});
    // Near each other, so that their names have to make room: of the first two results, and at the right edge.
    if (number == 2)
      for (const int at : {19, 23, 26, 58, 59})
        out.documents.back().events.push_back(
            {std::chrono::seconds(at + static_cast<int>(2 * i)), {}, "change", "rate"});
    out.sides.push_back({fmt::format("results/{}.json", i + 1), {&out.documents.back()}});
  }
  return out;
}

/// B answers after a fifth more time, and in pair 3 after twice as much.
Sample pairs(std::size_t number) {
  Sample out{.sides = {{"pairs/*-a.json", {}}, {"pairs/*-b.json", {}}}};
  for (std::uint64_t pair = 0; pair < number; pair++)
    for (std::uint64_t side = 0; side < 2; side++) {
      const double slower = side == 0 ? 1 : pair == 2 ? 2 : 1.2;
      out.documents.push_back(assay::sample_run({.operations = {{"get", 200 / slower, 0, slower}, {"put", 100, 0, 2}},
                                                 .seconds = 10,
                                                 .version = side == 0 ? "15.14" : "16.1",
                                                 .seed = 2 * pair + side + 1}));
      out.documents.back().figures.push_back({"nopm", 12000 / slower, "1/min", "new orders a minute"});
      out.sides[side].runs.push_back(&out.documents.back());
    }
  return out;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string_view wanted = argc > 1 ? argv[1] : "result";
  if (wanted == "history")
    return print(assay::render_history_html(
        assay::sample_history(argc > 2 ? static_cast<std::size_t>(std::atoi(argv[2])) : 60)));
  const bool dark = wanted.find(",dark") != std::string_view::npos;
  if (wanted.starts_with("compare") || wanted.starts_with("pairs")) {
    const std::size_t number = argc > 2 ? static_cast<std::size_t>(std::atoi(argv[2])) : 2;
    const Sample sample = wanted.starts_with("pairs") ? pairs(number) : databases(number);
    const assay::Comparison comparison = assay::compare(sample.sides, sample.options);
    if (wanted.find(",png") == std::string_view::npos) return print(assay::render_comparison_html(comparison));
    return write(assay::render_comparison_png(comparison, dark), argc > 3 ? argv[3] : ".");
  }
  const assay::ReportFormat& format = assay::find_format(wanted.substr(0, wanted.find(',')));
  const assay::RenderOptions options{.series = wanted.find(",series") != std::string_view::npos, .dark = dark};
  assay::Document document =
      assay::large_document(argc > 2 ? std::atoi(argv[2]) : 60, argc > 3 ? std::atoi(argv[3]) : 5);
  if (const std::size_t at = wanted.find(",agents="); at != std::string_view::npos)
    assay::add_agents(document, static_cast<std::uint32_t>(std::atoi(wanted.substr(at + 8).data())));
  if (format.files != nullptr) return write(format.files(document, options), argc > 4 ? argv[4] : ".");
  if (format.text == nullptr) throw assay::Error("built without this format");
  return print(format.text(document, options));
} catch (const assay::Error& e) {
  std::fprintf(stderr, "results_sample: %s\n", e.what());
  return 1;
}
