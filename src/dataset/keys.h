// What a schema must keep to once it is whole: that unique columns and keys can be, that foreign keys point at keys and in no
// circle, that what is generated fits its column. Internal to this folder.
#pragma once

#include "dataset/schema.h"

#include <optional>
#include <string>
#include <vector>

namespace assay::dataset {

/// How many different values a column can have when each is taken once. nullopt: as many as there are rows.
struct Capacity {
  std::optional<std::uint64_t> count;
  std::string why_none = {};  // when count is 0
};
Capacity capacity_of(const Schema&, const Table&, const Column&);

/// Digits of a joint key: one for each column that has a range or list of values, and for each foreign key. Nothing: a column of
/// the key has neither.
struct JointDigit {
  std::size_t column;
  std::optional<std::size_t> foreign_key;
  std::uint64_t count;
};
std::optional<std::vector<JointDigit>> digits_of(const Schema&, const Table&, const JointKey&);
/// Of all combinations; 2^62 when there are more.
std::uint64_t combinations_of(const std::vector<JointDigit>&) noexcept;

/// Which tables, and which of their columns, have no mistake of their own: what else is wrong with the others is not told, as it
/// may follow from what was told of them already. By index.
struct Sound {
  std::vector<bool> tables;
  std::vector<std::vector<bool>> columns;
};

/// Sets joint keys, the order of loading and what is deferred. Tells all mistakes.
void settle_keys(Schema&, const Sound&, input::Mistakes&);
/// Characters that a column of text has at most in these rows, constants included; of a foreign key those of the other table.
std::uint64_t longest_text(const Schema&, const Table&, const Column&);
/// That what is generated fits.
void check_lengths(const Schema&, const Sound&, input::Mistakes&);
/// Rows that a table can have with unique keys and numbers in their limits.
std::uint64_t row_limit(const Schema&, const Table&);

}  // namespace assay::dataset
