// What the rows facets of SQL databases have in common: writing with a note, reading back, replacing and removing,
// over the query facet of the same session.
//
// A driver derives its rows facet from SqlRows and adds what is its own: tables and their DDL, and write(). A table
// with a primary key is cut and read in the order of that key, a page a statement. One without is cut by conditions
// that the driver knows (where its rows lie), and is otherwise read by pages of the order in which the target keeps
// it, which holds as long as nobody writes. Belongs to its session; failures as in core/facets.h.
#pragma once

#include "core/facets.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace assay {

/// The identifier in the dialect's quotes.
std::string quoted_name(const Dialect&, std::string_view identifier);

/// Of an index or a constraint, unique in a database for what it is made of: users_email_key; where that could be another
/// one's too, or is longer than the 63 bytes that every server takes, its beginning and a hash. `kind`: what it ends with,
/// such as key with columns, and fk0 of a table's first foreign key without.
std::string derived_name(std::string_view table, std::span<const std::string> columns, std::string_view kind);

/// What `write` writes, which joins the transaction, and the note, as one. `again`: the note may be there, and is
/// then looked for first; nothing is done when it is.
Result<> write_with_note(QueryFacet&, const RowsNote&, bool again, const std::function<Result<>()>& write);

/// The cell of a result as a value of its column's type; what it points to is in the batch. What is no value of the
/// type stays what it is.
Value value_of_column(const Value&, const Column&, const Dialect&, RowBatch&);

class SqlRows : public RowsFacet {
 public:
  const RowsTraits& traits() const noexcept override { return traits_; }
  Result<> write_noted(const Table&, const RowBatch&, const RowsNote&, bool again) override;
  std::vector<std::string> split(const Table&, std::uint64_t rows) override;
  Result<std::unique_ptr<RowReader>> read(const Table&, const std::string& stretch) override;
  Result<std::uint64_t> replace(const Table&, const RowBatch&) override;
  Result<std::uint64_t> remove(const Table&, const RowBatch& keys) override;

 protected:
  /// The query facet must outlive it.
  SqlRows(QueryFacet& query, RowsTraits traits) : sql_(query), traits_(traits) {}
  /// Conditions of SQL that cut a table without a primary key into disjoint stretches of about so many rows. None: it
  /// cannot be cut. Throws Error.
  virtual std::vector<std::string> conditions(const Table&, std::uint64_t /*rows*/) { return {}; }
  /// The one integer that a statement answers; 0 when it is null. Throws Error.
  std::int64_t number(const std::string& statement);

 private:
  std::vector<std::string> split_by_key(const Table&, std::uint64_t rows);
  /// In a transaction of its own when it takes several statements and none is open.
  Result<std::uint64_t> as_one(bool several, const std::function<Result<std::uint64_t>()>& work);

  QueryFacet& sql_;
  const RowsTraits traits_;
};

}  // namespace assay
