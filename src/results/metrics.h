// The metrics of a result: one table of names, from which the text of Prometheus, OTLP and the dashboard are made.
//
// Pure functions of a Document. Units are those of Prometheus: seconds, bytes; times are Unix times. A result is over when
// it is read, so counts are gauges that say what the last run counted, not counters that grow; response times and their
// parts are histograms with bounds 1, 2, 5, 10, … from 1 µs to 1,000 s.
#pragma once

#include "results/document.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

struct MetricSample {
  MetricLabels labels;
  double value = 0;
  std::optional<Histogram> histogram = {};  // of a histogram, instead of the value
  std::optional<WallTime> at = {};          // of the time line; otherwise the end of the run
};

struct Metric {
  enum class Kind {
    gauge,
    histogram,
    timeline  // a gauge with a sample for each interval: for receivers that take times
  };
  std::string_view name, help;
  std::string_view unit;  // as UCUM has it, for OTLP: "s", "By"; empty for counts
  Kind kind = Kind::gauge;
  std::vector<MetricSample> (*samples)(const Document&) = nullptr;
};

/// All of them, in the order in which they are written.
std::span<const Metric> metrics();

/// Labels that every sample has: the workload and the driver.
MetricLabels common_labels(const Document&);

/// The upper bounds of the histograms' buckets in seconds, ascending, without infinity.
std::span<const double> metric_bounds();
/// How many values are at or below each bound, then all of them.
std::vector<std::uint64_t> cumulative_counts(const Histogram&);

}  // namespace assay
