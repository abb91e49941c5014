#include "results/summary.h"

#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace assay {
namespace {

constexpr const char* kAll = "all";

/// What a row adds up before its percentiles are taken.
struct Sum {
  Histogram response, service, wait, lag;
  OperationSummary counts;

  void clear() {
    for (Histogram* h : {&response, &service, &wait, &lag}) h->clear();
    counts = {};
  }
  void add(const OperationStats& s) {
    response.merge(s.response);
    service.merge(s.service);
    wait.merge(s.wait);
    lag.merge(s.lag);
    counts.count += s.count();
    counts.completed += s.completed;
    counts.errors += s.errors();
    counts.retries += s.retries;
    counts.in_doubt += s.in_doubt;
    counts.items += s.items;
    counts.bytes += s.bytes;
  }
  void add(const SeriesCell& c) {
    const auto merge = [](Histogram& into, const std::string& text) {
      if (!text.empty()) into.merge(Histogram::decode(text));
    };
    merge(response, c.response);
    merge(service, c.service);
    merge(wait, c.wait);
    merge(lag, c.lag);
    counts.count += c.count;
    counts.completed += c.completed;
    counts.errors += c.errors;
    counts.retries += c.retries;
    counts.in_doubt += c.in_doubt;
    counts.items += c.items;
    counts.bytes += c.bytes;
  }
  void add(const Sum& s) {
    response.merge(s.response);
    service.merge(s.service);
    wait.merge(s.wait);
    lag.merge(s.lag);
    counts.count += s.counts.count;
    counts.completed += s.counts.completed;
    counts.errors += s.counts.errors;
    counts.retries += s.counts.retries;
    counts.in_doubt += s.counts.in_doubt;
    counts.items += s.counts.items;
    counts.bytes += s.counts.bytes;
  }
  OperationSummary summary(std::string group, std::string operation, Nanos length) const {
    OperationSummary out = counts;
    out.group = std::move(group);
    out.operation = std::move(operation);
    out.rate = length > Nanos(0) ? static_cast<double>(out.completed) / to_seconds(length) : 0;
    out.response = summarize(response);
    out.service = summarize(service);
    out.wait = summarize(wait);
    out.lag = summarize(lag);
    return out;
  }
};

/// Walks the rows: `add(sum, g, o)` adds what operation o of group g holds; `row(group, operation, sum)` gets each row.
template <class Add, class Row>
void walk(const Document& document, Add add, Row row) {
  Sum one, group_sum, total;
  for (std::size_t g = 0; g < document.groups.size(); g++) {
    const GroupResult& group = document.groups[g];
    group_sum.clear();
    for (std::size_t o = 0; o < group.operations.size(); o++) {
      one.clear();
      add(one, g, o);
      if (!group.operations[o].nested) group_sum.add(one);
      row(group.name, group.operations[o].name, one);
    }
    total.add(group_sum);
    row(group.name, kAll, group_sum);
  }
  row(kAll, kAll, total);
}

template <class Row>
void walk_measured(const Document& document, Row row) {
  walk(
      document, [&](Sum& sum, std::size_t g, std::size_t o) { sum.add(document.groups[g].operations[o].measured()); },
      row);
}

}  // namespace

LatencySummary summarize(const Histogram& h) {
  return {h.count(),        h.mean(),         h.quantile(0.5),   h.quantile(0.9),
          h.quantile(0.95), h.quantile(0.99), h.quantile(0.999), h.max()};
}

std::vector<OperationSummary> summarize(const Document& document) {
  std::vector<OperationSummary> rows;
  const Nanos length = document.measured_length();
  walk_measured(document, [&](const std::string& group, const std::string& operation, const Sum& sum) {
    rows.push_back(sum.summary(group, operation, length));
  });
  return rows;
}

std::vector<NamedHistogram> merged_histograms(const Document& document) {
  std::vector<NamedHistogram> out;
  walk_measured(document, [&](const std::string& group, const std::string& operation, const Sum& sum) {
    out.push_back({group, operation, sum.response, sum.service});
  });
  return out;
}

void for_each_interval(const Document& document, const std::function<void(const IntervalSummary&)>& f) {
  Nanos interval{};
  for (const GroupResult& group : document.groups)
    if (!group.series.intervals().empty()) interval = std::max(interval, group.series.interval());
  if (interval == Nanos(0)) return;

  // A group's intervals are as long as the longest or an even part of it: its index there is where its interval begins.
  std::int64_t first = std::numeric_limits<std::int64_t>::max(), last = -1;
  const auto index_of = [&](const Series& series, const SeriesInterval& i) {
    return i.index * series.interval().count() / interval.count();
  };
  for (const GroupResult& group : document.groups)
    if (const auto& all = group.series.intervals(); !all.empty()) {
      first = std::min(first, index_of(group.series, all.front()));
      last = std::max(last, index_of(group.series, all.back()));
    }

  const Nanos run_end = document.length();
  std::vector<std::size_t> next(document.groups.size(), 0), end(document.groups.size(), 0);
  for (std::int64_t index = first; index <= last; index++) {
    IntervalSummary out;
    out.start = interval * index;
    out.length = interval;
    if (run_end > out.start) out.length = std::min(interval, run_end - out.start);
    std::optional<Phase> phase;
    for (std::size_t g = 0; g < document.groups.size(); g++) {
      const Series& series = document.groups[g].series;
      next[g] = end[g];
      while (end[g] < series.intervals().size() && index_of(series, series.intervals()[end[g]]) <= index) {
        const Phase seen = series.intervals()[end[g]++].phase;
        if (!phase || seen == Phase::measure) phase = seen;
      }
    }
    if (!phase)  // nothing ended here: the phase is the one that was on at its middle
      for (const PhaseSpan& span : document.phases)
        if (span.start <= out.start + out.length / 2) phase = span.phase;
    out.phase = phase.value_or(Phase::measure);
    walk(
        document,
        [&](Sum& sum, std::size_t g, std::size_t o) {
          for (std::size_t i = next[g]; i < end[g]; i++)
            sum.add(document.groups[g].series.intervals()[i].operations[o]);
        },
        [&](const std::string& group, const std::string& operation, const Sum& sum) {
          out.rows.push_back(sum.summary(group, operation, out.length));
        });
    f(out);
  }
}

LatencySummary measured_lag(const Document& document) {
  Histogram lag;
  for (const GroupResult& group : document.groups)
    for (const OperationResult& operation : group.operations)
      if (!operation.nested) lag.merge(operation.measured().lag);
  return summarize(lag);
}

std::optional<double> cpu_us_per_operation(const Document& document) {
  const OwnCost& own = document.own_cost;
  if (own.operations <= 0) return std::nullopt;
  return own.cpu_seconds * 1e6 / own.operations;
}

std::string doubt_of_search(const RateSearchFacts& search) {
  if (search.lowest_failed <= 0) return {};
  double above = 0;
  for (const RateSearchStep& step : search.steps)
    if (step.held && step.rate > search.lowest_failed) above = std::max(above, step.rate);
  if (above == 0) return {};
  return fmt::format(
      "{} held although {} did not: what held did not depend on the rate alone (other load, caches, a "
      "condition that a single slow operation decides), so the highest rate is in doubt",
      format_rate(above), format_rate(search.lowest_failed));
}

std::string describe_search(const RateSearchFacts& search) {
  const std::string doubt = doubt_of_search(search);
  if (search.highest == 0) {
    if (search.lowest_failed <= 0) return "no step came to its end";
    return doubt.empty()
               ? fmt::format("no rate held; the lowest that was tried is {}", format_rate(search.lowest_failed))
               : "no rate was found; " + doubt;
  }
  // Clopper and Pearson, one-sided, when each of n steps held: p such that pⁿ = 0.05.
  std::string text =
      fmt::format("{} held in {} of {} steps (so it does in at least {:.0f} % of all, with 95 % confidence); ",
                  format_rate(search.highest), search.held, search.held,
                  100 * std::pow(0.05, 1 / static_cast<double>(std::max<std::uint64_t>(1, search.held))));
  text += search.lowest_failed > 0 ? fmt::format("{} did not, {:+.1f} %", format_rate(search.lowest_failed),
                                                 100 * (search.lowest_failed / search.highest - 1))
                                   : "none failed";
  if (!search.complete) text += "; the search did not come to its end: the highest rate may be higher or lower";
  if (!doubt.empty()) text += "; " + doubt;
  return text;
}

std::vector<FailureSummary> summarize_failures(const Document& document) {
  std::vector<FailureSummary> out;
  for (const GroupResult& group : document.groups) {
    for (const FailureSample& sample : group.failures)
      out.push_back({group.name, group.operations[sample.operation].name, std::string(to_string(sample.kind)),
                     sample.native_code, sample.message, sample.count});
    if (group.other_failures > 0)
      out.push_back({group.name, kAll, "other", "", "more kinds than are kept apart", group.other_failures});
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const FailureSummary& a, const FailureSummary& b) { return a.count > b.count; });
  return out;
}

}  // namespace assay
