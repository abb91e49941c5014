#include "results/measured_series.h"

#include <algorithm>

namespace assay {
namespace {

constexpr std::string_view kAll = "all";

/// The whole intervals of the phase `measure`: [first, past) of this length.
struct MeasuredIntervals {
  Nanos length{};
  Nanos begin{};  // of the phase
  std::int64_t first = 0, past = 0;

  explicit MeasuredIntervals(const Document& document) {
    for (const GroupResult& group : document.groups)
      if (!group.series.intervals().empty()) length = std::max(length, group.series.interval());
    if (length == Nanos(0)) return;
    for (const PhaseSpan& span : document.phases)
      if (span.phase == Phase::measure) {
        begin = span.start;
        first = (span.start + length - Nanos(1)) / length;
        past = (span.start + span.length) / length;
      }
  }
  /// Where an interval of a series belongs, whose own are as long or an even part of it.
  std::int64_t index(const Series& series, const SeriesInterval& interval) const {
    return interval.index * series.interval().count() / length.count();
  }
  std::size_t size() const { return past > first ? static_cast<std::size_t>(past - first) : 0; }
};

bool belongs(const GroupResult& of, const OperationResult& candidate, std::string_view group,
             std::string_view operation) {
  if (group != kAll && group != of.name) return false;
  return operation == kAll ? !candidate.nested : candidate.name == operation;
}

}  // namespace

MeasuredSeries measured_series(const Document& document, std::string_view group, std::string_view operation) {
  const MeasuredIntervals measured(document);
  MeasuredSeries out;
  const std::size_t n = measured.size();
  if (n == 0) return out;
  const std::size_t per_block = (n + kBlocks - 1) / kBlocks;
  out.interval_s = to_seconds(measured.length);
  out.first_s = to_seconds(measured.first * measured.length - measured.begin);
  out.per_block = per_block;
  out.rate.resize(n);
  out.failed.resize(n);
  out.responses.resize((n + per_block - 1) / per_block);
  for (const GroupResult& of : document.groups)
    for (const SeriesInterval& interval : of.series.intervals()) {
      const std::int64_t index = measured.index(of.series, interval);
      if (index < measured.first) continue;
      const std::size_t at = std::min(static_cast<std::size_t>(index - measured.first), n - 1);
      for (std::size_t o = 0; o < of.operations.size(); o++) {
        if (!belongs(of, of.operations[o], group, operation)) continue;
        const SeriesCell& cell = interval.operations[o];
        if (index < measured.past) out.rate[at] += static_cast<double>(cell.completed) / out.interval_s;
        out.failed[at].part += static_cast<double>(cell.errors);
        out.failed[at].whole += static_cast<double>(cell.count + cell.errors);
        if (!cell.response.empty()) out.responses[at / per_block].merge(Histogram::decode(cell.response));
      }
    }
  for (const Histogram& block : out.responses)
    out.mean.push_back({block.mean_ns() * static_cast<double>(block.count()), static_cast<double>(block.count())});
  return out;
}

}  // namespace assay
