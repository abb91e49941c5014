#include "stats/recorder.h"

#include <algorithm>
#include <numeric>

namespace assay {

std::string_view to_string(Phase phase) noexcept {
  switch (phase) {
    case Phase::ramp:
      return "ramp";
    case Phase::warmup:
      return "warmup";
    case Phase::measure:
      return "measure";
    case Phase::drain:
      return "drain";
  }
  return "unknown";
}

std::uint64_t OperationStats::errors() const noexcept {
  return std::accumulate(failures.begin(), failures.end(), std::uint64_t{0});
}

void OperationStats::merge(const OperationStats& other) noexcept {
  response.merge(other.response);
  service.merge(other.service);
  wait.merge(other.wait);
  lag.merge(other.lag);
  failed.merge(other.failed);
  completed += other.completed;
  items += other.items;
  bytes += other.bytes;
  retries += other.retries;
  in_doubt += other.in_doubt;
  for (std::size_t k = 0; k < failures.size(); k++) failures[k] += other.failures[k];
}

void OperationStats::clear() noexcept {
  for (Histogram* h : {&response, &service, &wait, &lag, &failed}) h->clear();
  completed = items = bytes = retries = in_doubt = 0;
  failures.fill(0);
}

bool OperationStats::empty() const noexcept {
  return response.empty() && failed.empty() && completed == 0 && retries == 0 && in_doubt == 0;
}

void GroupStats::merge(const GroupStats& other) noexcept {
  if (operations.size() < other.operations.size()) operations.resize(other.operations.size());
  if (counters.size() < other.counters.size()) counters.resize(other.counters.size());
  for (std::size_t i = 0; i < other.operations.size(); i++) operations[i].merge(other.operations[i]);
  for (std::size_t i = 0; i < other.counters.size(); i++) counters[i] += other.counters[i];
}

void GroupStats::clear() noexcept {
  for (OperationStats& operation : operations) operation.clear();
  std::fill(counters.begin(), counters.end(), 0);
}

bool GroupStats::empty() const noexcept {
  return std::all_of(operations.begin(), operations.end(), [](const OperationStats& o) { return o.empty(); }) &&
         std::all_of(counters.begin(), counters.end(), [](std::uint64_t c) { return c == 0; });
}

void Interval::clear() noexcept {
  stats.clear();
  strays.clear();
}

void FailureLog::add(OperationId operation, const Failure& failure) {
  for (FailureSample& sample : samples_)  // the common case: seen before, no copy made
    if (sample.operation == static_cast<std::uint16_t>(operation) && sample.kind == failure.kind &&
        sample.native_code == failure.native_code)
      return void(sample.count++);
  add(FailureSample{static_cast<std::uint16_t>(operation), failure.kind, failure.native_code, failure.message, 1});
}

void FailureLog::add(const FailureSample& seen) {
  for (FailureSample& sample : samples_)
    if (sample.operation == seen.operation && sample.kind == seen.kind && sample.native_code == seen.native_code)
      return void(sample.count += seen.count);
  if (samples_.size() < kMost)
    samples_.push_back(seen);
  else
    others_ += seen.count;
}

void FailureLog::merge(const FailureLog& other) {
  for (const FailureSample& sample : other.samples_) add(sample);
  others_ += other.others_;
}

}  // namespace assay
