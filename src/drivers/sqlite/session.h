// One session of SQLite: a connection with the query, rows and kv facets over it.
//
// The facets share the connection and so its transaction: what rows or kv write inside an open transaction of the query
// facet is part of it. A batch of the query facet saves nothing here, since nothing travels: enqueue carries the
// statement out at once and remembers the first failure for flush.
#pragma once

#include "core/driver.h"
#include "core/sql_rows.h"
#include "drivers/sqlite/connection.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::sqlite {

extern const Dialect kDialect;

class Query final : public QueryFacet {
 public:
  explicit Query(Connection& connection) : connection_(connection) {}

  const Dialect& dialect() const noexcept override { return kDialect; }
  void declare(const StatementTable&) override;
  Result<> begin(const Transaction&) override;
  Result<> commit() override;
  Result<> rollback() override;
  bool in_transaction() const noexcept override { return open_; }
  Result<const ResultSet*> execute(StatementId, std::span<const Value>) override;
  Result<const ResultSet*> run(std::string_view, std::span<const Value>) override;
  std::size_t enqueue(StatementId, std::span<const Value>) override;
  void enqueue_begin(const Transaction&) override;
  void enqueue_commit() override;
  Result<> flush() override;
  const ResultSet& result(std::size_t i) const override;

 private:
  Result<> carry_out(StatementId, std::span<const Value>, ResultSet&);
  Result<> carry_out(Prepared&, std::span<const Value>, ResultSet&);
  Result<> control(Prepared&, const char* text);  // BEGIN, COMMIT, ROLLBACK
  void start_batch();
  void note(Result<>);

  Connection& connection_;
  const StatementTable* declared_ = nullptr;
  std::vector<Prepared> prepared_;  // by StatementId, on first use
  Prepared begin_write_, begin_read_, commit_, rollback_;
  bool open_ = false, read_only_ = false;  // the transaction, as the caller sees it
  ResultSet answer_;
  // The batch; deque: results stay where they are.
  std::deque<ResultSet> results_;
  std::size_t enqueued_ = 0;
  bool flushed_ = true;
  std::optional<Failure> failed_;
};

/// Makes what is written while it lives one unit: a transaction, or a savepoint when a transaction is open.
class Unit {
 public:
  explicit Unit(Connection& connection) : connection_(connection), nested_(connection.in_transaction()) {}
  Result<> begin() { return connection_.execute(nested_ ? "savepoint assay_unit" : "begin immediate"); }
  /// Keeps what was written when `written` is good, and takes it back otherwise.
  Result<> end(Result<> written);

 private:
  Connection& connection_;
  const bool nested_;
};

class Rows final : public SqlRows {
 public:
  Rows(Connection& connection, Query& query);

  void create(const Table&) override;
  void create_indexes(const Table&) override;
  void create_foreign_keys(const Table&) override;
  bool exists(std::string_view table) override;
  void drop_all(std::span<const std::string> tables) override;
  void truncate_all(std::span<const std::string> tables) override;
  Result<> write(const Table&, const RowBatch&) override;

 private:
  std::vector<std::string> conditions(const Table&, std::uint64_t rows) override;
  /// The statement for each of these tables, without looking up what refers to their rows.
  void for_all(std::span<const std::string> tables, std::string_view statement, std::string_view doing);
  Result<> add_foreign_keys(const Table&);
  Result<> insert_all(const Table&, const RowBatch&);
  Result<> require_unreferenced(std::span<const std::string> tables);
  Result<Prepared*> insert_into(const Table&);

  Connection& connection_;
  std::string insert_table_;  // what insert_ writes to
  std::size_t insert_columns_ = 0;
  Prepared insert_;
};

class Kv final : public KvFacet {
 public:
  Kv(Connection& connection, Rows& rows) : connection_(connection), rows_(rows) {}

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
  Result<> ready(Prepared&, const char* before, const char* behind);  // prepares: before + collection + behind
  Result<bool> changed(Prepared&, std::span<const std::string_view> blobs);
  Result<> get_all(std::span<const std::string_view> keys, std::vector<std::optional<std::string>>& values);
  Result<> put_all(std::span<const KvPair>);

  Connection& connection_;
  Rows& rows_;              // makes its tables go
  std::string collection_;  // quoted
  Prepared get_, put_, update_, remove_, scan_;
};

class SqliteSession final : public Session {
 public:
  explicit SqliteSession(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)),
        query_(*connection_),
        rows_(*connection_, query_),
        kv_(*connection_, rows_) {}

  QueryFacet* query() noexcept override { return &query_; }
  RowsFacet* rows() noexcept override { return &rows_; }
  KvFacet* kv() noexcept override { return &kv_; }
  Result<> reset() override { return query_.rollback(); }
  void set_patient(bool on) noexcept override { connection_->set_patient(on); }
  void interrupt() noexcept override { connection_->interrupt(); }
  std::uint64_t round_trips() const noexcept override { return connection_->executed(); }

 private:
  std::unique_ptr<Connection> connection_;  // first: the facets' statements end before it
  Query query_;
  Rows rows_;
  Kv kv_;
};

/// An Error for what a facet's throwing calls met.
[[noreturn]] void throw_sqlite(std::string_view doing, const Failure&);

}  // namespace assay::sqlite
