#include "stats/series.h"

#include <algorithm>

namespace assay {
namespace {

void add_histogram(std::string& cell, const Histogram& more) {
  if (more.empty()) return;
  if (cell.empty()) {
    cell = more.encode();
    return;
  }
  thread_local Histogram sum;  // of 40 KB, for each cell of each interval
  sum.decode_from(cell);
  sum.merge(more);
  cell = sum.encode();
}

void add_text(std::string& cell, const std::string& more) {
  if (more.empty()) return;
  if (cell.empty())
    cell = more;
  else
    add_histogram(cell, Histogram::decode(more));
}

void add_cell(SeriesCell& a, const SeriesCell& b) {
  a.count += b.count;
  a.completed += b.completed;
  a.errors += b.errors;
  a.retries += b.retries;
  a.in_doubt += b.in_doubt;
  a.items += b.items;
  a.bytes += b.bytes;
  add_text(a.response, b.response);
  add_text(a.service, b.service);
  add_text(a.wait, b.wait);
  add_text(a.lag, b.lag);
}

std::size_t bytes_of(const SeriesCell& cell) {
  return sizeof(SeriesCell) + cell.response.size() + cell.service.size() + cell.wait.size() + cell.lag.size();
}

std::size_t bytes_of(const SeriesInterval& interval) {
  std::size_t sum = sizeof(SeriesInterval);
  for (const SeriesCell& cell : interval.operations) sum += bytes_of(cell);
  return sum;
}

}  // namespace

void Series::add(std::int64_t index, Phase phase, const GroupStats& stats) {
  index /= base_per_interval_;
  const auto at = std::lower_bound(intervals_.begin(), intervals_.end(), index,
                                   [](const SeriesInterval& i, std::int64_t wanted) { return i.index < wanted; });
  auto slot = at;
  if (at == intervals_.end() || at->index != index) {
    slot = intervals_.insert(at, SeriesInterval{index, phase, std::vector<SeriesCell>(operations_)});
    bytes_ += bytes_of(*slot);
  } else if (phase == Phase::measure) {
    slot->phase = phase;  // an interval that holds measured time is shown as measured
  }
  for (std::size_t i = 0; i < std::min(operations_, stats.operations.size()); i++) {
    const OperationStats& from = stats.operations[i];
    SeriesCell& to = slot->operations[i];
    bytes_ -= bytes_of(to);
    to.count += from.count();
    to.completed += from.completed;
    to.errors += from.errors();
    to.retries += from.retries;
    to.in_doubt += from.in_doubt;
    to.items += from.items;
    to.bytes += from.bytes;
    add_histogram(to.response, from.response);
    add_histogram(to.service, from.service);
    add_histogram(to.wait, from.wait);
    add_histogram(to.lag, from.lag);
    bytes_ += bytes_of(to);
  }
  while (intervals_.size() > kMostIntervals || intervals_.back().index - intervals_.front().index >= kMostSpan)
    coarsen();
}

void Series::append(SeriesInterval interval) {
  bytes_ += bytes_of(interval);
  intervals_.push_back(std::move(interval));
}

void Series::keep_within(std::size_t most, std::span<Series* const> all) {
  for (;;) {
    std::size_t sum = 0;
    Series* largest = nullptr;
    for (Series* series : all) {
      sum += series->bytes_;
      if (largest == nullptr || series->bytes_ > largest->bytes_) largest = series;
    }
    // A handful of intervals is a time line no more, whatever they take.
    if (sum <= most || largest->intervals_.size() < 16) return;
    largest->coarsen();
  }
}

void Series::coarsen() {
  std::vector<SeriesInterval> merged;
  for (SeriesInterval& interval : intervals_) {
    interval.index /= 2;
    if (merged.empty() || merged.back().index != interval.index) {
      merged.push_back(std::move(interval));
      continue;
    }
    if (interval.phase == Phase::measure) merged.back().phase = Phase::measure;
    for (std::size_t i = 0; i < operations_; i++) add_cell(merged.back().operations[i], interval.operations[i]);
  }
  intervals_ = std::move(merged);
  interval_ *= 2;
  base_per_interval_ *= 2;
  bytes_ = 0;
  for (const SeriesInterval& interval : intervals_) bytes_ += bytes_of(interval);
}

}  // namespace assay
