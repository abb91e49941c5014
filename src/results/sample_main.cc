// Prints a sample for the tests that are not C++: a result, results_sample json|report|html [SECONDS [OPERATIONS]], or the page
// of a history, results_sample history [RUNS].
#include "results/render.h"
#include "results/render_history.h"
#include "results/sample_document.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

int main(int argc, char** argv) {
  const std::string_view format = argc > 1 ? argv[1] : "json";
  if (format == "history") {
    const std::string page =
        assay::render_history_html(assay::sample_history(argc > 2 ? static_cast<std::size_t>(std::atoi(argv[2])) : 60));
    std::fwrite(page.data(), 1, page.size(), stdout);
    return std::fflush(stdout) == 0 ? 0 : 1;
  }
  const assay::Document document =
      assay::large_document(argc > 2 ? std::atoi(argv[2]) : 60, argc > 3 ? std::atoi(argv[3]) : 5);
  const std::string text = format == "json"   ? assay::to_json(document)
                           : format == "html" ? assay::render_html(document)
                                              : assay::render_json(document);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return std::fflush(stdout) == 0 ? 0 : 1;
}
