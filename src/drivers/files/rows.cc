#include "base/error.h"
#include "core/parallel.h"
#include "drivers/files/reader.h"
#include "drivers/files/session.h"

#include <fmt/format.h>

namespace assay::files {

const RowsTraits& FilesRows::traits() const noexcept {
  static const RowsTraits traits{.transactions = false,
                                 .keyed = false,
                                 .arrays = false,
                                 .timestamp_resolution = Nanos(1000),
                                 .foreign_keys = false,
                                 .columns = 100'000};
  return traits;
}

void FilesRows::create(const Table& table) {
  value_or_throw(tables_.create(table, waits_), fmt::format("creating the table {}", table.name));
}

void FilesRows::drop_all(std::span<const std::string> tables) {
  for (const std::string& table : tables)
    value_or_throw(tables_.drop(table, waits_), fmt::format("dropping the table {}", table));
}

void FilesRows::truncate_all(std::span<const std::string> tables) {
  for (const std::string& table : tables)
    value_or_throw(tables_.truncate(table, waits_), fmt::format("emptying the table {}", table));
}

Result<std::string> FilesRows::records_of(const Table& table, const RowBatch& batch) const {
  ASSAY_ASSERT(batch.columns() == table.columns.size());
  std::string records;
  for (std::size_t r = 0; r < batch.size(); r++) {
    Result<> row = tables_.settings().format->append_row(table, batch.row(r), records);
    if (row) continue;
    row.error().message =
        fmt::format("{}, row {} of {} in the batch: {}", table.name, r + 1, batch.size(), row.error().message);
    return tl::unexpected(std::move(row.error()));
  }
  return records;
}

Result<> FilesRows::write(const Table& table, const RowBatch& batch) {
  const Result<std::string> records = records_of(table, batch);
  return records ? tables_.append(table, *records, nullptr, false, waits_) : tl::unexpected(records.error());
}

Result<> FilesRows::write_noted(const Table& table, const RowBatch& batch, const RowsNote& note, bool again) {
  const Result<std::string> records = records_of(table, batch);
  return records ? tables_.append(table, *records, &note, again, waits_) : tl::unexpected(records.error());
}

std::vector<std::string> FilesRows::split(const Table& table, std::uint64_t rows) {
  return value_or_throw(split_table(tables_, table, rows), fmt::format("reading the table {}", table.name));
}

Result<std::unique_ptr<RowReader>> FilesRows::read(const Table& table, const std::string& stretch) {
  return read_stretch(tables_, table, stretch);
}

Result<std::uint64_t> FilesRows::no_keys() const {
  return fail(FailureKind::rejected, fmt::format("rows of {} files are found by no key: they are only appended",
                                                 tables_.settings().format->name()));
}

}  // namespace assay::files
