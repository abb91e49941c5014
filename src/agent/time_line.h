// What a run measured so far, for those who look at it while it goes on: intervals in the form of the page, each told once
// when it is over; pieces with histograms for a coordinator; what was counted, for metrics.
//
// Bounded: of a long run neighbouring intervals are merged, and of pieces the newest are kept. Not thread-safe: a Task has
// it under its mutex.
#pragma once

#include "core/run.h"
#include "stats/recorder.h"
#include "stats/series.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace assay::agent {

/// What a run counted so far, in all phases together.
struct Totals {
  struct Operation {
    std::string group, name;
    OperationStats stats;
  };
  std::vector<Operation> operations;
};

class TimeLine {
 public:
  /// A run begins: of a search, the next one.
  void begin(const RunPlan&);
  void add(std::size_t group, const Interval&);
  /// A piece as job/outcome.h makes it.
  void add_piece(std::string);

  Nanos interval() const noexcept { return interval_; }
  /// Intervals that begin before number `before` and were not told: they are now.
  std::vector<std::string> take(std::int64_t before);
  std::vector<std::string> told() const;
  /// By operation and kind.
  nlohmann::json failures() const;
  /// Those behind number `since`, at most `most`, with the number of the last.
  nlohmann::json pieces(std::uint64_t since, std::size_t most) const;
  Totals totals() const;

 private:
  std::map<std::int64_t, nlohmann::json> intervals(std::int64_t first, std::int64_t before) const;

  struct Of {  // a group
    std::string name;
    std::vector<std::string> operations;
    std::vector<bool> nested;
    Series series;
    GroupStats totals;
  };
  std::vector<Of> groups_;
  Nanos interval_ = std::chrono::seconds(1);
  std::int64_t last_told_ = -1;
  struct Piece {
    std::uint64_t number;
    std::string text;
  };
  std::deque<Piece> pieces_;
  std::size_t piece_bytes_ = 0;
  std::uint64_t last_piece_ = 0;
};

/// The live figures in the form of the page; `failures` are those of TimeLine.
nlohmann::json live_json(const Live&, nlohmann::json failures);

}  // namespace assay::agent
