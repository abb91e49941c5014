#include "results/measured_run.h"

#include "base/error.h"
#include "results/summary.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace assay {
namespace {

template <class Names>
[[noreturn]] void unknown(const ThresholdValue& value, const char* what, const Names& names) {
  throw Error(fmt::format("{}: there is no {} '{}'; expected one of {}", value.text(), what, value.arguments[0],
                          fmt::join(names, ", ")));
}

/// What the first argument names; empty only when nothing has begun.
std::vector<const OperationStats*> stats_of(const MeasuredRun& run, const ThresholdValue& value) {
  const std::string name = value.arguments.empty() ? "" : value.arguments[0];
  std::vector<const OperationStats*> chosen;
  bool found = name.empty();
  const auto choose = [&](auto matches) {
    for (const MeasuredRun::Group& group : run.groups)
      for (const MeasuredRun::Operation& operation : group.operations)
        if (matches(group, operation)) {
          found = true;
          if (operation.stats != nullptr) chosen.push_back(operation.stats);
        }
  };
  using Group = MeasuredRun::Group;
  using Operation = MeasuredRun::Operation;
  if (name.empty() || name == "all") {
    choose([](const Group&, const Operation& o) { return !o.nested; });
    return chosen;
  }
  choose([&](const Group& g, const Operation& o) { return o.name == name || g.name + "/" + o.name == name; });
  if (!found)
    choose(
        [&](const Group& g, const Operation& o) { return !o.nested && (g.name == name || g.name + "/all" == name); });
  if (!found) {
    std::vector<std::string> names = {"all"};
    for (const Group& group : run.groups)
      for (const Operation& operation : group.operations)
        for (const std::string& known : {operation.name, group.name + "/" + operation.name}) names.push_back(known);
    unknown(value, "operation", names);
  }
  return chosen;
}

std::optional<double> latency(const MeasuredRun& run, const ThresholdValue& value) {
  std::string_view name = value.name;
  Histogram OperationStats::*which = &OperationStats::response;
  if (const std::size_t dot = name.find('.'); dot != std::string_view::npos && name.find_first_of("0123456789") > dot) {
    const std::string_view kind = name.substr(0, dot);
    if (kind == "service") which = &OperationStats::service;
    if (kind == "wait") which = &OperationStats::wait;
    if (kind == "lag") which = &OperationStats::lag;
    name.remove_prefix(dot + 1);
  }
  Histogram merged;
  for (const OperationStats* stats : stats_of(run, value)) merged.merge(stats->*which);
  if (merged.empty()) return std::nullopt;
  if (name == "mean") return merged.mean_ns();
  if (name == "min") return static_cast<double>(merged.min().count());
  if (name == "max") return static_cast<double>(merged.max().count());
  double percent = 0;
  std::from_chars(name.data() + 1, name.data() + name.size(), percent, std::chars_format::fixed);
  return static_cast<double>(merged.quantile(percent / 100).count());
}

std::uint64_t errors_of(const OperationStats& stats, std::optional<FailureKind> kind) {
  return kind ? stats.failures[static_cast<std::size_t>(*kind)] : stats.errors();
}

std::optional<FailureKind> failure_kind(const ThresholdValue& value) {
  if (value.arguments.size() < 2) return std::nullopt;
  std::vector<std::string_view> names;
  for (int k = 0; k < kFailureKinds; k++) {
    names.push_back(to_string(static_cast<FailureKind>(k)));
    if (names.back() == value.arguments[1]) return static_cast<FailureKind>(k);
  }
  throw Error(fmt::format("{}: '{}' is no kind of failure; expected one of {}", value.text(), value.arguments[1],
                          fmt::join(names, ", ")));
}

std::optional<double> counted(const MeasuredRun& run, const ThresholdValue& value) {
  const std::optional<FailureKind> kind = failure_kind(value);
  std::uint64_t sum = 0, due = 0, completed = 0;
  const auto chosen = stats_of(run, value);
  for (const OperationStats* stats : chosen) {
    if (value.name == "count") sum += stats->count();
    if (value.name == "retries") sum += stats->retries;
    if (value.name == "in_doubt") sum += stats->in_doubt;
    if (value.name == "errors") sum += errors_of(*stats, kind);
    due += stats->count() + stats->errors();
    completed += stats->completed;
  }
  if (chosen.empty()) return std::nullopt;
  if (value.name == "rate") {
    if (run.length <= Nanos(0)) return std::nullopt;
    return static_cast<double>(completed) / to_seconds(run.length);
  }
  if (value.quantity != Quantity::share) return static_cast<double>(sum);
  if (due == 0) return std::nullopt;
  return static_cast<double>(sum) / static_cast<double>(due);
}

std::optional<double> abandoned(const MeasuredRun& run, const ThresholdValue& value) {
  std::uint64_t sum = 0;
  std::vector<std::string> names;
  bool found = value.arguments.empty();
  for (const MeasuredRun::Group& group : run.groups) {
    names.push_back(group.name);
    if (!value.arguments.empty() && group.name != value.arguments[0]) continue;
    found = true;
    sum += group.abandoned;
  }
  if (!found) unknown(value, "group", names);
  return static_cast<double>(sum);
}

std::optional<double> figure(const MeasuredRun& run, const ThresholdValue& value) {
  if (run.figures == nullptr) return std::nullopt;
  std::vector<std::string> names;
  for (const Figure& f : *run.figures) {
    if (f.name == value.arguments[0]) return f.available ? std::optional(f.value) : std::nullopt;
    names.push_back(f.name);
  }
  unknown(value, "figure", names);
}

std::optional<double> failed(const MeasuredRun& run, const ThresholdValue& value) {
  if (run.requirements == nullptr) return std::nullopt;
  std::vector<std::string> names;
  double sum = 0;
  for (const Requirement& r : *run.requirements) {
    names.push_back(r.name);
    if (!value.arguments.empty() && r.name == value.arguments[0]) {
      if (r.verdict == Requirement::Verdict::not_applicable) return std::nullopt;
      return r.verdict == Requirement::Verdict::fail ? 1 : 0;
    }
    if (r.verdict == Requirement::Verdict::fail) sum++;
  }
  if (!value.arguments.empty()) unknown(value, "requirement", names);
  return sum;
}

/// One of a kind that never came is none.
std::optional<double> events(const MeasuredRun& run, const ThresholdValue& value) {
  if (run.events == nullptr) return std::nullopt;
  double sum = 0;
  for (const Event& event : *run.events)
    if (event.kind == value.arguments[0]) sum += value.name == "event" ? 1 : static_cast<double>(event.length.count());
  return sum;
}

}  // namespace

MeasuredRun MeasuredRun::of(const Document& document) {
  MeasuredRun run;
  for (const GroupResult& group : document.groups) {
    Group& view = run.groups.emplace_back(Group{group.name, {}, group.abandoned});
    for (const OperationResult& operation : group.operations)
      view.operations.push_back({operation.name, operation.nested, &operation.measured()});
  }
  run.length = document.measured_length();
  run.events = &document.events;
  run.figures = &document.figures;
  run.requirements = &document.requirements;
  if (const std::optional<double> us = cpu_us_per_operation(document)) run.cpu_ns = *us * 1e3;
  return run;
}

std::optional<double> value_in(const MeasuredRun& run, const ThresholdValue& value) {
  if (value.name == "cpu") return run.cpu_ns;
  if (value.name == "figure") return figure(run, value);
  if (value.name == "failed") return failed(run, value);
  if (value.name == "abandoned") return abandoned(run, value);
  if (value.name == "event" || value.name == "event_time") return events(run, value);
  if (value.quantity == Quantity::duration) return latency(run, value);
  return counted(run, value);
}

}  // namespace assay
