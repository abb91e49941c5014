#include "agent/page_api.h"

#include "agent/task_record.h"
#include "base/error.h"
#include "base/units.h"
#include "page/live_page.h"
#include "results/file.h"
#include "results/render.h"
#include "results/render_comparison.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

namespace assay::agent {
namespace {

namespace fs = std::filesystem;
using net::HttpError;
using net::Request;
using net::Response;
using nlohmann::json;

constexpr std::size_t kMostResults = 500;

/// The results of a folder, in short. What was read of a file is kept as long as the file does not change. Thread-safe.
class PastResults {
 public:
  explicit PastResults(fs::path folder) : folder_(std::move(folder)) {}

  json list() {
    const std::lock_guard lock(mutex_);
    read_again();
    json results = json::array();
    for (const auto& [path, entry] : known_)
      if (!entry.summary.is_null()) results.push_back(entry.summary);
    return {{"results", std::move(results)}};
  }

  /// Throws HttpError.
  fs::path file_of(const std::string& id) {
    const std::lock_guard lock(mutex_);
    read_again();
    for (const auto& [path, entry] : known_)
      if (entry.summary.contains("id") && entry.summary["id"] == id) return path;
    throw HttpError{404, fmt::format("there is no result '{}' in {}", id, folder_.string())};
  }

 private:
  struct Entry {
    fs::file_time_type changed;
    std::uintmax_t size = 0;
    json summary;  // null: it is no result; without an "id": one that cannot be read
  };

  void read_again() {
    std::vector<std::pair<fs::file_time_type, fs::path>> files;
    std::error_code ignored;
    for (const fs::path& folder : {folder_, folder_ / "results"})
      for (fs::directory_iterator at(folder, ignored), end; at != end; at.increment(ignored))
        if (at->path().extension() == ".json" && at->is_regular_file(ignored))
          files.emplace_back(at->last_write_time(ignored), at->path());
    std::sort(files.rbegin(), files.rend());
    if (files.size() > kMostResults) files.resize(kMostResults);
    std::map<fs::path, Entry> next;
    for (const auto& [changed, path] : files) {
      const std::uintmax_t size = fs::file_size(path, ignored);
      const auto known = known_.find(path);
      next[path] = known != known_.end() && known->second.changed == changed && known->second.size == size
                       ? std::move(known->second)
                       : Entry{changed, size, entry_of(path, changed)};
    }
    known_ = std::move(next);
  }

  /// Whether a file that cannot be read was to be a result: among those of tasks, by its name, by how it begins, or as it is
  /// no JSON.
  bool was_result(const fs::path& path) const {
    if (path.parent_path() == folder_ / "results" || is_result_id(path.stem().string())) return true;
    std::ifstream file(path, std::ios::binary);
    std::string begin(200, '\0');
    file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
    if (begin.find("\"assay-result\"") != std::string::npos) return true;
    file.clear();
    file.seekg(0);
    return !json::accept(file);  // cut off, or empty, as a full disk leaves them
  }

  json entry_of(const fs::path& path, fs::file_time_type changed) const {
    try {
      const Document document = read_document(path);
      return {{"id", document.id},
              {"file", path.filename().string()},
              {"workload", document.workload.name},
              {"driver", document.targets.empty() ? "" : document.targets.front().driver},
              {"started", format_wall(document.started)},
              {"verdict", to_string(document.verdict.verdict)},
              {"duration_s", to_seconds(document.measured_length())},
              {"figures", summary_of(document)["figures"]}};
    } catch (const Error& error) {
      if (!was_result(path)) return {};
      const auto at = std::chrono::file_clock::to_sys(changed);
      return {{"file", path.filename().string()},
              {"changed", format_wall(std::chrono::time_point_cast<Nanos>(at))},
              {"damaged", error.what()}};
    }
  }

  const fs::path folder_;
  std::mutex mutex_;
  std::map<fs::path, Entry> known_;
};

Response page_of(std::string html) {
  return {.body = std::move(html),
          .content_type = "text/html; charset=utf-8",
          .headers = {{"X-Frame-Options", "DENY"}, {"Referrer-Policy", "no-referrer"}}};
}

Response download(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return {.body = text.str(),
          .headers = {{"Content-Disposition", fmt::format("attachment; filename=\"{}\"", path.filename().string())}}};
}

}  // namespace

void add_page(net::HttpServer& server, fs::path folder) {
  const auto results = std::make_shared<PastResults>(std::move(folder));
  server.route("GET", "/", [](const Request&) { return page_of(std::string(live_page())); });
  server.route("GET", "/api/v1/results",
               [results](const Request&) { return Response{.body = results->list().dump() + "\n"}; });
  server.route("GET", "/api/v1/results/{id}/report.html", [results](const Request& request) {
    return page_of(render_html(read_document(results->file_of(request.parameters.at("id")))));
  });
  server.route("GET", "/api/v1/results/{id}/result.json",
               [results](const Request& request) { return download(results->file_of(request.parameters.at("id"))); });
  server.route("GET", "/api/v1/compare", [results](const Request& request) {
    const std::string a(request.in_query("a")), b(request.in_query("b"));
    if (a.empty() || b.empty()) throw HttpError{400, "compare takes a and b, the IDs of two results"};
    const fs::path file_a = results->file_of(a), file_b = results->file_of(b);
    const Document first = read_document(file_a), second = read_document(file_b);
    return page_of(render_comparison_html(
        compare({{file_a.filename().string(), {&first}}, {file_b.filename().string(), {&second}}})));
  });
}

}  // namespace assay::agent
