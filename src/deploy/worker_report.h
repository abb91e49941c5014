// What one worker of a deployment did, as the JSON file that it leaves in the results folder and `assay aggregate`
// reads: docs/worker-metrics.schema.json says it formally.
//
// A report is written when the worker begins (state `running`), and again, whole, when it ends, whatever ended it.
// Times of batches are in the file as an encoded histogram each (stats/histogram.h); percentiles beside it are for
// people and are not read. Instants are of the worker's own clock.
#pragma once

#include "base/time.h"
#include "core/workload.h"
#include "deploy/environment.h"
#include "stats/facts.h"
#include "stats/histogram.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::deploy {

/// Of one table: how long its batches took.
struct TableTimes {
  std::string table;
  Histogram batches;
};

/// What `check` found in the target.
struct VerificationReport {
  std::uint64_t conditions = 0;
  std::string looked_at;
  std::vector<Finding> findings;
  std::vector<TableCounts> tables;
  bool consistent() const noexcept { return findings.empty(); }
  /// Of all tables, which has no name.
  TableCounts total() const;
};

struct WorkerMetrics {
  std::uint64_t rows_processed = 0;      // written by this process
  std::uint64_t rows_already_there = 0;  // of its share: an earlier process of the worker had written them
  std::uint64_t batch_count = 0, failed_batches = 0, bytes_written = 0;
  Nanos duration{};  // of the load alone
  double rows_per_second() const noexcept {
    return duration.count() > 0 ? static_cast<double>(rows_processed) / to_seconds(duration) : 0;
  }
};

struct WorkerReport {
  std::string worker_id, hostname;
  std::string operation = "populate";  // or "verify"
  WallTime started_at{};
  std::optional<WallTime> completed_at;  // absent: it runs, or was killed
  bool success = false;
  bool dry_run = false;
  std::string source, target;  // "postgresql"; its URL, without secrets
  std::uint64_t seed = 0;
  std::string share;  // which part of the whole: "tables users,orders", "shard 0/4", "rows 0..5000"; "" is all
  Environment environment;
  std::vector<std::string> tables_processed;
  WorkerMetrics metrics;
  std::vector<TableTimes> times;
  std::vector<std::string> errors;
  std::optional<VerificationReport> verification;
};

/// "2024-01-15T10:00:00.250Z"
std::string format_instant(WallTime);

/// JSON, ended by a line break.
std::string write_worker_report(const WorkerReport&);

/// Throws Error that says what is wrong and where. `foreign` is set when it is JSON and says nothing of being a
/// worker's report.
WorkerReport read_worker_report(std::string_view text, bool& foreign);

}  // namespace assay::deploy
