// Check of populate: reads every row, finds out which it is, and compares it with what is made for it anew.
//
// Stretches of a table are read in parallel; their order does not matter. What is wrong is a finding of its table:
// missing, extra (also a row that is there twice), other values in a column, null where there may be none; each with
// some of the rows. Throws Error.
#pragma once

#include "core/workload.h"

namespace assay::populate {

/// A shard looks at its share of the tables.
CheckOutcome check_rows(Job&, std::string_view owner);

}  // namespace assay::populate
