// Makes a report of a sample for the tests that are not C++: of a result, to stdout or, of several files, into FOLDER,
//   results_sample FORMAT[,series][,dark] [SECONDS [OPERATIONS [FOLDER]]]
// or the page of a history,
//   results_sample history [RUNS]
#include "base/error.h"
#include "results/file.h"
#include "results/formats.h"
#include "results/render_history.h"
#include "results/sample_document.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

int print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string_view wanted = argc > 1 ? argv[1] : "result";
  if (wanted == "history")
    return print(assay::render_history_html(
        assay::sample_history(argc > 2 ? static_cast<std::size_t>(std::atoi(argv[2])) : 60)));
  const assay::ReportFormat& format = assay::find_format(wanted.substr(0, wanted.find(',')));
  const assay::RenderOptions options{.series = wanted.find(",series") != std::string_view::npos,
                                     .dark = wanted.find(",dark") != std::string_view::npos};
  const assay::Document document =
      assay::large_document(argc > 2 ? std::atoi(argv[2]) : 60, argc > 3 ? std::atoi(argv[3]) : 5);
  if (format.files != nullptr) {
    const std::filesystem::path folder = argc > 4 ? argv[4] : ".";
    for (const assay::RenderedFile& file : format.files(document, options))
      assay::write_atomically(folder / file.name, file.bytes);
    return 0;
  }
  if (format.text == nullptr) throw assay::Error("built without this format");
  return print(format.text(document, options));
} catch (const assay::Error& e) {
  std::fprintf(stderr, "results_sample: %s\n", e.what());
  return 1;
}
