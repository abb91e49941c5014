// The consistency conditions of TPC-C as queries for what violates them.
#pragma once

#include "workloads/tpcc/schema.h"

#include <cstdint>
#include <string>
#include <vector>

namespace assay::tpcc {

struct Condition {
  std::string clause;                // "3.3.2.1"
  std::string text;                  // what should hold
  std::vector<std::string> columns;  // of the query's answer, as they are called in messages
  std::string violations;            // rows that violate it, of warehouses $1 to $2
};

/// Of the list below: not conditions of 3.3.2 but of the sizes of tables, "1.2.1".
inline constexpr std::uint64_t kCardinalityChecks = 1;

/// The conditions of 3.3.2, and the cardinalities. `fresh`: with condition 11, which holds only right after a load.
std::vector<Condition> conditions(const Scale&, bool fresh);

}  // namespace assay::tpcc
