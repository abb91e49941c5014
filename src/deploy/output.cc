#include "deploy/output.h"

#include "base/error.h"
#include "deploy/compose.h"
#include "deploy/kubernetes.h"
#include "results/file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <system_error>

namespace assay::deploy {
namespace {

namespace fs = std::filesystem;

class OwnersOnly {
 public:
  OwnersOnly() : before_(::umask(0077)) {}
  ~OwnersOnly() { ::umask(before_); }
  OwnersOnly(const OwnersOnly&) = delete;
  OwnersOnly& operator=(const OwnersOnly&) = delete;

 private:
  mode_t before_;
};

void make_output_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Error(fmt::format("the folder {} cannot be made: {}", folder.string(), error.message()),
                ExitCode::output_failed);
}

void write_secret(const fs::path& path, const std::string& text) {
  std::error_code ignored;  // one that was there keeps its permissions, whatever they are
  fs::remove(path, ignored);
  const OwnersOnly mask;
  write_atomically(path, text);
}

/// What stands where we would write, in a folder that no `assay generate` has written, is somebody's.
void refuse_foreign_files(const fs::path& folder, std::span<const File> files) {
  std::error_code ignored;
  if (fs::exists(folder / kSummaryFile, ignored)) return;
  std::vector<std::string> mistakes;
  for (const File& file : files)
    if (fs::exists(folder / file.path, ignored))
      mistakes.push_back(
          fmt::format("{} is there and assay did not write it; expected another --output-dir, or a folder with the {} "
                      "of an earlier assay generate, whose files are written anew",
                      (folder / file.path).string(), kSummaryFile));
  refuse_mistakes(mistakes);
}

/// Types of messages of tables that are no more.
void remove_old_types(const fs::path& folder, std::span<const File> files) {
  std::error_code error;
  std::vector<fs::path> old;
  for (fs::directory_iterator at(folder / kProtoFolder, error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".proto") old.push_back(fs::path(kProtoFolder) / at->path().filename());
  for (const fs::path& path : old)
    if (std::none_of(files.begin(), files.end(), [&](const File& file) { return file.path == path.string(); }))
      fs::remove(folder / path, error);
  fs::remove(folder / kProtoFolder, error);  // an empty one only
}

}  // namespace

void write_files(const fs::path& folder, std::span<const File> files, bool with_data) {
  refuse_foreign_files(folder, files);
  make_output_folder(folder / "results");
  if (with_data) make_output_folder(folder / "data");
  for (const File& file : files) {
    make_output_folder((folder / file.path).parent_path());
    if (file.secret)
      write_secret(folder / file.path, file.text);
    else
      write_atomically(folder / file.path, file.text);
  }
  std::vector<std::string> ours = kubernetes_paths();
  for (const std::string_view path : {std::string_view("loadtest.yaml"), kComposeFile, std::string_view("database.env"),
                                      std::string_view("worker.env")})
    ours.emplace_back(path);
  std::error_code ignored;  // what was not there
  for (const std::string& path : ours)
    if (std::none_of(files.begin(), files.end(), [&](const File& file) { return file.path == path; }))
      fs::remove(folder / path, ignored);
  fs::remove(folder / "kubernetes", ignored);  // an empty one only
  remove_old_types(folder, files);
}

std::vector<std::string> old_results(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder / "results", error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".json") names.push_back(at->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace assay::deploy
