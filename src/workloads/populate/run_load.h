// The load as a run: clients write batches that threads of this process make ahead of them.
#pragma once

#include "core/workload.h"
#include "workloads/populate/population.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace assay::populate {

/// Batches on their way to the clients. Thread-safe.
class BatchQueue {
 public:
  struct Batch {
    Stretch stretch;
    RowBatch rows;
  };

  BatchQueue(std::shared_ptr<const Population> population, std::size_t makers)
      : population_(std::move(population)), makers_wanted_(makers) {}
  ~BatchQueue();

  /// Begins to make them. `again`: some may be in the target already.
  void begin(std::vector<Stretch> todo, bool again);
  /// The next one; waits until it is made. nullptr: there are no more.
  std::unique_ptr<Batch> take();
  void written() noexcept { written_++; }

  const Population& population() const noexcept { return *population_; }
  bool again() const noexcept { return again_; }
  bool all_written() const noexcept { return written_ == todo_.size(); }
  std::size_t left() const noexcept { return todo_.size() - written_; }

 private:
  static constexpr std::size_t kAhead = 8;
  void make(const std::stop_token&);

  const std::shared_ptr<const Population> population_;
  const std::size_t makers_wanted_;
  std::vector<Stretch> todo_;
  bool again_ = false;
  std::atomic<std::size_t> written_{0};
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t next_ = 0, taken_ = 0;
  std::deque<std::unique_ptr<Batch>> ready_;
  std::vector<std::jthread> makers_;  // last: they end before the rest goes
};

/// An operation for each table, in the order of loading; clients that end with the rows.
Group load_group(const std::shared_ptr<BatchQueue>&);

}  // namespace assay::populate
