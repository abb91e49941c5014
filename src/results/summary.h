// The figures of a result as people read them: rates, means, percentiles, by operation, by group, in total, and by
// interval.
//
// Computed from the merged histograms of a Document each time they are shown, by every renderer the same way. "all"
// rows merge the operations of a group, and the groups: their percentiles are those of the merged histograms, never
// means of percentiles. Only the phase `measure` counts, except in the series. Durations are Nanos, rates per second.
#pragma once

#include "base/time.h"
#include "results/document.h"
#include "stats/recorder.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace assay {

/// What is shown of one histogram.
struct LatencySummary {
  std::uint64_t count = 0;
  Nanos mean{}, p50{}, p90{}, p95{}, p99{}, p999{}, max{};
};
LatencySummary summarize(const Histogram&);

struct OperationSummary {
  std::string group, operation;  // "all" in rows that merge
  std::uint64_t count = 0;       // succeeded, due in the stretch
  std::uint64_t completed = 0;   // succeeded, ended in the stretch
  std::uint64_t errors = 0, retries = 0, in_doubt = 0, items = 0, bytes = 0;
  double rate = 0;  // completed per second of the stretch
  LatencySummary response, service, wait, lag;
};

/// A row for each operation, then "all" of its group, for each group; at last "all" of "all".
std::vector<OperationSummary> summarize(const Document&);

/// The measured response times of a group's operation, of a group ("all"), or of everything (group "all").
struct NamedHistogram {
  std::string group, operation;
  Histogram response, service;
};
std::vector<NamedHistogram> merged_histograms(const Document&);

struct IntervalSummary {
  Nanos start{}, length{};  // the last one ends with the run
  Phase phase = Phase::measure;
  std::vector<OperationSummary> rows;  // in the order of summarize(Document)
};
/// Calls `f` for each interval from the first to the last one that holds anything; those in between that hold nothing
/// are there with zeros. Groups whose intervals differ in length are brought to the longest.
void for_each_interval(const Document&, const std::function<void(const IntervalSummary&)>& f);

/// The lag of all operations of the phase `measure`, merged.
LatencySummary measured_lag(const Document&);
/// Client CPU of the phase `measure` for each operation that completed in it; absent when there was none.
std::optional<double> cpu_us_per_operation(const Document&);

/// Why a search is not to be believed: a rate held above one that did not. Empty when there is no such reason.
std::string doubt_of_search(const RateSearchFacts&);
/// What a search for the highest rate came to, in a sentence, with its confidence and its doubt.
std::string describe_search(const RateSearchFacts&);

/// The failures by kind over the whole run, most frequent first: with the group's and the operation's name and a
/// message.
struct FailureSummary {
  std::string group, operation, kind, native_code, message;
  std::uint64_t count = 0;
};
std::vector<FailureSummary> summarize_failures(const Document&);

}  // namespace assay
