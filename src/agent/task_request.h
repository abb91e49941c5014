// A task as it is asked for over HTTP, and what is known of it before it begins.
#pragma once

#include "agent/request_values.h"
#include "agent/task_record.h"
#include "base/time.h"
#include "job/setup.h"

#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::agent {

/// A workload with its target among its options; of a group with its name and that of its system.
struct LoadRequest {
  std::string name = {}, system = {};
  std::string workload = {};
  std::map<std::string, std::string> options = {};         // "target" among them
  std::map<std::string, std::string> driver_options = {};  // beside those in the URL's query; they may be secrets
};

struct TaskRequest {
  Verb verb = kRun;
  std::string workload;
  std::map<std::string, std::string> options;  // "target" and "shard" among them
  std::map<std::string, std::string> driver_options = {};
  std::vector<LoadRequest> groups = {};
  bool hold = false;     // a run waits, with its sessions open, for Task::start_at()
  bool sharded = false;  // a coordinator looks at the whole: see Task::conclude()
  std::optional<WallTime> start_at;
  nlohmann::json run;                      // what a coordinator keeps here of the whole, to take it up again; opaque
  IdempotencyKey key;                      // with which it was asked for
  std::vector<std::string> mistakes = {};  // found when it was read; refused with those of its options
};

/// Understands and checks it. Throws one Error for all mistakes.
std::unique_ptr<JobSetup> setup_of(const TaskRequest&);

/// What a command line asked for. Options of the driver may be secrets, and are left out.
TaskRequest request_of(const JobSetup&);

/// The record of a task that begins; no secret of the options is in it.
TaskRecord new_record(const std::string& id, const TaskRequest&, const JobSetup&);

/// Who the target of a run is, what its groups would be and which options its data decides. Throws Error.
nlohmann::json describe(const TaskRequest&, bool groups);

}  // namespace assay::agent
