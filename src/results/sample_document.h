// Results for tests: a small one whose numbers can be worked out by hand, and a large one that has something of
// everything.
#pragma once

#include "results/document.h"

namespace assay {

/// One group "g" with the operations "get" and "put", 2 s measured; the numbers stand in the .cc.
Document small_document();

/// A TPC-C-like run of `seconds` with an outage, failures, target series, and texts that are awkward to quote.
Document large_document(int seconds, int operations = 6);  // at least 2 operations

}  // namespace assay
