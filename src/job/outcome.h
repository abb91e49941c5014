// What several processes measured of one run, as one outcome: merging is addition, so nothing is lost by it.
//
// outcome_of() takes a result document apart again into what the engine made it of; counters of other phases than `measure`
// are together. Merged outcomes have groups of the same names, operations and counters.
#pragma once

#include "core/run.h"
#include "results/document.h"

#include <nlohmann/json_fwd.hpp>

#include <span>
#include <string>
#include <utility>

namespace assay {

/// The groups of a document with their names and sizes, for whoever concludes from it.
RunPlan plan_of(const Document&);
RunOutcome outcome_of(const Document&);

/// The sum. The phases are as long as the longest of each; events and invalidity name their part when there are several.
/// Target series are those of the first part that has some. Throws Error when the groups differ.
RunOutcome merged(std::span<RunOutcome> parts, std::span<const std::string> names);

/// A piece of the time line of one group, on its way to another process.
nlohmann::json to_json(std::size_t group, const Interval&);
/// Reads it into the Interval of its group, which is made or whose memory is used again, and answers the group. Throws Error.
std::size_t read_interval(const nlohmann::json&, std::vector<Interval>& by_group);

}  // namespace assay
