// Rows of generated data: every cell is f(seed, table, column, row, version), by the names of table and column, so any
// process can make any rows, in any order and batches, and adding a table or a column changes no other.
//
// Numbers of rows begin at 0. Version 0 is as populated; another version of a row has other values where they are random, but
// the same in unique columns and in keys, so that changes are made and checked by the same function. Rows beyond those of the
// schema may be made too, up to most_rows(). Values depend on numbers of rows of tables that foreign keys point at, and of no
// other. Immutable, thread-safe; a RowBatch belongs to one thread.
#pragma once

#include "core/table.h"
#include "dataset/schema.h"

#include <cstdint>
#include <memory>
#include <span>

namespace assay::dataset {

class Source;

class RowGenerator {
 public:
  explicit RowGenerator(std::shared_ptr<const Schema>, Arrays = Arrays::native);
  ~RowGenerator();
  RowGenerator(const RowGenerator&) = delete;
  RowGenerator& operator=(const RowGenerator&) = delete;

  const Schema& schema() const noexcept { return *schema_; }

  /// Adds rows [first, first + count) of a table to a batch of as many columns. What cells point to lives in the batch and in
  /// this generator.
  void add(std::size_t table, std::uint64_t first, std::uint64_t count, RowBatch&, std::uint64_t version = 0) const;
  /// Adds these rows, in this order, with these columns only: keys of rows to be changed.
  void add(std::size_t table, std::span<const std::size_t> columns, std::span<const std::uint64_t> rows, RowBatch&,
           std::uint64_t version = 0) const;

  /// Rows that a table can have with all of its keys unique and its numbers in their limits; at least those of the schema.
  std::uint64_t most_rows(std::size_t table) const;

 private:
  class Compiler;
  std::shared_ptr<const Schema> schema_;
  std::vector<std::vector<std::unique_ptr<Source>>> sources_;  // by table and column
};

}  // namespace assay::dataset
