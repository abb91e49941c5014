// An open file: reads and writes that are whole or fail, and a lock that processes and threads take turns by.
//
// Positions and sizes are in bytes. A File belongs to one thread at a time; closing it gives its lock back, and so
// does the end of the process, however it comes. Every call answers a Result (failure.h) that names the path. The
// locks are those of flock(2): advisory, among processes of one machine, and of several over NFS as far as its server
// has locks.
#pragma once

#include "base/result.h"
#include "base/time.h"

#include <sys/stat.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace assay::files {

/// How long a session waits for a lock, and what ends the wait.
struct Waits {
  Nanos timeout{};
  const std::atomic<bool>* interrupted = nullptr;
};

class File {
 public:
  File() = default;
  ~File();
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  File& operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(path_, other.path_);
    return *this;
  }

  /// `flags` as of open(2).
  static Result<File> open(const std::string& path, int flags);
  /// The same, and locked: nobody else has the file of this path locked until this one is closed. Fails as a conflict
  /// when the time is over, as cancelled when the session was interrupted.
  static Result<File> open_locked(const std::string& path, int flags, const Waits&);

  bool is_open() const noexcept { return fd_ >= 0; }
  const std::string& path() const noexcept { return path_; }
  Result<struct stat> status() const;
  Result<std::uint64_t> size() const;
  /// Fills `out` from the position on, up to `most` bytes; fewer only at the file's end.
  Result<> read_at(std::uint64_t position, std::size_t most, std::string& out) const;
  Result<> write_at(std::uint64_t position, std::string_view data);
  Result<> truncate(std::uint64_t size);
  /// Waits until the disk has it.
  Result<> sync();

 private:
  Result<> lock(const Waits&);

  int fd_ = -1;
  std::string path_;
};

/// nullopt when nothing is there. Follows links.
Result<std::optional<struct stat>> status_of(const std::string& path);
/// Waits until the disk has what files a directory has.
Result<> sync_directory(const std::string& path);

}  // namespace assay::files
