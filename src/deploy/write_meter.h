// What a load writes, measured where it is written: for each table the time of each batch, rows, bytes.
//
// metered() puts itself between a workload and its target: whatever sessions of that target write by the rows facet is
// added to the meter; all else is passed on. A time is from the call to its answer (the service time of a batch, with
// its note in the record). Bytes are those of the values as they were made, not of a protocol. Thread-safe; a batch is
// added when it ended.
#pragma once

#include "core/driver.h"
#include "stats/histogram.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace assay::deploy {

struct TableWrites {
  Histogram times;  // of batches that were written
  std::uint64_t batches = 0, rows = 0, bytes = 0, failures = 0;
};

class WriteMeter {
 public:
  void add(std::string_view table, Nanos time, std::uint64_t rows, std::uint64_t bytes);
  void add_failure(std::string_view table);
  std::map<std::string, TableWrites> read() const;
  /// From the begin of the first batch to the end of the last; 0 when there was none.
  Nanos length() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, TableWrites, std::less<>> tables_;
  std::optional<TimePoint> first_begin_, last_end_;
};

/// The meter outlives the target.
std::unique_ptr<Target> metered(std::unique_ptr<Target>, WriteMeter&);

}  // namespace assay::deploy
