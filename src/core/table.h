// A table as a workload describes it, whatever the target: columns with types, keys, indexes, partitions. A driver
// turns it into its own DDL and says with an Error what it cannot do.
#pragma once

#include "core/value.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace assay {

enum class ColumnType {
  boolean,
  integer,
  bigint,
  real,
  decimal,
  character,
  varchar,
  text,
  bytes,
  uuid,
  date,
  time,
  timestamp,
  json,
  array
};

struct Column {
  std::string name;
  ColumnType type = ColumnType::bigint;
  int length = 0;                // characters, for character and varchar
  int precision = 0, scale = 0;  // for decimal
  bool nullable = false;
};

struct ForeignKey {
  std::vector<std::string> columns;
  std::string table;
  std::vector<std::string> references;
};

struct Index {
  std::string name;
  std::vector<std::string> columns;
  bool unique = false;
};

/// How a table is cut into parts by one integer column that is the first column of its primary key.
struct Partitioning {
  enum class Kind { none, hash, range, list };
  struct Part {
    std::int64_t low = 0, high = 0;    // range: low ≤ value < high
    std::vector<std::int64_t> values;  // list
  };
  Kind kind = Kind::none;
  std::string column;
  std::vector<Part> parts;  // hash: parts.size() is the modulus
};

struct Table {
  std::string name;
  std::vector<Column> columns;
  std::vector<std::string> primary_key;  // may be empty
  std::vector<ForeignKey> foreign_keys;
  std::vector<Index> indexes;
  Partitioning partitioning;
};

/// Rows of a table to be written: cells row after row, in the order of the table's columns. Owns the text that cells
/// point to.
class RowBatch {
 public:
  explicit RowBatch(std::size_t columns) : columns_(columns) {}
  std::size_t columns() const noexcept { return columns_; }
  std::size_t size() const noexcept { return cells_.size() / columns_; }
  const Value* row(std::size_t r) const noexcept { return cells_.data() + r * columns_; }
  void add(Value v) { cells_.push_back(v); }
  /// Adds a text cell and keeps a copy of the text.
  void add_copy(std::string_view text);
  /// A copy of the text that lives as long as the batch is not cleared: for Bytes, Json, text built by the caller.
  std::string_view keep(std::string_view text);
  /// For who makes many cells at once. Rows behind those that are there, their cells null; the pointer is valid until rows
  /// are added.
  Value* add_rows(std::size_t count);
  /// Room for at most so many bytes; take() keeps as many as were written, before there is any other room.
  char* room(std::size_t most) {
    return block_ < blocks_.size() && used_ + most <= kBlock ? blocks_[block_].get() + used_ : more_room(most);
  }
  std::string_view take(const char* room, std::size_t written) noexcept {
    if (block_ < blocks_.size() && room == blocks_[block_].get() + used_) used_ += written;
    return {room, written};
  }
  /// Elements of an Array, null until they are set; they live as kept texts do.
  Value* elements(std::size_t count);
  void clear() noexcept;
  /// Takes back all rows but the first so many.
  void shrink(std::size_t rows) { cells_.resize(rows * columns_); }

 private:
  static constexpr std::size_t kBlock = 64 * 1024;  // bytes
  char* more_room(std::size_t most);

  std::size_t columns_;
  std::vector<Value> cells_;
  std::vector<std::unique_ptr<char[]>> blocks_;  // of one size, reused after clear()
  std::vector<std::unique_ptr<char[]>> large_;   // texts longer than a block
  std::size_t block_ = 0, used_ = 0;             // the block being filled, and how much of it is
  std::vector<std::unique_ptr<Value[]>> element_blocks_, large_elements_;  // likewise
  std::size_t element_block_ = 0, used_elements_ = 0;
};

}  // namespace assay
