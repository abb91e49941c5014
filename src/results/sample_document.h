// Results for tests: a small one whose numbers can be worked out by hand, and a large one that has something of
// everything.
#pragma once

#include "results/document.h"
#include "results/history.h"

namespace assay {

/// One group "g" with the operations "get" and "put", 2 s measured; the numbers stand in the .cc.
Document small_document();

/// A TPC-C-like run of `seconds` with an outage, failures, target series, and texts that are awkward to quote.
Document large_document(int seconds, int operations = 6);  // at least 2 operations

/// Makes it a run of `count` agents with equal shares: from two on the second one was late with everything, from three on the
/// last one was lost, from four on the third is slower than the rest; the numbers stand in the .cc.
void add_agents(Document&, std::uint32_t count);

/// `runs` results of a setup, in which the p50 of new orders falls with the 30th % of the runs, the p99 of payments rises
/// by half with the 60th, and errors come with the 90th; and six of another one. With what is left out and skipped, and
/// texts that are awkward to quote.
History sample_history(std::size_t runs);

}  // namespace assay
