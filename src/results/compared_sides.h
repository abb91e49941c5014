// The sides of a comparison before any figure: whether they can be compared, and what is said of each.
#pragma once

#include "results/comparison.h"

#include <vector>

namespace assay {

/// Throws Error when they are runs of different workloads, a run is there twice, or one measured nothing.
void require_comparable(const std::vector<ComparedSide>&);

std::vector<SideFacts> facts_of(const std::vector<ComparedSide>&);

/// Fills Comparison::circumstances and own_settings.
void find_circumstances(Comparison&);

}  // namespace assay
