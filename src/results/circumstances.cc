#include "results/circumstances.h"

#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

class List {
 public:
  void configuration(std::string name, std::string value) { add(std::move(name), std::move(value), true); }
  void watched(std::string name, std::string value) { add(std::move(name), std::move(value), false); }
  std::vector<Circumstance> take() { return std::move(list_); }

 private:
  void add(std::string name, std::string value, bool configuration) {
    if (!value.empty()) list_.push_back({std::move(name), std::move(value), configuration});
  }
  std::vector<Circumstance> list_;
};

/// A search (--find-max) chooses its rate itself: what tells one from another is what must hold.
std::string schedule_in(const Document& d, const std::string& schedule) {
  if (d.search.steps.empty()) return schedule;
  for (const std::string_view kind : {"constant", "Poisson"})
    if (schedule.starts_with(fmt::format("{} ", kind)))
      return fmt::format("{}, the highest rate with {}", kind, d.search.condition);
  return schedule;
}

void add_load(List& list, const Document& d) {
  list.configuration("workload", d.workload.name);
  for (const auto& [name, value] : d.workload.options) {
    // What the options of the command make of the load stands in the groups; where its output goes says nothing of it,
    // and runs are meant to have seeds of their own.
    if (name == "run.result" || name == "run.json" || name == "run.quiet" || name == "run.seed") continue;
    if (name.starts_with("run."))
      list.watched("option." + name, value);
    else
      list.configuration("option." + name, value);
  }
  list.configuration("schedule", schedule_in(d, d.schedule));
  if (!d.agents.empty()) list.configuration("agents", std::to_string(d.agents.size()));
  for (const GroupResult& group : d.groups) {
    const std::string path = "group." + group.name;
    list.configuration(path + ".target", group.target);
    list.configuration(path + ".clients", std::to_string(group.clients));
    list.configuration(path + ".sessions", std::to_string(group.sessions));
    list.configuration(path + ".schedule", schedule_in(d, group.schedule));
  }
}

void add_targets(List& list, const Document& d) {
  for (const TargetFacts& target : d.targets) {
    const std::string path = "target." + target.name;
    list.configuration(path + ".driver", target.driver);
    list.configuration(path + ".server", target.server);
    list.watched(path + ".server_version", target.server_version);
    list.watched(path + ".url", target.url);
    for (const auto& [name, value] : target.settings) list.watched(path + ".setting." + name, value);
  }
}

void add_machine(List& list, const MachineFacts& m) {
  list.configuration("machine.cpu_model", m.cpu_model);
  if (m.cpus > 0) list.configuration("machine.cpus", std::to_string(m.cpus));
  if (m.cgroup_cpus) list.configuration("machine.cgroup_cpus", fmt::format("{}", *m.cgroup_cpus));
  if (m.memory_bytes > 0) list.watched("machine.memory", format_bytes(m.memory_bytes));
  if (m.cgroup_memory_bytes) list.watched("machine.cgroup_memory", format_bytes(*m.cgroup_memory_bytes));
  list.watched("machine.os", m.os);
  list.watched("machine.kernel", m.kernel);
}

const Circumstance* find(const std::vector<Circumstance>& list, std::string_view name) {
  const auto at = std::find_if(list.begin(), list.end(), [&](const Circumstance& c) { return c.name == name; });
  return at == list.end() ? nullptr : &*at;
}

}  // namespace

std::vector<Circumstance> circumstances_of(const Document& d) {
  List list;
  add_load(list, d);
  add_targets(list, d);
  add_machine(list, d.machine);
  if (d.own_cost.loops > 0) list.watched("io_uring", d.own_cost.io_uring_loops > 0 ? "used" : "not used");
  list.watched("assay", d.assay_version);
  return list.take();
}

std::vector<CircumstanceDifference> differences(const std::vector<Circumstance>& before,
                                                const std::vector<Circumstance>& after) {
  std::vector<CircumstanceDifference> found;
  for (const Circumstance& c : before) {
    const Circumstance* other = find(after, c.name);
    if (other == nullptr || other->value != c.value)
      found.push_back({c.name, c.value, other == nullptr ? "" : other->value});
  }
  for (const Circumstance& c : after)
    if (find(before, c.name) == nullptr) found.push_back({c.name, "", c.value});
  return found;
}

std::vector<VaryingCircumstance> varying(const std::vector<std::vector<Circumstance>>& runs) {
  std::vector<VaryingCircumstance> all;
  for (std::size_t i = 0; i < runs.size(); i++) {
    auto place = all.begin();  // what only a later run has stands behind what it has behind there
    for (const Circumstance& c : runs[i]) {
      auto at =
          std::find_if(all.begin(), all.end(), [&](const VaryingCircumstance& known) { return known.name == c.name; });
      if (at == all.end()) at = all.insert(place, {c.name, std::vector<std::string>(runs.size())});
      at->values[i] = c.value;
      place = at + 1;
    }
  }
  std::erase_if(all, [](const VaryingCircumstance& v) {
    return std::all_of(v.values.begin(), v.values.end(),
                       [&](const std::string& value) { return value == v.values[0]; });
  });
  return all;
}

bool is_of(std::string_view name, std::string_view part) noexcept {
  return name.starts_with(part) && (name.size() == part.size() || name[part.size()] == '.');
}

}  // namespace assay
