#include "drivers/files/file.h"

#include "drivers/files/failure.h"
#include "runtime/wait.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace assay::files {
namespace {

constexpr mode_t kMode = 0666;  // less what the umask takes

bool same_file(const struct stat& a, const struct stat& b) noexcept {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

Result<File> File::open(const std::string& path, int flags) {
  File file;
  file.path_ = path;
  do file.fd_ = ::open(path.c_str(), flags | O_CLOEXEC, kMode);
  while (file.fd_ < 0 && errno == EINTR);
  if (file.fd_ < 0) return io_failure("opening", path, errno);
  return file;
}

Result<File> File::open_locked(const std::string& path, int flags, const Waits& waits) {
  for (;;) {
    Result<File> file = open(path, flags);
    if (!file) return file;
    if (Result<> locked = file->lock(waits); !locked) return tl::unexpected(std::move(locked.error()));
    const Result<struct stat> ours = file->status();
    if (!ours) return tl::unexpected(ours.error());
    const Result<std::optional<struct stat>> there = status_of(path);
    if (!there) return tl::unexpected(there.error());
    // Whoever held the lock before may have removed the file, and somebody have made another one.
    if (*there && same_file(**there, *ours)) return file;
    if ((flags & O_EXCL) != 0) return io_failure("opening", path, ENOENT);
  }
}

Result<> File::lock(const Waits& waits) {
  using namespace std::chrono_literals;
  const TimePoint give_up = real_clock().now() + waits.timeout;
  for (Nanos pause = 50us; ::flock(fd_, LOCK_EX | LOCK_NB) != 0; pause = std::min<Nanos>(2 * pause, 2ms)) {
    if (errno != EWOULDBLOCK && errno != EINTR) return io_failure("locking", path_, errno);
    if (waits.interrupted != nullptr && *waits.interrupted) return fail(FailureKind::cancelled, "cancelled");
    const TimePoint now = real_clock().now();
    if (now >= give_up)
      return fail(FailureKind::conflict,
                  fmt::format("{} is locked by another session or process, for {} s now", path_,
                              std::chrono::duration_cast<std::chrono::seconds>(waits.timeout).count()),
                  "EWOULDBLOCK");
    if (runtime::sleep_until(now + pause) == runtime::Ready::cancelled)
      return fail(FailureKind::cancelled, "cancelled");
  }
  return {};
}

Result<struct stat> File::status() const {
  struct stat out {};
  if (::fstat(fd_, &out) != 0) return io_failure("looking at", path_, errno);
  return out;
}

Result<std::uint64_t> File::size() const {
  return status().map([](const struct stat& status) { return static_cast<std::uint64_t>(status.st_size); });
}

Result<> File::read_at(std::uint64_t position, std::size_t most, std::string& out) const {
  out.resize(most);
  std::size_t filled = 0;
  while (filled < most) {
    const ssize_t got = ::pread(fd_, out.data() + filled, most - filled, static_cast<off_t>(position + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_failure("reading", path_, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  out.resize(filled);
  return {};
}

Result<> File::write_at(std::uint64_t position, std::string_view data) {
  while (!data.empty()) {
    const ssize_t put = ::pwrite(fd_, data.data(), data.size(), static_cast<off_t>(position));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return io_failure("writing", path_, put == 0 ? ENOSPC : errno);
    data.remove_prefix(static_cast<std::size_t>(put));
    position += static_cast<std::uint64_t>(put);
  }
  return {};
}

Result<> File::truncate(std::uint64_t size) {
  int done = 0;
  do done = ::ftruncate(fd_, static_cast<off_t>(size));
  while (done != 0 && errno == EINTR);
  if (done != 0) return io_failure("cutting off", path_, errno);
  return {};
}

Result<> File::sync() {
  // EINVAL, ENOTSUP: a file system without a disk behind it.
  if (::fdatasync(fd_) != 0 && errno != EINVAL && errno != ENOTSUP)
    return io_failure("flushing to the disk", path_, errno);
  return {};
}

Result<std::optional<struct stat>> status_of(const std::string& path) {
  struct stat out {};
  if (::stat(path.c_str(), &out) == 0) return out;
  if (errno == ENOENT) return std::nullopt;
  return io_failure("looking at", path, errno);
}

Result<> sync_directory(const std::string& path) {
  Result<File> directory = File::open(path, O_RDONLY | O_DIRECTORY);
  if (!directory) return tl::unexpected(std::move(directory.error()));
  return directory->sync();
}

}  // namespace assay::files
