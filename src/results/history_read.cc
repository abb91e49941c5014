#include "base/error.h"
#include "results/file.h"
#include "results/history.h"

#include <algorithm>

namespace assay {
namespace {

namespace fs = std::filesystem;

bool hidden(const fs::path& path) { return path.filename().string().starts_with("."); }

std::vector<fs::path> results_below(const fs::path& folder) {
  std::vector<fs::path> found;
  try {
    fs::recursive_directory_iterator at(folder);
    for (const fs::recursive_directory_iterator end; at != end; ++at) {
      if (hidden(at->path())) {  // also what a run under way is writing
        if (at->is_directory()) at.disable_recursion_pending();
        continue;
      }
      if (at->is_regular_file() && has_name_of_result(at->path())) found.push_back(at->path());
    }
  } catch (const fs::filesystem_error& e) {
    throw Error(fmt::format("history: the folder {} cannot be read: {}", folder.string(), e.code().message()));
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

HistoryFiles read_history(std::span<const fs::path> paths, std::span<const ThresholdValue> chosen, WallTime since) {
  HistoryFiles files;
  const auto take = [&](const fs::path& path) {
    const Document document = read_document(path);
    if (document.started >= since) files.runs.push_back(history_run(document, path.string(), chosen));
  };
  for (const fs::path& path : paths) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status))
      throw Error(fmt::format("history: {} is not there; expected a folder of results, or a result", path.string()));
    if (!fs::is_directory(status)) {
      take(path);
      continue;
    }
    for (const fs::path& result : results_below(path)) {
      try {
        take(result);
      } catch (const Error& e) {
        // The message begins with the path.
        std::string reason = e.what();
        if (const std::string before = result.string() + ": "; reason.starts_with(before))
          reason.erase(0, before.size());
        files.skipped.push_back({result.string(), std::move(reason)});
      }
    }
  }
  return files;
}

}  // namespace assay
