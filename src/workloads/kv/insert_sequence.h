// Which rows a run inserts, and which of them are known to be there: clients of a process take fresh row numbers from
// it and tell when the write was acknowledged. A key is drawn for reading only below the first row that is not yet
// acknowledged, so no client ever asks for a key that another one is still inserting.
//
// Numbers are this process's own 0, 1, 2 …; row() makes them row numbers of the whole job: shard i of n has the rows
// that are i modulo n, so shards cannot meet. Thread-safe; take and acknowledge lock nothing in the steady state.
#pragma once

#include "core/shard.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <vector>

namespace assay::kv {

class InsertSequence {
 public:
  /// `first`: no row from here on is there.
  InsertSequence(Shard shard, std::uint64_t first) noexcept;

  /// A number that nobody else has.
  std::uint64_t take();
  /// Returns a number whose insert failed; take() hands it out again, so that no hole stays.
  void give_back(std::uint64_t number);
  void acknowledge(std::uint64_t number);
  /// All numbers below it were acknowledged.
  std::uint64_t acknowledged() const noexcept { return acknowledged_.load(std::memory_order_acquire); }
  std::uint64_t row(std::uint64_t number) const noexcept { return first_ + number * shard_.count + shard_.index; }

 private:
  static constexpr std::uint64_t kWindow = 1 << 14;
  void advance();
  void admit_far();

  const Shard shard_;
  const std::uint64_t first_;
  std::atomic<std::uint64_t> next_{0}, acknowledged_{0}, returned_count_{0}, far_count_{0};
  std::array<std::atomic<std::uint64_t>, kWindow> slots_{};  // number + 1, at number mod kWindow
  std::mutex mutex_;
  std::vector<std::uint64_t> returned_;
  std::set<std::uint64_t> far_;  // acknowledged more than a window ahead, because one insert hangs
};

}  // namespace assay::kv
