// Which way a value of a run is better: what a comparison and a history judge a difference by.
#pragma once

#include "results/threshold.h"

#include <string_view>

namespace assay {

enum class Better { larger, smaller, neither };

/// Of a value named as conditions name it. Rates are better larger, times, errors and the like smaller. Of a workload's
/// figures only rates are known to be one or the other, by their unit: "1/min", "MB/s".
Better better_of(const ThresholdValue&, std::string_view unit = {});

}  // namespace assay
