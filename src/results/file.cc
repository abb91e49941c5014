#include "results/file.h"

#include "base/error.h"
#include "base/units.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>
#include <vector>

namespace assay {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, std::string_view what, int error) {
  throw Error(fmt::format("{} cannot be written: {}: {}", path.string(), what, std::strerror(error)),
              ExitCode::output_failed);
}

/// A file that is not there any more when this ends, unless it was renamed.
class TemporaryFile {
 public:
  TemporaryFile(const fs::path& wanted, const fs::path& folder) : wanted_(wanted) {
    name_ = (folder / fmt::format(".{}.XXXXXX", wanted.filename().string())).string();
    fd_ = ::mkostemp(name_.data(), O_CLOEXEC);
    if (fd_ < 0) fail(wanted, fmt::format("no file can be made in {}", folder.string()), errno);
  }
  ~TemporaryFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!name_.empty()) ::unlink(name_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  int fd() const noexcept { return fd_; }
  void flush() {
    if (::fsync(fd_) != 0 && errno != EINVAL && errno != ENOTSUP) fail(wanted_, "flushing to the disk failed", errno);
  }
  void rename_to(const fs::path& place) {
    const int fd = std::exchange(fd_, -1);
    if (::close(fd) != 0) fail(wanted_, "closing failed", errno);  // network file systems report a full disk here
    if (::rename(name_.c_str(), place.c_str()) != 0) fail(wanted_, "renaming failed", errno);
    name_.clear();
  }

 private:
  fs::path wanted_;
  std::string name_;
  int fd_ = -1;
};

void write_all(int fd, std::string_view text, const fs::path& path) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(path, "writing failed", errno);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

bool is_device_or_pipe(const fs::path& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode);
}

/// The place itself, not a link to it: a rename would replace the link.
fs::path resolved(const fs::path& path) {
  if (path.empty() || !path.has_filename())
    throw Error(fmt::format("\"{}\" cannot be written: expected the name of a file", path.string()),
                ExitCode::output_failed);
  std::error_code error;
  if (fs::is_directory(path, error)) fail(path, "there is a folder of that name", EISDIR);
  fs::path place = fs::canonical(path, error);
  return error ? path : place;
}

fs::path folder_of(const fs::path& place) { return place.has_parent_path() ? place.parent_path() : fs::path("."); }

void make_folder(const fs::path& path, const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error && !fs::is_directory(folder))
    fail(path, fmt::format("its folder {} cannot be made", folder.string()), error.value());
}

int open_directly(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) fail(path, "opening failed", errno);
  return fd;
}

std::string name_part(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ? c : '_';
  return out.empty() ? "none" : out;
}

/// `produce` hands all of the text to the sink that it is given.
void write_pieces(const fs::path& path, const std::function<void(const TextSink&)>& produce) {
  if (is_device_or_pipe(path)) {
    const int fd = open_directly(path);
    struct Closer {
      int fd;
      ~Closer() { ::close(fd); }
    } closer{fd};
    produce([&](std::string_view text) { write_all(fd, text, path); });
    return;
  }
  const fs::path place = resolved(path), folder = folder_of(place);
  make_folder(path, folder);
  TemporaryFile file(path, folder);
  struct stat before {};
  const mode_t mask = ::umask(0);
  ::umask(mask);
  const mode_t mode = ::stat(place.c_str(), &before) == 0 ? (before.st_mode & 0777) : (0666 & ~mask);
  if (::fchmod(file.fd(), mode) != 0) fail(path, "setting its permissions failed", errno);
  produce([&](std::string_view text) { write_all(file.fd(), text, path); });
  file.flush();
  file.rename_to(place);
  // The rename itself is on the disk only when the folder is; a file system that cannot flush folders has nothing to
  // add.
  if (const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); fd >= 0) {
    ::fsync(fd);
    ::close(fd);
  }
}

}  // namespace

std::string result_id(WallTime started, std::string_view workload, std::string_view driver, std::uint16_t unique) {
  std::string when = format_wall(started);  // 2026-11-20T23:07:33Z; colons are no good in names of files
  std::erase(when, ':');
  return fmt::format("{}-{}-{}-{:04x}", when, name_part(workload), name_part(driver), unique);
}

bool is_result_id(std::string_view name) {
  constexpr std::string_view kBegin = "0000-00-00T000000Z-";  // 0: any digit
  return name.size() > kBegin.size() && std::equal(kBegin.begin(), kBegin.end(), name.begin(), [](char wanted, char c) {
           return wanted == '0' ? c >= '0' && c <= '9' : c == wanted;
         });
}

std::uint16_t unique_part() {
  std::random_device chance;
  return static_cast<std::uint16_t>(chance());
}

fs::path default_result_path(std::string_view id) { return fs::path("results") / fmt::format("{}.json", id); }

bool has_name_of_result(const fs::path& path) {
  const std::string name = path.filename().string();
  for (const std::string_view ending : {".json", ".json.age", ".json.gpg"})
    if (name.size() > ending.size() && name.ends_with(ending)) return true;
  return false;
}

void probe_writable(const fs::path& path) {
  if (is_device_or_pipe(path)) {
    if (::access(path.c_str(), W_OK) != 0) fail(path, "it is not ours to write", errno);
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0 || !S_ISCHR(facts.st_mode)) return;
    const int fd = open_directly(path);
    const bool refuses = ::isatty(fd) == 0 && ::write(fd, "\n", 1) != 1;  // JSON may begin with an empty line
    const int error = errno;
    ::close(fd);
    if (refuses) fail(path, "writing failed", error);
    return;
  }
  const fs::path place = resolved(path), folder = folder_of(place);
  std::vector<fs::path> made;  // the innermost first
  for (fs::path missing = folder; !missing.empty() && !fs::exists(missing); missing = missing.parent_path())
    made.push_back(missing);
  make_folder(path, folder);
  {
    // Some bytes, not none: a full disk still has room for an empty file.
    TemporaryFile probe(path, folder);
    write_all(probe.fd(), std::string(64 * 1024, ' '), path);
    probe.flush();
  }
  std::error_code ignored;  // somebody else's file may lie there by now
  for (const fs::path& one : made) fs::remove(one, ignored);
}

void write_atomically(const fs::path& path, std::string_view text) {
  write_pieces(path, [&](const TextSink& sink) { sink(text); });
}

void write_document(const fs::path& path, const Document& document, const Sealing& sealing) {
  if (sealing.active()) return write_atomically(path, sealing.seal(to_json(document)));
  write_pieces(path, [&](const TextSink& sink) { write_json(document, sink); });
}

Document read_document(const fs::path& path, const fs::path& identity) {
  std::error_code error;
  if (fs::is_directory(path, error))
    throw Error(fmt::format("{} is a folder, expected the file of a result", path.string()));
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (!in.is_open() || in.bad())
    throw Error(
        fmt::format("the result {} cannot be read: {}", path.string(), std::strerror(errno != 0 ? errno : EIO)));
  try {
    if (is_sealed(text.view())) return from_json(unseal(text.view(), identity));
    return from_json(text.view());
  } catch (const Error& e) {
    throw Error(fmt::format("{}: {}", path.string(), e.what()), e.code());
  }
}

}  // namespace assay
