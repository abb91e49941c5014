#include "workloads/populate/row_finder.h"

#include "base/error.h"
#include "workloads/populate/cells.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

namespace assay::populate {
namespace {
__extension__ using Int128 = __int128;
}

void in_pieces(std::uint64_t count, std::uint64_t piece, int threads, const std::stop_token& stop,
               const std::function<void(std::uint64_t first, std::uint64_t end)>& work) {
  std::atomic<std::uint64_t> next{0};
  std::mutex mutex;
  std::exception_ptr problem;
  {
    std::vector<std::jthread> running;
    for (int i = 0; i < threads; i++)
      running.emplace_back([&] {
        try {
          for (std::uint64_t first = next.fetch_add(piece); first < count; first = next.fetch_add(piece)) {
            if (stop.stop_requested()) throw Error("interrupted", ExitCode::interrupted);
            work(first, std::min(first + piece, count));
          }
        } catch (...) {
          next = count;
          const std::lock_guard lock(mutex);
          if (!problem) problem = std::current_exception();
        }
      });
  }
  if (problem) std::rethrow_exception(problem);
}

RowFinder::RowFinder(const Contents& state, std::size_t table, int threads, const std::stop_token& stop)
    : rows_(state.table(table)),
      table_(state.population().table(table)),
      traits_(state.population().traits()),
      key_(state.population().schema().tables[table].primary_key) {
  const dataset::Table& of_schema = state.population().schema().tables[table];
  const ColumnType first = table_.columns[key_.front()].type;
  if (key_.size() == 1 && (first == ColumnType::integer || first == ColumnType::bigint))
    sequence_ = std::get_if<dataset::Sequence>(&of_schema.columns[key_.front()].generator);
  if (sequence_ != nullptr && sequence_->step == 0) sequence_ = nullptr;
  if (sequence_ != nullptr) return;
  entries_.resize(rows_.places());
  in_pieces(entries_.size(), 16'384, threads, stop, [&](std::uint64_t begin, std::uint64_t end) {
    RowBatch keys(key_.size());
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t place = begin; place < end; place++) numbers.push_back(rows_.row(place));
    state.population().generator().add(table, key_, numbers, keys);
    for (std::uint64_t place = begin; place < end; place++)
      entries_[place] = {hash_of_key(keys.row(place - begin), false), place};
  });
  std::sort(entries_.begin(), entries_.end());
}

std::uint64_t RowFinder::hash_of_key(const Value* values, bool whole_row) const {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < key_.size(); i++)
    hash = mix(hash ^ hash_of_cell(values[whole_row ? key_[i] : i], table_.columns[key_[i]].type, traits_));
  return hash;
}

void RowFinder::find(const Value* row, std::vector<std::uint64_t>& out) const {
  if (sequence_ != nullptr) {
    const auto* v = std::get_if<std::int64_t>(&row[key_.front()]);
    if (v == nullptr) return;
    const Int128 from_start = static_cast<Int128>(*v) - sequence_->start;
    if (from_start % sequence_->step != 0) return;
    const Int128 number = from_start / sequence_->step;
    if (number < 0 || number > static_cast<Int128>(dataset::kMostRows)) return;
    if (const auto place = rows_.place(static_cast<std::uint64_t>(number))) out.push_back(*place);
    return;
  }
  const auto range = std::equal_range(entries_.begin(), entries_.end(), Entry{hash_of_key(row, true), 0});
  for (auto at = range.first; at != range.second; ++at) out.push_back(at->place);
}

}  // namespace assay::populate
