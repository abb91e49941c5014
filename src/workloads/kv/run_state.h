// What all clients of a run share in a process: configuration, formats, the sequence of inserts, and which loaded rows
// were written since. Thread-safe; lives as long as its clients.
#pragma once

#include "core/shard.h"
#include "stats/recorder.h"
#include "workloads/kv/insert_sequence.h"
#include "workloads/kv/kv_options.h"
#include "workloads/kv/verified_value.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace assay::kv {

/// The loaded rows whose first write of this run was acknowledged: to read such a row as it was loaded is then a lost
/// write. One bit a row; memory is touched only where rows are written.
class WrittenRows {
 public:
  explicit WrittenRows(std::uint64_t rows);
  void add(std::uint64_t row) noexcept;
  bool has(std::uint64_t row) const noexcept;

 private:
  struct Free {
    void operator()(void* memory) const noexcept;
  };
  std::uint64_t rows_;
  std::unique_ptr<std::atomic<std::uint64_t>[], Free> words_;
};

/// The one counter of the group: operations that met a key which is not there, and may not be.
inline constexpr CounterId kMissing{0};

struct RunState {
  RunState(Config config, Shard shard, std::uint64_t seed, std::uint64_t first_free_row, bool rows_may_miss);

  /// The lowest version that a read of the row which starts now may answer.
  std::uint64_t oldest(std::uint64_t row) const noexcept {
    return row >= config.layout.rows || written.has(row) ? kLoadedVersion + 1 : kLoadedVersion;
  }

  const Config config;
  const Shard shard;
  const std::uint64_t seed;
  const bool rows_may_miss;  // rows are, or were, deleted
  const KeyFormat keys;
  const ValueFormat values;
  const Permutation scatter;       // of zipfian ranks over the loaded rows
  std::vector<double> cumulative;  // of the mix: cumulative[i] is the share of operations 0 … i
  InsertSequence inserts;
  WrittenRows written;
  std::atomic<std::uint64_t> next_version;  // begins at the wall clock's nanoseconds, so a later run's are higher
  std::atomic<std::uint64_t> cursor{0};     // of the sequential distribution
};

}  // namespace assay::kv
