// What makes the values of a column, for any rows in any order: a block of them at a time, so that what is virtual costs
// nothing for a value. Internal to this folder.
//
// Numbers, times, choices and references are made in two steps: a Pick says which of a range, list or table, and then that
// becomes a Value. Sources and picks are immutable and thread-safe.
#pragma once

#include "core/table.h"
#include "dataset/draws.h"
#include "dataset/schema.h"

#include <cstdint>
#include <memory>

namespace assay::dataset {

inline constexpr std::size_t kBlock = 256;

/// At most kBlock of them.
struct Rows {
  const std::uint64_t* numbers;
  std::size_t count;
  std::uint64_t version;  // 0: as populated
};

/// A column of cells in rows.
struct Cells {
  Value* first;
  std::size_t stride;
  Value& operator[](std::size_t i) const { return first[i * stride]; }
};

class Source {
 public:
  virtual ~Source() = default;
  /// What texts and arrays point to is kept in the batch, or lives with the schema.
  virtual void fill(const Rows&, Cells, RowBatch& keep) const = 0;
};

class Pick {
 public:
  virtual ~Pick() = default;
  virtual void pick(const Rows&, std::uint64_t* out) const = 0;
};

/// A column's key, and whether it is the same in each version of a row, as keys are.
struct Seeded {
  ColumnKey key;
  bool pinned = false;
  ColumnKey of(std::uint64_t version) const noexcept { return pinned ? key : key.version(version); }
};

// pick.cc
/// The row itself.
std::unique_ptr<Pick> pick_row();
/// `scattered`: frequent ones are anywhere, not the first. A count of 0 is 2^64.
std::unique_ptr<Pick> pick_by(const Distribution&, std::uint64_t count, std::int64_t low, std::int64_t step, Seeded,
                              bool scattered);
std::unique_ptr<Pick> pick_weighted(const std::vector<double>& weights, Seeded);
/// Each once.
std::unique_ptr<Pick> pick_unique(std::uint64_t count, ColumnKey);
/// A digit of the number that a permutation gives the row: permutation(row) / divisor % count.
std::unique_ptr<Pick> pick_digit(std::uint64_t combinations, std::uint64_t divisor, std::uint64_t count, ColumnKey);
/// A row before it; of row 0 itself.
std::unique_ptr<Pick> pick_earlier(Seeded);
/// 1 with this probability, else 0.
std::unique_ptr<Pick> pick_chance(double of_one, Seeded);
/// Microseconds.
std::unique_ptr<Pick> pick_instants(const Instants&, Seeded);

// number_sources.cc
/// Of a type that is a number, a time, a truth value or a duration: low + step · what is picked, in its unit.
std::unique_ptr<Source> number_source(const Type&, std::unique_ptr<Pick>, std::int64_t low, std::int64_t step,
                                      int scale);
/// Of microseconds since 1970.
std::unique_ptr<Source> instant_source(const Type&, std::unique_ptr<Pick>);
std::unique_ptr<Source> choice_source(std::vector<Value>, std::unique_ptr<Pick>);
std::unique_ptr<Source> constant_source(const Value&);
/// Values of another source in the rows that are picked, as populated.
std::unique_ptr<Source> reference_source(const Source& parent, std::unique_ptr<Pick>);
std::unique_ptr<Source> sample_source(const Sample&, bool set, Seeded);
/// Nulls over another source. `first_row_too`: row 0 is always null.
std::unique_ptr<Source> nullable_source(std::unique_ptr<Source>, double rate, Seeded, bool first_row_too);
/// Arrays of another source as JSON.
std::unique_ptr<Source> json_array_source(std::unique_ptr<Source>);

// text_sources.cc
std::unique_ptr<Source> uuid_source(bool as_text, Seeded);
std::unique_ptr<Source> ulid_source(const Instants&, Seeded);
std::unique_ptr<Source> pattern_source(const Pattern&, Seeded, bool unique);
std::unique_ptr<Source> words_source(const Words&, Seeded, bool unique);
std::unique_ptr<Source> string_source(const Characters&, Seeded, bool unique);
std::unique_ptr<Source> octets_source(const Octets&, Seeded, bool unique);
/// "table:key".
std::unique_ptr<Source> link_source(std::string table, const Source& key, std::unique_ptr<Pick>);

// document_sources.cc
struct Member {
  std::string name;
  std::unique_ptr<Source> source;
};
/// Without members a small document.
std::unique_ptr<Source> document_source(std::vector<Member>, Seeded);
std::unique_ptr<Source> geometry_source(Geometry, Seeded);

}  // namespace assay::dataset
