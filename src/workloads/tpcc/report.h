// What a TPC-C run comes to: figures, and the specification's requirements with what was found.
//
// Formulas and limits: TPC-C 5.11, clauses 5.2 to 5.6. Unaudited: throughput is called NOPM and never by the
// specification's trade mark. Pure: works on a RunSummary and what was read from the target.
#pragma once

#include "core/workload.h"
#include "workloads/tpcc/terminal.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace assay::tpcc {

/// Sums of D_NEXT_O_ID over the warehouses of this process, before and after all operations.
struct OrderNumbers {
  std::optional<std::int64_t> before, after;
  std::size_t other_runs = 0;  // that were, or may have been, under way on the same data meanwhile
  std::string unknown;         // why they cannot be compared with this process's count; empty: they can
};

assay::Statements report(const RunState&, const RunSummary&, const OrderNumbers&);

/// New-Orders a minute that one terminal can reach at most, at zero response time, with this mix and the keying and
/// think times of the specification: 60 · share of New-Order / Σ share · (keying + think).
double ceiling_per_terminal(const std::array<double, kKinds>& mix);

}  // namespace assay::tpcc
