#include "agent/task_record.h"

#include "base/error.h"
#include "base/units.h"
#include "results/file.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace assay::agent {
namespace {

using nlohmann::json;

constexpr std::string_view kStates[] = {"waiting", "ready", "running", "done", "failed", "stopped"};
constexpr std::size_t kMostFigures = 3;

void put_time(json& into, const std::string& name, const std::optional<WallTime>& time) {
  if (!time) return;
  into[name] = format_wall(*time);
  into[name + "_unix_ns"] = std::to_string(time->time_since_epoch().count());
}

std::optional<WallTime> time_from(const json& from, const std::string& name) {
  const auto found = from.find(name + "_unix_ns");
  if (found == from.end()) return std::nullopt;
  return WallTime(Nanos(std::stoll(found->get<std::string>())));
}

}  // namespace

std::string text_of(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

std::string_view to_string(TaskState state) noexcept { return kStates[static_cast<std::size_t>(state)]; }

json to_json(const TaskRecord& record) {
  json out{{"id", record.id},
           {"verb", record.verb},
           {"workload", record.workload},
           {"target", record.target},
           {"shard", record.shard},
           {"state", to_string(record.state)},
           {"phase", record.phase},
           {"options", record.options},
           {"groups", record.groups},
           {"has_result", record.has_result},
           {"in_force", record.in_force}};
  if (!record.error.empty()) out["error"] = record.error;
  if (!record.verdict.empty()) out["verdict"] = record.verdict;
  if (record.exit_code) out["exit_code"] = *record.exit_code;
  if (!record.key.empty()) {
    out["key"] = record.key;
    out["fingerprint"] = record.fingerprint;
  }
  if (!record.progress.is_null()) out["progress"] = record.progress;
  if (!record.check.is_null()) out["check"] = record.check;
  if (!record.summary.is_null()) out["summary"] = record.summary;
  put_time(out, "accepted", record.accepted);
  put_time(out, "started", record.started);
  put_time(out, "ended", record.ended);
  put_time(out, "start_at", record.start_at);
  if (!record.run.is_null()) out["run"] = record.run;
  return out;
}

TaskRecord task_record_from_json(const json& from) {
  TaskRecord record;
  try {
    record.id = from.at("id").get<std::string>();
    record.verb = from.at("verb").get<std::string>();
    record.workload = from.at("workload").get<std::string>();
    record.target = from.at("target").get<std::string>();
    record.shard = from.at("shard").get<std::string>();
    record.phase = from.value("phase", "");
    record.error = from.value("error", "");
    record.verdict = from.value("verdict", "");
    record.key = from.value("key", "");
    record.fingerprint = from.value("fingerprint", "");
    record.options = from.at("options").get<std::map<std::string, std::string>>();
    record.in_force = from.value("in_force", std::map<std::string, std::string>());
    record.groups = from.at("groups");
    record.has_result = from.at("has_result").get<bool>();
    if (from.contains("exit_code")) record.exit_code = from["exit_code"].get<int>();
    record.check = from.value("check", json());
    record.summary = from.value("summary", json());
    const auto state = std::find(std::begin(kStates), std::end(kStates), from.at("state").get<std::string>());
    if (state == std::end(kStates)) throw Error("its state is none");
    record.state = static_cast<TaskState>(state - std::begin(kStates));
    record.accepted = time_from(from, "accepted");
    record.started = time_from(from, "started");
    record.ended = time_from(from, "ended");
    record.start_at = time_from(from, "start_at");
    record.run = from.value("run", json());
  } catch (const std::logic_error& error) {  // of numbers
    throw Error(fmt::format("the record of a task cannot be read: {}", error.what()));
  } catch (const json::exception& error) {
    throw Error(fmt::format("the record of a task cannot be read: {}", error.what()));
  }
  return record;
}

void write_record(const std::filesystem::path& folder, const TaskRecord& record) {
  write_atomically(folder / "tasks" / (record.id + ".json"), text_of(to_json(record)) + "\n");
}

void keep_record(const std::filesystem::path& folder, const TaskRecord& record) {
  try {
    write_record(folder, record);
  } catch (const Error& error) {
    fmt::print(stderr, "assay: the record of a task is not kept: {}\n", error.what());
  }
}

TaskRecord read_record(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  try {
    return task_record_from_json(json::parse(text.str()));
  } catch (const json::exception& error) {
    throw Error(fmt::format("the record of a task is no JSON: {}", error.what()));
  }
}

json groups_json(const RunPlan& plan) {
  json groups = json::array();
  for (const GroupPlan& group : plan.groups) {
    json operations = json::array(), nested = json::array();
    for (const OperationInfo& operation : group.group.operations) {
      operations.push_back(operation.name);
      nested.push_back(operation.nested);
    }
    groups.push_back({{"name", group.group.name},
                      {"operations", std::move(operations)},
                      {"nested", std::move(nested)},
                      {"counters", group.group.counters},
                      {"clients", group.clients},
                      {"planned_clients", group.clients},
                      {"sessions", group.sessions},
                      {"fibers", group.waiting == Waiting::fiber},
                      {"schedule", group.group.triggered ? "when another group asks" : group.schedule.describe()},
                      {"triggered", group.group.triggered},
                      {"ends", group.group.ends},
                      {"first_of_workload", group.first_of_workload}});
  }
  return groups;
}

json summary_of(const Document& document) {
  json figures = json::array(), failures = json::array(), lost = json::array();
  for (const Figure& figure : document.figures)
    if (figure.available && figures.size() < kMostFigures)
      figures.push_back({{"name", figure.name}, {"value", figure.value}, {"unit", figure.unit}});
  for (const GroupResult& group : document.groups)
    for (const FailureSample& failure : group.failures)
      failures.push_back({{"group", group.name},
                          {"operation", group.operations[failure.operation].name},
                          {"kind", to_string(failure.kind)},
                          {"native_code", failure.native_code},
                          {"count", failure.count},
                          {"message", failure.message}});
  for (const AgentResult& agent : document.agents)
    if (!agent.lost.empty()) lost.push_back(agent.name);
  return {{"reasons", document.verdict.reasons},
          {"warnings", document.warnings},
          {"figures", std::move(figures)},
          {"failures", std::move(failures)},
          {"lost", std::move(lost)}};
}

}  // namespace assay::agent
