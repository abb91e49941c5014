// The rows facet: tables by DDL; rows by binary COPY, or by multi-row INSERTs when the option `load` says so.
//
// What is sent is of the types that the table has at the server, which somebody else may have made. A column of a type that
// COPY's binary form of a value does not fit, such as an enum or a numeric for doubles, makes the rows of its table go by
// INSERT, and the server converts.
#pragma once

#include "core/sql_rows.h"
#include "drivers/postgres/query.h"

#include <map>

namespace assay::postgres {

enum class Load { copy, insert };

inline constexpr std::string_view kDuplicate[] = {"23505"};  // unique_violation

class PostgresRows final : public SqlRows {
 public:
  /// The connection and the query facet, whose transactions it joins, must outlive it.
  PostgresRows(Connection& connection, PostgresQuery& query, Load load, std::size_t insert_rows)
      : SqlRows(query, {.columns = 1600, .duplicate_codes = kDuplicate}),
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
  /// Of a column at the server: its type, a domain's being that below it, and how it is written.
  struct StoredType {
    Oid oid = 0;
    std::string name;
  };
  using StoredTypes = std::map<std::string, StoredType, std::less<>>;  // by the column's name

  Result<> find_types(const Table&);
  tl::unexpected<Failure> does_not_fit(const Table&, std::size_t column, std::size_t row, const Value&) const;
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
  std::map<std::string, StoredTypes, std::less<>> stored_;  // by table, as they were when it was first written to
  std::vector<Oid> types_;                                  // of the columns that are written
  bool all_binary_ = true;
  Slot slot_;
};

/// Throws for whoever is not on the measured path: the target cannot be reached or refuses us.
[[noreturn]] void throw_failure(const Failure&, std::string_view while_doing);

}  // namespace assay::postgres
