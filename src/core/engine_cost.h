// What the engine itself costs on this machine: the ceiling of every figure of assay. It is here, and not beside the command that
// shows it, to be compiled as what it measures is.

#pragma once

#include "core/engine.h"

namespace assay {

/// CPU of reading the real clock once, in ns, as a mean of five million readings. Takes some 0.2 s.
double clock_cost_ns();

/// CPU of recording one operation that succeeded, in ns, as a mean of five million. Takes some 0.1 s.
double record_cost_ns();

/// The plan of a run of clients whose every operation is one empty `put`, on one thread, after 0.2 s of warm-up. `target` needs
/// the facet `kv`, and outlives the run.
RunPlan no_operations(Target& target, std::uint64_t clients, Nanos duration);

}  // namespace assay
