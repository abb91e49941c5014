// The twelve consistency conditions of TPC-C (clause 3.3.2), and that what never changes in number is still all there.
//
// Set-based queries over ranges of warehouses, in parallel; NULL-safe. Condition 11 holds only right after a load and
// is checked only then. Throws Error when it cannot be checked.
#pragma once

#include "core/workload.h"

#include <vector>

namespace assay::tpcc {

CheckOutcome find_violations(Job&);

}  // namespace assay::tpcc
