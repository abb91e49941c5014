#include "agent/time_line.h"

#include "agent/task_record.h"
#include "base/time.h"

#include <algorithm>

namespace assay::agent {
namespace {

using nlohmann::json;

constexpr std::size_t kMostPieces = 5000, kMostPieceBytes = 32 << 20;

double ms(Nanos time) { return static_cast<double>(time.count()) / 1e6; }

json cell_json(const std::string& name, std::uint64_t completed, std::uint64_t errors, std::uint64_t retries,
               const Histogram& response) {
  return {{"name", name},
          {"completed", completed},
          {"errors", errors},
          {"retries", retries},
          {"p50_ms", ms(response.quantile(0.5))},
          {"p95_ms", ms(response.quantile(0.95))},
          {"p99_ms", ms(response.quantile(0.99))},
          {"max_ms", ms(response.max())}};
}

/// One interval of one group in the form of the page.
json page_group(const SeriesInterval& interval, const std::vector<std::string>& names,
                const std::vector<bool>& nested) {
  json operations = json::array();
  Histogram all;
  std::uint64_t completed = 0, errors = 0, retries = 0;
  for (std::size_t o = 0; o < interval.operations.size(); o++) {
    const SeriesCell& cell = interval.operations[o];
    const Histogram response = cell.response.empty() ? Histogram() : Histogram::decode(cell.response);
    operations.push_back(cell_json(names[o], cell.completed, cell.errors, cell.retries, response));
    if (nested[o]) continue;
    all.merge(response);
    completed += cell.completed;
    errors += cell.errors;
    retries += cell.retries;
  }
  json group = cell_json("all", completed, errors, retries, all);
  return {{"operations", std::move(operations)}, {"all", std::move(group)}};
}

}  // namespace

void TimeLine::begin(const RunPlan& plan) {
  interval_ = plan.interval;
  groups_.clear();
  last_told_ = -1;
  for (const GroupPlan& group : plan.groups) {
    Of& of = groups_.emplace_back();
    of.name = group.group.name;
    for (const OperationInfo& operation : group.group.operations) {
      of.operations.push_back(operation.name);
      of.nested.push_back(operation.nested);
    }
    of.series = Series(plan.interval, of.operations.size());
    of.totals = GroupStats(of.operations.size(), group.group.counters.size());
  }
}

void TimeLine::add(std::size_t g, const Interval& interval) {
  if (g >= groups_.size()) return;
  groups_[g].series.add(interval.index, interval.phase, interval.stats);
  groups_[g].totals.merge(interval.stats);
  for (const auto& [phase, stats] : interval.strays) {
    groups_[g].series.add(interval.index, interval.phase, stats);
    groups_[g].totals.merge(stats);
  }
  std::vector<Series*> all;
  for (Of& group : groups_) all.push_back(&group.series);
  Series::keep_within(Series::kMostBytes, all);
}

void TimeLine::add_piece(std::string text) {
  piece_bytes_ += text.size();
  pieces_.push_back({++last_piece_, std::move(text)});
  while (pieces_.size() > kMostPieces || piece_bytes_ > kMostPieceBytes) {
    piece_bytes_ -= pieces_.front().text.size();
    pieces_.pop_front();
  }
}

/// Those with numbers from `first` and below `before`.
std::map<std::int64_t, json> TimeLine::intervals(std::int64_t first, std::int64_t before) const {
  std::map<std::int64_t, json> found;
  for (const Of& of : groups_)
    for (auto at = of.series.intervals().rbegin(); at != of.series.intervals().rend(); ++at) {
      const std::int64_t base = at->index * (of.series.interval() / interval_);
      if (base < first) break;
      if (base >= before) continue;
      json& out = found[base];
      if (out.is_null())
        out = {{"index", base},
               {"start_s", to_seconds(of.series.interval() * at->index)},
               {"length_s", to_seconds(of.series.interval())},
               {"phase", to_string(at->phase)},
               {"groups", json::array()}};
      json group = page_group(*at, of.operations, of.nested);
      group["name"] = of.name;
      out["groups"].push_back(std::move(group));
    }
  return found;
}

std::vector<std::string> TimeLine::take(std::int64_t before) {
  std::vector<std::string> out;
  for (const auto& [index, interval] : intervals(last_told_ + 1, before)) {
    last_told_ = std::max(last_told_, index);
    out.push_back(text_of(interval));
  }
  return out;
}

std::vector<std::string> TimeLine::told() const {
  std::vector<std::string> out;
  for (const auto& [index, interval] : intervals(0, last_told_ + 1)) out.push_back(text_of(interval));
  return out;
}

json TimeLine::failures() const {
  json out = json::array();
  for (const Of& of : groups_)
    for (std::size_t o = 0; o < of.operations.size(); o++)
      for (int kind = 0; kind < kFailureKinds; kind++)
        if (const std::uint64_t count = of.totals.operations[o].failures[static_cast<std::size_t>(kind)]; count > 0)
          out.push_back({{"group", of.name},
                         {"operation", of.operations[o]},
                         {"kind", to_string(static_cast<FailureKind>(kind))},
                         {"count", count}});
  return out;
}

json TimeLine::pieces(std::uint64_t since, std::size_t most) const {
  json out = json::array();
  std::uint64_t last = since;
  for (const Piece& piece : pieces_)
    if (piece.number > since && out.size() < most) {
      out.push_back(piece.text);
      last = piece.number;
    }
  const std::uint64_t first = pieces_.empty() ? last_piece_ + 1 : pieces_.front().number;
  return {{"pieces", std::move(out)}, {"last", last}, {"lost", since + 1 < first ? first - since - 1 : 0}};
}

Totals TimeLine::totals() const {
  Totals out;
  for (const Of& of : groups_)
    for (std::size_t o = 0; o < of.operations.size(); o++)
      out.operations.push_back({of.name, of.operations[o], of.totals.operations[o]});
  return out;
}

json live_json(const Live& live, json failures) {
  json groups = json::array(), agents = json::array();
  for (const LiveGroup& group : live.groups)
    groups.push_back({{"name", group.name},
                      {"rate", group.rate},
                      {"p50_ms", ms(group.p50)},
                      {"p99_ms", ms(group.p99)},
                      {"max_ms", ms(group.max)},
                      {"errors", group.errors},
                      {"retries", group.retries}});
  for (const LiveAgent& agent : live.agents)
    agents.push_back({{"name", agent.name},
                      {"state", to_string(agent.state)},
                      {"rate", agent.rate},
                      {"error_rate", agent.error_rate},
                      {"cpu", agent.cpu ? json(*agent.cpu) : json()},
                      {"p99_lag_ms", ms(agent.p99_lag)},
                      {"clock_offset_ms", ms(agent.clock_offset)}});
  json out{{"at_s", to_seconds(live.since_start)},
           {"phase", to_string(live.phase)},
           {"left_s", live.left == Nanos::max() ? json(nullptr) : json(to_seconds(live.left))},
           {"operations", live.operations},
           {"errors", live.errors},
           {"groups", std::move(groups)},
           {"failures", std::move(failures)}};
  if (!agents.empty()) out["agents"] = std::move(agents);
  return out;
}

}  // namespace assay::agent
