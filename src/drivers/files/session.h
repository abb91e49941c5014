// A session on a directory of files: the rows facet, and the entries of the record as collections of the kv facet,
// which is there for core/meta.h. Sessions of a target share its Tables; nothing is open between calls.
#pragma once

#include "core/driver.h"
#include "drivers/files/tables.h"

#include <atomic>
#include <memory>

namespace assay::files {

class FilesRows final : public RowsFacet {
 public:
  FilesRows(Tables& tables, const Waits& waits) : tables_(tables), waits_(waits) {}

  const RowsTraits& traits() const noexcept override;
  void create(const Table&) override;
  void create_indexes(const Table&) override {}       // there are none, and nothing is unique
  void create_foreign_keys(const Table&) override {}  // nor do rows refer to others, as traits() says
  bool exists(std::string_view table) override { return tables_.exists(table); }
  void drop_all(std::span<const std::string> tables) override;
  void truncate_all(std::span<const std::string> tables) override;
  Result<> write(const Table&, const RowBatch&) override;
  Result<> write_noted(const Table&, const RowBatch&, const RowsNote&, bool again) override;
  std::vector<std::string> split(const Table&, std::uint64_t rows) override;
  Result<std::unique_ptr<RowReader>> read(const Table&, const std::string& stretch) override;
  Result<std::uint64_t> replace(const Table&, const RowBatch&) override { return no_keys(); }
  Result<std::uint64_t> remove(const Table&, const RowBatch&) override { return no_keys(); }

 private:
  Result<std::string> records_of(const Table&, const RowBatch&) const;
  Result<std::uint64_t> no_keys() const;

  Tables& tables_;
  const Waits& waits_;
};

class FilesKv final : public KvFacet {
 public:
  FilesKv(Record& record, const Waits& waits) : record_(record), waits_(waits) {}

  void create(std::string_view collection) override;
  bool exists(std::string_view collection) override;
  void drop(std::string_view collection) override;
  void use(std::string_view collection) override { used_ = collection; }
  Result<bool> get(std::string_view key, std::string& value) override;
  Result<> put(std::string_view key, std::string_view value) override;
  Result<bool> update(std::string_view key, std::string_view value) override;
  Result<bool> remove(std::string_view key) override;
  Result<> scan(std::string_view first, std::size_t limit,
                std::vector<std::pair<std::string, std::string>>& out) override;
  Result<> get_batch(std::span<const std::string_view> keys, std::vector<std::optional<std::string>>& values) override;
  Result<> put_batch(std::span<const KvPair>) override;

 private:
  Result<> look(const std::function<void(const RecordState::Collection&)>&);
  Result<> change(const std::function<std::vector<RecordLine>(const RecordState::Collection&)>&);
  tl::unexpected<Failure> no_collection() const;

  Record& record_;
  const Waits& waits_;
  std::string used_;
};

class FilesSession final : public Session {
 public:
  explicit FilesSession(std::shared_ptr<Tables> tables)
      : tables_(std::move(tables)),
        waits_{.timeout = tables_->settings().operation_timeout, .interrupted = &interrupted_},
        rows_(*tables_, waits_),
        kv_(tables_->record(), waits_) {}

  RowsFacet* rows() noexcept override { return &rows_; }
  KvFacet* kv() noexcept override { return &kv_; }
  void interrupt() noexcept override { interrupted_ = true; }

 private:
  const std::shared_ptr<Tables> tables_;
  std::atomic<bool> interrupted_{false};
  const Waits waits_;
  FilesRows rows_;
  FilesKv kv_;
};

}  // namespace assay::files
