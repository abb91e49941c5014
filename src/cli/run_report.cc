#include "cli/run_report.h"

#include "base/error.h"
#include "cli/terminal.h"
#include "results/file.h"
#include "results/render.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace assay::cli {

std::filesystem::path result_path(const std::string& named, const JobSetup& setup, const Sealing& sealing) {
  if (!named.empty()) return named;
  std::filesystem::path path = default_result_path(setup.id);
  path += sealing.suffix();
  return path;
}

void show_report(const Document& document, bool as_json, bool quiet, const std::filesystem::path& path) {
  if (as_json)
    std::fputs(render_json(document).c_str(), stdout);
  else
    std::fputs(render_table(document, {.color = wants_color(STDOUT_FILENO),
                                       .width = std::clamp(terminal_width(STDOUT_FILENO), 60, 200)})
                   .c_str(),
               stdout);
  std::fflush(stdout);
  if (!quiet && !path.empty()) say("result: {}\n", path.string());
}

void write_and_show(const std::filesystem::path& path, const Document& document, const Sealing& sealing, bool as_json,
                    bool quiet) {
  try {
    write_document(path, document, sealing);
  } catch (const Error&) {
    show_report(document, as_json, quiet, {});
    throw;
  }
  show_report(document, as_json, quiet, path);
}

std::vector<std::string> addresses_in(std::string_view text) {
  std::vector<std::string> addresses;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    addresses.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return addresses;
}

}  // namespace assay::cli
