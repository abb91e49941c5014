// What pgdistbench's `config` means in assay's own options. Pure.
//
// pgdistbench counts terminals for each agent and transactions for each terminal; that meaning is kept, in fields of its
// own, as only whoever starts the agents knows how many there are.
#pragma once

#include "plan/plan.h"

#include <string_view>

namespace assay::plan {

/// Whether the options of the workload are known well enough.
bool has_translation(std::string_view workload);
/// Benchmark::config into the options and load of a step, and into the benchmark. Throws Error.
void translate_config(Benchmark&, Step&);

}  // namespace assay::plan
