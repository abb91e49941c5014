// The engine: carries out a RunPlan. Opens every session first, then starts all groups at one instant, keeps the
// phases, collects what the threads recorded, and ends the run: by its time, by its count, or because it was asked to.
//
// measure ends → nothing new falls due → drain: what was due is waited for, at most RunPlan::drain → what is still
// under way is cancelled, and what was due and never begun is counted as timed out: the response times of a stalled
// target are not cut off.
#pragma once

#include "core/control.h"
#include "core/run.h"

#include <stop_token>

namespace assay {

/// Blocks until the run is over. Throws Error(unreachable) when a session cannot be opened at the start. A stop request
/// ends the phase and makes the outcome partial. The observer is called on the calling thread. `control`, if given, takes
/// changes from when all sessions are open until the measured time ends.
RunOutcome run(const RunPlan&, std::stop_token, RunObserver&, const Clock& = real_clock(),
               RunControl* control = nullptr);

}  // namespace assay
