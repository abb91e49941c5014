// The files of tables in a directory: made, removed, emptied, and appended to so that rows and their note are one.
//
// A table's file is locked while it is changed. Its length by the record (record.h) is what was written whole; bytes
// behind it are of a write that was killed, and the next one overwrites them. A file that the record does not know is
// taken as it is. Thread-safe; paths are DIRECTORY/TABLE.FORMAT.
#pragma once

#include "core/facets.h"
#include "drivers/files/format.h"
#include "drivers/files/record.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace assay::files {

struct Settings {
  std::string path;  // of the directory
  const Format* format = nullptr;
  bool sync = true;
  bool must_write = true;  // who cannot write into the directory is told so at once
  Nanos operation_timeout{};
};

class Tables {
 public:
  explicit Tables(Settings settings);

  const Settings& settings() const noexcept { return settings_; }
  Record& record() noexcept { return record_; }
  /// Fails, naming the directory, when it is not there, is none, or may not be used.
  Result<> look() const;

  /// Throws Error when no file can have that name.
  std::string file_of(std::string_view table) const;
  bool exists(std::string_view table) const;  // throws Error
  Result<> create(const Table&, const Waits&);
  Result<> drop(std::string_view table, const Waits&);
  Result<> truncate(std::string_view table, const Waits&);
  /// Appends records, all or none, with the note if there is one. `again`: not when the note is there already.
  Result<> append(const Table&, std::string_view records, const RowsNote*, bool again, const Waits&);
  /// Fails unless the file begins as that of the table does.
  Result<> require_header(const Table&, const File&) const;

 private:
  Result<File> open_table(std::string_view table, const Waits&) const;
  Result<std::uint64_t> written_length(const Table&, File&);
  Result<> put_at(File&, std::uint64_t position, std::string_view data) const;

  const Settings settings_;
  Record record_;
};

}  // namespace assay::files
