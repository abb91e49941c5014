// The rows facet: tables by DDL; rows by binary COPY, or by multi-row INSERTs when the option `load` says so.
#pragma once

#include "core/sql_rows.h"
#include "drivers/postgres/query.h"

namespace assay::postgres {

enum class Load { copy, insert };

class PostgresRows final : public SqlRows {
 public:
  /// The connection and the query facet, whose transactions it joins, must outlive it.
  PostgresRows(Connection& connection, PostgresQuery& query, Load load, std::size_t insert_rows)
      : SqlRows(query, {.columns = 1600}),
        connection_(connection),
        query_(query),
        load_(load),
        insert_rows_(insert_rows) {}

  void create(const Table&) override;
  void create_indexes(const Table&) override;
  void create_foreign_keys(const Table&) override;
  bool exists(std::string_view table) override;
  void drop_all(std::span<const std::string> tables) override;
  void truncate_all(std::span<const std::string> tables) override;
  Result<> write(const Table&, const RowBatch&) override;

 private:
  std::vector<std::string> conditions(const Table&, std::uint64_t rows) override;
  Result<> copy(const Table&, const RowBatch&);
  Result<> copy_rows(const Table&, const RowBatch&);
  Result<> end_copy(const char* error);
  Result<> insert(const Table&, const RowBatch&);
  Result<> insert_some(const Table&, const RowBatch&, std::size_t first, std::size_t last);
  /// Does all the statements or none.
  void carry_out(const std::vector<std::string>& statements);
  bool ask(std::string_view text, std::span<const Value> arguments);

  Connection& connection_;
  PostgresQuery& query_;
  Load load_;
  std::size_t insert_rows_;
  std::string buffer_;  // rows in COPY's form, on their way out
  Arguments arguments_;
  std::vector<Oid> types_;
  Slot slot_;
};

/// Throws for whoever is not on the measured path: the target cannot be reached or refuses us.
[[noreturn]] void throw_failure(const Failure&, std::string_view while_doing);

}  // namespace assay::postgres
