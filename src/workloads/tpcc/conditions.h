// The consistency conditions of TPC-C as queries for what violates them.
#pragma once

#include "workloads/tpcc/schema.h"

#include <string>
#include <vector>

namespace assay::tpcc {

struct Condition {
  std::string clause;                // "3.3.2.1"
  std::string text;                  // what should hold
  std::vector<std::string> columns;  // of the query's answer, as they are called in messages
  std::string violations;            // rows that violate it, of warehouses $1 to $2
};

/// `fresh`: with condition 11, which holds only right after a load.
std::vector<Condition> conditions(const Scale&, bool fresh);

}  // namespace assay::tpcc
