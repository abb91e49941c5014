// The key-value facet: a collection is a table (k bytea primary key, v bytea not null).
//
// Bytes as keys: any key is allowed, and order is by bytes. A digit string as a text parameter finds the same row
// (pgbench: select v from "coll" where k = $1).
#pragma once

#include "core/facets.h"
#include "drivers/postgres/statement.h"

#include <array>

namespace assay::postgres {

class PostgresKv final : public KvFacet {
 public:
  /// The connection must outlive it.
  explicit PostgresKv(Connection& connection) : connection_(connection) {}

  void create(std::string_view collection) override;
  bool exists(std::string_view collection) override;
  void drop(std::string_view collection) override;
  void use(std::string_view collection) override;
  Result<bool> get(std::string_view key, std::string& value) override;
  Result<> put(std::string_view key, std::string_view value) override;
  Result<bool> update(std::string_view key, std::string_view value) override;
  Result<bool> remove(std::string_view key) override;
  Result<> scan(std::string_view first, std::size_t limit,
                std::vector<std::pair<std::string, std::string>>& out) override;
  Result<> get_batch(std::span<const std::string_view> keys, std::vector<std::optional<std::string>>& values) override;
  Result<> put_batch(std::span<const KvPair>) override;

 private:
  enum Operation { kGet, kPut, kUpdate, kRemove, kScan, kGetBatch, kPutBatch, kOperations };
  Result<> execute(Operation, std::span<const Value>);

  Connection& connection_;
  std::string collection_;
  std::array<Prepared, kOperations> statements_;
  Arguments arguments_;
  Slot slot_;
  std::vector<Value> keys_, values_;
  std::vector<std::size_t> order_;
};

}  // namespace assay::postgres
