// The measured time of an operation, interval by interval: what two runs are compared by.
//
// Of the intervals that lie in the phase `measure`; what was due in it and ended behind its end (drain) belongs to the last
// one, so that a stall at the end counts. An operation of several groups, a group's, or all of them are added up; nested
// ones are part of none but their own row. Histograms are merged to at most kBlocks blocks of neighbouring intervals.
#pragma once

#include "results/document.h"
#include "stats/significance.h"

#include <string_view>
#include <vector>

namespace assay {

struct MeasuredSeries {
  double interval_s = 0;             // the length of an interval
  double first_s = 0;                // when the first one begins, after the measured time did
  std::size_t per_block = 1;         // how many intervals a block has; the last may have fewer
  std::vector<double> rate;          // completed per second, by interval
  std::vector<Ratio> failed;         // of those that were due, by interval
  std::vector<Ratio> mean;           // response times' sum in ns and count, by block
  std::vector<Histogram> responses;  // by block
};

/// `group` and `operation` as in the rows of the summary, "all" among them. Empty when the run has no whole interval.
MeasuredSeries measured_series(const Document&, std::string_view group, std::string_view operation);

}  // namespace assay
