// Whether a cell that was read is the one that was written, and numbers for rows that are the same in all cells.
// Pure, thread-safe.
#pragma once

#include "core/facets.h"

#include <cstdint>
#include <vector>

namespace assay::populate {

/// As RowsTraits promise: timestamps cut to the target's resolution, documents of equal contents, columns of
/// characters without blanks at their ends, numbers of equal value.
bool same_cell(const Value& made, const Value& read, ColumnType, const RowsTraits&);

/// Equal for cells that are the same in that sense.
std::uint64_t hash_of_cell(const Value&, ColumnType, const RowsTraits&);
std::uint64_t hash_of_row(const Value* row, const Table&, const RowsTraits&);

}  // namespace assay::populate
