#include "workloads/kv/run_state.h"

#include "base/time.h"

#include <cstdlib>
#include <new>
#include <utility>

namespace assay::kv {

void WrittenRows::Free::operator()(void* memory) const noexcept { std::free(memory); }

// calloc gives zeroed pages that cost nothing until they are written to.
WrittenRows::WrittenRows(std::uint64_t rows)
    : rows_(rows),
      words_(static_cast<std::atomic<std::uint64_t>*>(std::calloc(rows / 64 + 1, sizeof(std::atomic<std::uint64_t>)))) {
  if (words_ == nullptr) throw std::bad_alloc();
}

void WrittenRows::add(std::uint64_t row) noexcept {
  if (row >= rows_) return;
  const std::uint64_t bit = std::uint64_t{1} << (row % 64);
  std::atomic<std::uint64_t>& word = words_[row / 64];
  if ((word.load(std::memory_order_relaxed) & bit) == 0) word.fetch_or(bit, std::memory_order_release);
}

bool WrittenRows::has(std::uint64_t row) const noexcept {
  return row < rows_ && (words_[row / 64].load(std::memory_order_acquire) >> (row % 64) & 1) != 0;
}

namespace {

std::vector<double> cumulative_shares(const std::vector<Share>& mix) {
  double sum = 0, all = 0;
  for (const Share& share : mix) all += share.weight;
  std::vector<double> out;
  for (const Share& share : mix) out.push_back((sum += share.weight) / all);
  out.back() = 1;
  return out;
}

}  // namespace

RunState::RunState(Config asked, Shard own_shard, std::uint64_t run_seed, std::uint64_t first_free_row, bool may_miss)
    : config(std::move(asked)),
      shard(own_shard),
      seed(run_seed),
      rows_may_miss(may_miss),
      keys(config.layout),
      values(config.layout),
      scatter(config.layout.rows, 0x7a697066),
      cumulative(cumulative_shares(config.mix)),
      inserts(own_shard, first_free_row),
      written(config.writes() ? config.layout.rows : 0),
      next_version(static_cast<std::uint64_t>(real_clock().wall().time_since_epoch().count())) {}

}  // namespace assay::kv
