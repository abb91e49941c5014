#include "drivers/files/tables.h"

#include "base/error.h"
#include "core/meta.h"
#include "core/parallel.h"
#include "drivers/files/failure.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace assay::files {

Tables::Tables(Settings settings)
    : settings_(std::move(settings)),
      record_(settings_.path, fmt::format(".assay_meta_{}", settings_.format->name()), settings_.sync) {}

Result<> Tables::look() const {
  const std::string& path = settings_.path;
  const Result<std::optional<struct stat>> there = status_of(path);
  if (!there) return fail(FailureKind::disconnected, there.error().message, there.error().native_code);
  if (!*there)
    return fail(FailureKind::disconnected, fmt::format("the directory {} is not there; make it first (mkdir -p)", path),
                "ENOENT");
  if (!S_ISDIR((*there)->st_mode))
    return fail(FailureKind::disconnected, fmt::format("{} is no directory", path), "ENOTDIR");
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK | X_OK, AT_EACCESS) != 0)
    return fail(FailureKind::disconnected, fmt::format("the directory {} may not be read by us", path), "EACCES");
  if (settings_.must_write && ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0) {
    if (errno == EROFS)
      return fail(FailureKind::disconnected, fmt::format("{} is on a file system that is read-only", path), "EROFS");
    return fail(FailureKind::disconnected, fmt::format("the directory {} may not be written by us", path), "EACCES");
  }
  return {};
}

std::string Tables::file_of(std::string_view table) const {
  if (table.empty() || table[0] == '.' || table.find('/') != table.npos || table.find('\0') != table.npos)
    throw Error(
        fmt::format("no file can have the name of the table '{}'; expected one without '/' that does not begin "
                    "with a dot",
                    table));
  return fmt::format("{}/{}.{}", settings_.path, table, settings_.format->name());
}

bool Tables::exists(std::string_view table) const {
  return value_or_throw(status_of(file_of(table)), fmt::format("looking for the table {}", table)).has_value();
}

Result<File> Tables::open_table(std::string_view table, const Waits& waits) const {
  const std::string path = file_of(table);
  Result<File> file = File::open_locked(path, O_RDWR, waits);
  if (!file && file.error().native_code == "ENOENT")
    return fail(FailureKind::rejected, fmt::format("there is no table {}: {} is not there", table, path), "ENOENT");
  return file;
}

Result<> Tables::create(const Table& table, const Waits& waits) {
  if (table.partitioning.kind != Partitioning::Kind::none)
    return fail(FailureKind::rejected,
                fmt::format("the table {} has partitions, which a file cannot have", table.name));
  const std::string path = file_of(table.name);
  const auto there = status_of(path);
  if (!there) return tl::unexpected(there.error());
  if (*there)
    return fail(FailureKind::rejected, fmt::format("there is a table {} already: {}", table.name, path), "EEXIST");
  // Of a file that somebody removed.
  Result<> done = record_.change(waits, [&](const RecordState& state) {
    return state.lengths.contains(table.name) ? std::vector{RecordLine::gone(table.name)} : std::vector<RecordLine>();
  });
  if (!done) return done;
  Result<File> file = File::open_locked(path, O_RDWR | O_CREAT | O_EXCL, waits);
  if (!file) return tl::unexpected(std::move(file.error()));
  const std::string header = settings_.format->header(table);
  done = put_at(*file, 0, header);
  if (done && settings_.sync) done = sync_directory(settings_.path);
  if (done)
    done = record_.change(
        waits, [&](const RecordState&) { return std::vector{RecordLine::length(table.name, header.size())}; });
  if (!done) ::unlink(path.c_str());
  return done;
}

Result<> Tables::drop(std::string_view table, const Waits& waits) {
  const std::string path = file_of(table);
  const auto forget = [&] {
    Result<bool> known = false;
    Result<> looked = record_.read([&](const RecordState& state) { known = state.lengths.contains(table); });
    if (!looked || !*known) return looked;
    return record_.change(waits, [&](const RecordState&) { return std::vector{RecordLine::gone(table)}; });
  };
  Result<File> file = File::open_locked(path, O_RDWR, waits);
  if (!file) {
    if (file.error().native_code == "ENOENT") return forget();
    return tl::unexpected(std::move(file.error()));
  }
  if (Result<> done = forget(); !done) return done;
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return io_failure("removing", path, errno);
  return settings_.sync ? sync_directory(settings_.path) : Result<>();
}

Result<> Tables::truncate(std::string_view table, const Waits& waits) {
  Result<File> file = open_table(table, waits);
  if (!file) return tl::unexpected(std::move(file.error()));
  // Of the header no more is known here than that it is the first record.
  std::uint64_t header = 0;
  if (settings_.format->quotes_line_ends()) {
    RecordScanner scanner(*settings_.format);
    std::string piece;
    for (std::uint64_t at = 0; header == 0; at += piece.size()) {
      if (Result<> read = file->read_at(at, 1 << 16, piece); !read) return read;
      if (piece.empty()) break;
      scanner.scan(piece, [&](std::size_t end) { header = header == 0 ? at + end : header; });
    }
  }
  // What was written whole is less from here on, so that whoever is killed now leaves bytes that count for nothing.
  Result<> done =
      record_.change(waits, [&](const RecordState&) { return std::vector{RecordLine::length(table, header)}; });
  if (done) done = file->truncate(header);
  if (done && settings_.sync) done = file->sync();
  return done;
}

Result<> Tables::put_at(File& file, std::uint64_t position, std::string_view data) const {
  Result<> done = file.write_at(position, data);
  if (done && settings_.sync) done = file.sync();
  return done;
}

Result<> Tables::require_header(const Table& table, const File& file) const {
  const std::string header = settings_.format->header(table);
  std::string found;
  if (Result<> read = file.read_at(0, header.size(), found); !read) return read;
  if (found == header) return {};
  if (found.find('\r') != found.npos) {  // the same with CRLF
    if (Result<> read = file.read_at(0, header.size() + 1, found); !read) return read;
    if (std::string_view(found).substr(0, header.size() - 1) == std::string_view(header).substr(0, header.size() - 1) &&
        found.ends_with("\r\n"))
      return {};
  }
  return fail(FailureKind::rejected,
              fmt::format("{} begins with '{}'; expected the columns of {}, '{}'", file.path(),
                          std::string_view(found).substr(0, found.find('\n')), table.name,
                          std::string_view(header).substr(0, header.size() - 1)),
              "HEADER");
}

/// Where the next row goes: behind all that was written whole, of a file that begins as it must.
Result<std::uint64_t> Tables::written_length(const Table& table, File& file) {
  Result<std::uint64_t> size = file.size();
  if (!size) return size;
  std::optional<std::uint64_t> noted;
  Result<> looked = record_.read([&](const RecordState& state) {
    if (const auto found = state.lengths.find(table.name); found != state.lengths.end()) noted = found->second;
  });
  if (!looked) return tl::unexpected(std::move(looked.error()));
  const std::string header = settings_.format->header(table);
  if (noted.value_or(0) < header.size() && *size < header.size()) {  // who made the table was killed meanwhile
    std::string begun;
    if (Result<> read = file.read_at(0, header.size(), begun); !read) return tl::unexpected(std::move(read.error()));
    if (header.starts_with(begun)) {
      if (Result<> put = put_at(file, 0, header); !put) return tl::unexpected(std::move(put.error()));
      return header.size();
    }
  }
  if (Result<> same = require_header(table, file); !same) return tl::unexpected(std::move(same.error()));
  if (noted && *size < *noted)
    return fail(FailureKind::rejected,
                fmt::format("{} has {} bytes, and {} were written: somebody cut it off, or the power did", file.path(),
                            *size, *noted),
                "CUT_OFF");
  return noted.value_or(*size);
}

Result<> Tables::append(const Table& table, std::string_view records, const RowsNote* note, bool again,
                        const Waits& waits) {
  Result<File> file = open_table(table.name, waits);
  if (!file) return tl::unexpected(std::move(file.error()));
  const std::string key = note == nullptr ? "" : fmt::format("{}/{}", note->workload, note->name);
  if (note != nullptr && again) {
    bool there = false;
    Result<> looked = record_.read([&](const RecordState& state) {
      const auto entries = state.collections.find(meta_table().name);
      there = entries != state.collections.end() && entries->second.contains(key);
    });
    if (!looked || there) return looked;
  }
  const Result<std::uint64_t> length = written_length(table, *file);
  if (!length) return tl::unexpected(length.error());
  Result<> done = file->truncate(*length);
  if (done) done = put_at(*file, *length, records);
  if (done && (note != nullptr || !records.empty()))
    done = record_.change(waits, [&](const RecordState&) {
      const std::uint64_t now = *length + records.size();
      return std::vector{note == nullptr ? RecordLine::length(table.name, now)
                                         : RecordLine::noted(table.name, now, meta_table().name, key, note->value)};
    });
  if (!done && !done.error().in_doubt) static_cast<void>(file->truncate(*length));
  return done;
}

}  // namespace assay::files
