// The rows facet: tables by DDL; rows by LOAD DATA LOCAL from memory, by array binding, or by multi-row INSERTs.
//
// DDL commits what is open, as these servers do.
#pragma once

#include "core/sql_rows.h"
#include "drivers/mysql/ddl.h"
#include "drivers/mysql/query.h"

#include <map>

namespace assay::mysql {

enum class Load { automatic, load_data, bulk, insert };

inline constexpr std::string_view kDuplicate[] = {"1062", "1586"};  // ER_DUP_ENTRY, ER_DUP_ENTRY_WITH_KEY_NAME

class MysqlRows final : public SqlRows {
 public:
  /// The connection and the query facet, whose transactions it joins, must outlive it.
  MysqlRows(Connection& connection, MysqlQuery& query, Load load, std::size_t insert_rows)
      : SqlRows(query, {.columns = 1017, .duplicate_codes = kDuplicate}),  // of InnoDB
        connection_(connection),
        query_(query),
        executor_(connection),
        load_(load),
        insert_rows_(insert_rows) {}

  void look_at(const Table&) const override;
  void create(const Table&) override;
  void create_indexes(const Table&) override;
  void create_foreign_keys(const Table&) override;
  bool exists(std::string_view table) override;
  void drop_all(std::span<const std::string> tables) override;
  void truncate_all(std::span<const std::string> tables) override;
  Result<> write(const Table&, const RowBatch&) override;

 private:
  Result<> write_parts(const Table&, const RowBatch&);
  Result<> choose();
  Result<> load_data(const Table&, const RowBatch&);
  Result<> why_incomplete(const Table&, std::uint64_t written, std::uint64_t expected);
  Result<> bulk(const Table&, const RowBatch&);
  Result<> insert(const Table&, const RowBatch&);
  void carry_out(const std::string& statement);
  /// Statements that remove the foreign keys among the tables. Throws Error when that of another table refers to one.
  std::vector<std::string> removals_of_foreign_keys(std::span<const std::string> tables, std::string_view done);
  /// Adds what is not there yet, in one statement. `names_there` answers the names of what the table has.
  void add_missing(const Table&, std::vector<Addition>, std::string_view names_there);
  void leave_missing(const Table&, std::vector<Addition>&, std::string_view names_there);
  /// The one integer that the statement answers.
  std::int64_t ask(std::string_view text, std::span<const Value> arguments);

  Connection& connection_;
  MysqlQuery& query_;
  Executor executor_;
  Load load_;
  std::size_t insert_rows_;
  std::string buffer_;                               // rows in text, on their way out
  std::map<std::string, Prepared> bulk_statements_;  // by their text
  Slot slot_;
};

/// Appends a row as LOAD DATA reads it, a line; answers the first column whose value has no form, or the number of columns.
std::size_t append_line(const Table&, const Value* row, std::string& out);

/// Throws for whoever is not on the measured path: the target cannot be reached or refuses us.
[[noreturn]] void throw_failure(const Failure&, std::string_view while_doing);

}  // namespace assay::mysql
