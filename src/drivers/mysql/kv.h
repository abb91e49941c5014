// The key-value facet: a collection is a table (k varbinary(1024) primary key, v longblob not null).
//
// Bytes as keys: any key of up to 1,024 of them is allowed, and order is by bytes.
#pragma once

#include "core/facets.h"
#include "drivers/mysql/query.h"

#include <array>

namespace assay::mysql {

class MysqlKv final : public KvFacet {
 public:
  /// The connection and the query facet, whose transactions it joins, must outlive it.
  MysqlKv(Connection& connection, MysqlQuery& query) : connection_(connection), query_(query), executor_(connection) {}

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
  enum Operation { kGet, kPut, kUpdate, kRemove, kScan, kOperations };
  Result<> execute(Operation, std::span<const Value>);
  Result<> put_some(std::span<const KvPair>, std::size_t& next);
  Result<> get_some(std::span<const std::string_view> keys, std::vector<std::optional<std::string>>& values,
                    std::size_t& next);

  Connection& connection_;
  MysqlQuery& query_;
  Executor executor_;
  std::string collection_, table_;
  std::array<Prepared, kOperations> statements_;
  Slot slot_;
  std::string text_;
  std::vector<std::size_t> order_;
};

}  // namespace assay::mysql
