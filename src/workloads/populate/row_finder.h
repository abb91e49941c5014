// Which row of the population a row that was read is, by its key.
//
// Where the key is one column of numbers in sequence it is arithmetic; else an index of 16 bytes a row, made once,
// from the hashes of all keys to their places. Immutable once made, thread-safe.
#pragma once

#include "workloads/populate/changes.h"

#include <cstdint>
#include <functional>
#include <stop_token>
#include <utility>
#include <vector>

namespace assay::populate {

class RowFinder {
 public:
  /// Made by so many threads. Throws Error(interrupted).
  RowFinder(const Contents&, std::size_t table, int threads, const std::stop_token&);

  /// Adds the places (TableState) that the row may have: none, one, or several whose keys have one hash.
  void find(const Value* row, std::vector<std::uint64_t>& out) const;

 private:
  struct Entry {
    std::uint64_t hash, place;
    friend bool operator<(const Entry& a, const Entry& b) noexcept { return a.hash < b.hash; }
  };
  std::uint64_t hash_of_key(const Value* values, bool whole_row) const;

  const TableState& rows_;
  const Table& table_;
  const RowsTraits& traits_;
  std::vector<std::size_t> key_;
  const dataset::Sequence* sequence_ = nullptr;
  std::vector<Entry> entries_;
};

/// Runs work(first, end) for pieces of [0, count) on so many threads; what one throws is thrown here.
void in_pieces(std::uint64_t count, std::uint64_t piece, int threads, const std::stop_token&,
               const std::function<void(std::uint64_t first, std::uint64_t end)>& work);

}  // namespace assay::populate
