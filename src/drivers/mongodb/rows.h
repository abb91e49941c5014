// Tables as collections: made, indexed, written, cut into stretches, read, replaced and removed by key.
//
// There are no transactions here (they need a replica set): a chunk and its note are kept together by the rows' _ids, which are
// their keys or, where there is no key, made from the note's name and the row's place in the chunk; so a row that is written
// again takes its own place. The note is written when all rows were acknowledged, and both survive the server's crash then.
#pragma once

#include "core/facets.h"
#include "drivers/mongodb/codec.h"
#include "drivers/mongodb/connection.h"

namespace assay::mongodb {

class MongoRows final : public RowsFacet {
 public:
  explicit MongoRows(Connection& connection) : connection_(connection) {}

  const RowsTraits& traits() const noexcept override;
  void look_at(const Table&) const override;
  void create(const Table&) override;
  void create_indexes(const Table&) override;
  void create_foreign_keys(const Table&) override {}  // MongoDB has none (RowsTraits)
  bool exists(std::string_view table) override;
  void drop_all(std::span<const std::string> tables) override;
  void truncate_all(std::span<const std::string> tables) override;
  Result<> write(const Table&, const RowBatch&) override;
  Result<> write_noted(const Table&, const RowBatch&, const RowsNote&, bool again) override;
  std::vector<std::string> split(const Table&, std::uint64_t rows) override;
  Result<std::unique_ptr<RowReader>> read(const Table&, const std::string& stretch) override;
  Result<std::uint64_t> replace(const Table&, const RowBatch&) override;
  Result<std::uint64_t> remove(const Table&, const RowBatch& keys) override;

 private:
  Result<bool> has_note(const std::string& key);
  Failure explained(Failure, const Table&, const RowBatch&) const;

  Connection& connection_;
};

/// The _id of a row of a table without a key.
ObjectId id_of(const Table&, const RowsNote&, std::size_t row) noexcept;

}  // namespace assay::mongodb
