// What is known of a task, as it is kept on disk, one file each, and told over HTTP.
//
// A record has no secrets: of options and URLs they are taken out. Throws Error.
#pragma once

#include "base/time.h"
#include "core/run.h"
#include "results/document.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace assay::agent {

enum class TaskState { waiting, ready, running, done, failed, stopped };
std::string_view to_string(TaskState) noexcept;
inline bool has_ended(TaskState state) { return state >= TaskState::done; }

struct TaskRecord {
  std::string id, verb, workload, target, shard, phase, error, verdict;
  std::string key, fingerprint;                // IdempotencyKey
  std::map<std::string, std::string> options;  // those that were given
  TaskState state = TaskState::waiting;
  std::optional<WallTime> accepted, started, ended;
  std::optional<WallTime> start_at;  // the instant that was agreed upon
  nlohmann::json run;                // TaskRequest::run
  std::optional<int> exit_code;
  bool has_result = false;
  nlohmann::json groups = nlohmann::json::array();
  nlohmann::json progress;                      // of what is under way; not kept on disk
  nlohmann::json check;                         // what a check looked at and found
  nlohmann::json summary;                       // summary_of() its result
  std::map<std::string, std::string> in_force;  // Workload::options_in_force
};
nlohmann::json to_json(const TaskRecord&);
TaskRecord task_record_from_json(const nlohmann::json&);

/// tasks/ID.json in `folder`, replaced whole. Throws Error.
void write_record(const std::filesystem::path& folder, const TaskRecord&);
/// The same; when it cannot be written, stderr is told.
void keep_record(const std::filesystem::path& folder, const TaskRecord&);
TaskRecord read_record(const std::filesystem::path& file);

/// The groups of a run as TaskRecord::groups has them.
nlohmann::json groups_json(const RunPlan&);
/// What a result says in short: why its verdict is none better, warnings, first figures, failures, agents that were lost.
nlohmann::json summary_of(const Document&);

/// One line. Text that is no UTF-8 is replaced.
std::string text_of(const nlohmann::json&);

}  // namespace assay::agent
