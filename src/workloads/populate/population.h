// The rows that a target is to hold: a schema, which tables of it, how the target's facet takes them. Immutable,
// thread-safe.
#pragma once

#include "core/facets.h"
#include "dataset/generator.h"
#include "workloads/populate/options.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::populate {

/// A part of the rows of a table.
struct Stretch {
  std::size_t table = 0;  // of the schema
  RowRange rows;
  friend bool operator==(const Stretch&, const Stretch&) = default;
};

/// Reads the file. Throws one Error with all mistakes, each with its place.
dataset::Schema read_schema(const std::string& file, const dataset::Overrides&);
/// That of the record.
dataset::Schema schema_of_record(const std::string& text);

class Population {
 public:
  /// `names`: empty for all. Throws Error for a table that the schema does not have, or the target cannot hold.
  Population(dataset::Schema, const std::vector<std::string>& names, const RowsTraits&);

  const dataset::Schema& schema() const noexcept { return generator_->schema(); }
  const dataset::RowGenerator& generator() const noexcept { return *generator_; }
  const RowsTraits& traits() const noexcept { return traits_; }
  /// Those that are wanted, in the order of loading.
  const std::vector<std::size_t>& order() const noexcept { return order_; }
  /// As the target has it; foreign keys to tables that are not wanted left out.
  const Table& table(std::size_t t) const noexcept { return tables_[t]; }
  std::uint64_t rows(std::size_t t) const noexcept { return schema().tables[t].rows; }
  std::uint64_t all_rows() const noexcept;
  std::vector<std::string> names() const;
  /// Whether a foreign key of the table leads to itself.
  bool refers_to_itself(std::size_t t) const noexcept;
  /// "3 tables, 2300 rows, seed 7"
  std::string describe() const;

 private:
  RowsTraits traits_;
  std::unique_ptr<dataset::RowGenerator> generator_;
  std::vector<std::size_t> order_;
  std::vector<Table> tables_;  // by their number in the schema
};

/// The shard's rows of a table with so many, of which the shares of all shards are the whole: ranges that differ by
/// one row at most.
RowRange share_of(std::uint64_t rows, std::uint32_t index, std::uint32_t count) noexcept;
/// The range without those that are covered, cut at multiples of `batch_rows`.
std::vector<RowRange> left_of(RowRange, std::vector<RowRange> covered, std::uint64_t batch_rows);

}  // namespace assay::populate
