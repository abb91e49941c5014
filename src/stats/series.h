// The time line of a group: intervals in order, kept as encoded histograms, bounded whatever the length of the run.
//
// At most kMostIntervals are held, over at most kMostSpan of time, and all groups of a run together take at most
// kMostBytes; when it becomes more, neighbours merge in pairs and the interval doubles. Nothing is lost: the merged
// interval's histograms are the sums. Not thread-safe.
#pragma once

#include "base/time.h"
#include "stats/recorder.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace assay {

/// One operation in one interval. Histograms are encoded (Histogram::encode); an empty string is an empty histogram.
struct SeriesCell {
  std::uint64_t count = 0, completed = 0, errors = 0, retries = 0, in_doubt = 0, items = 0, bytes = 0;
  std::string response, service, wait, lag;
};

struct SeriesInterval {
  std::int64_t index = 0;  // the interval covers [index, index + 1) * interval() from the start of the run
  Phase phase = Phase::measure;
  std::vector<SeriesCell> operations;  // by OperationId; all that ended in the interval, whenever it was due
};

class Series {
 public:
  static constexpr std::size_t kMostIntervals = 3600;
  static constexpr std::int64_t kMostSpan = 100'000;           // intervals from the first to the last, empty ones too
  static constexpr std::size_t kMostBytes = 10 * 1000 * 1000;  // of all series of a run
  explicit Series(Nanos interval = std::chrono::seconds(1), std::size_t operations = 0)
      : interval_(interval), operations_(operations) {}

  Nanos interval() const noexcept { return interval_; }
  std::size_t operations() const noexcept { return operations_; }
  const std::vector<SeriesInterval>& intervals() const noexcept { return intervals_; }

  /// Adds what ended in base interval `index` (of the length given to the constructor); may come in pieces and out of
  /// order.
  void add(std::int64_t index, Phase, const GroupStats&);
  /// For decoders: appends an interval as stored; indexes must ascend.
  void append(SeriesInterval);

  /// What it takes in memory, and about as much as text.
  std::size_t bytes() const noexcept { return bytes_; }
  /// Halves the number of intervals of the largest ones until all together take at most `most`.
  static void keep_within(std::size_t most, std::span<Series* const> all);

 private:
  void coarsen();
  Nanos interval_;
  std::int64_t base_per_interval_ = 1;
  std::size_t operations_;
  std::vector<SeriesInterval> intervals_;
  std::size_t bytes_ = 0;
};

}  // namespace assay
