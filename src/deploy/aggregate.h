// The reports of the workers of a deployment, as one: each worker counts once, nothing that was there is passed over in
// silence.
//
// Rows are added up; the rate of the whole is all rows over the stretch from the first start to the last end, whose
// clocks are those of the workers' machines; percentiles come from merged histograms. The same files give the same
// aggregate, whatever their order.
#pragma once

#include "base/error.h"
#include "deploy/worker_report.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay::deploy {

/// Which workers there should be. Neither: it is not known.
struct ExpectedWorkers {
  std::vector<std::string> names;
  std::uint64_t count = 0;

  /// "4", or "worker-1,worker-2"; "" is not known. Throws Error.
  static ExpectedWorkers parse(std::string_view text);
};

struct FileRemark {
  std::string file, text;
};

struct Aggregate {
  std::vector<WorkerReport> workers;   // by operation and name, worker-2 before worker-10
  std::vector<std::string> missing;    // names of workers that left no report
  std::uint64_t missing_unnamed = 0;   // those whose names cannot be told
  std::vector<FileRemark> unreadable;  // reports that are cut off or wrong: what they said is lost
  std::vector<FileRemark> foreign;     // JSON of something else, passed over
  std::vector<FileRemark> superseded;  // older reports of a worker of which there is a newer one
  std::vector<std::string> doubts;     // two workers with one share, say

  std::uint64_t rows = 0, rows_already_there = 0, batches = 0, bytes = 0, rows_dry = 0;
  Nanos wall{};                            // first start to last end of those that populated
  std::map<std::string, Histogram> times;  // of batches by table
  Histogram all_times;

  std::uint64_t completed() const noexcept;
  std::uint64_t failed() const noexcept;
  std::uint64_t absent() const noexcept { return missing.size() + missing_unnamed; }
  double rows_per_second() const noexcept {
    return wall.count() > 0 ? static_cast<double>(rows) / to_seconds(wall) : 0;
  }
  /// check_failed where a verification found something; thresholds_failed where a worker failed, is missing, or its
  /// report is lost or doubtful; else ok.
  ExitCode exit_code() const noexcept;
};

/// All files *.json of the folder, not of those below. Throws Error: no such folder, it cannot be read, it holds no
/// report and none is expected.
Aggregate aggregate(const std::filesystem::path& folder, const ExpectedWorkers&);

enum class AggregateFormat { json, table, markdown };
std::string render(const Aggregate&, AggregateFormat);

}  // namespace assay::deploy
