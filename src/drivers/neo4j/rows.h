// Rows as nodes: the rows facet over one connection.
//
// A batch is written by UNWIND, some rows a statement, all of them one transaction; the note of the record is a node of the
// label assay_meta in the same transaction, whose key is unique, so that a second try cannot commit what is there. Tables are
// read as streams in stretches of their key. Nodes are removed in transactions of some thousand. Failures as in
// core/facets.h; in_doubt when a commit's answer did not come.
#pragma once

#include "core/facets.h"
#include "drivers/neo4j/connection.h"
#include "drivers/neo4j/cypher.h"

#include <memory>
#include <string>
#include <vector>

namespace assay::neo4j {

class Neo4jRows final : public RowsFacet {
 public:
  /// The connection must outlive it.
  Neo4jRows(Connection& connection, std::size_t unwind_rows)
      : connection_(connection), unwind_rows_(unwind_rows), form_(call_form(connection.version())) {}

  const RowsTraits& traits() const noexcept override;
  void look_at(const Table&) const override;
  void create(const Table&) override;
  void create_indexes(const Table&) override;
  void create_foreign_keys(const Table&) override;
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
  void carry_out(const std::string& text, Parameters = {});           // throws Error
  std::int64_t ask(const std::string& text, const Parameters& = {});  // throws Error
  void refuse_strangers(std::span<const std::string> tables);
  void remove_nodes(const std::string& table);
  /// Appends the statements that write the batch.
  Result<> add_parts(const std::string& text, const std::string& of, std::span<const Column>, const RowBatch&,
                     std::vector<Statement>&) const;
  Result<> carry_out_all(std::span<const Statement>);
  Result<std::uint64_t> count_by_parts(const std::string& text, const std::string& of, std::span<const Column>,
                                       const RowBatch&);
  Result<bool> is_noted(const RowsNote&);

  Connection& connection_;
  const std::size_t unwind_rows_;
  const CallForm form_;
};

}  // namespace assay::neo4j
