// The tasks of an agent: at most one is under way; those that ended are kept on disk and known again after a restart.
//
// The folder holds tasks/ID.json, the records, and results/ID.json, the result documents. Thread-safe.
#pragma once

#include "agent/task.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace assay::agent {

class Tasks {
 public:
  /// Throws Error: the folder cannot be made, or another agent uses it.
  explicit Tasks(std::filesystem::path folder);
  ~Tasks();
  Tasks(const Tasks&) = delete;
  Tasks& operator=(const Tasks&) = delete;

  struct Started {
    std::string id;
    bool fresh = true;  // false: this key has started it before
  };
  /// Throws Error for mistakes in the request, net::HttpError(409) when a task is under way: nothing was changed then.
  Started start(TaskRequest);
  /// nullptr: none is under way, and none was since the agent began.
  std::shared_ptr<Task> current() const;
  /// Of a task that this process carried out and still holds: the last one.
  std::shared_ptr<Task> find_held(const std::string& id) const;
  /// Newest first.
  std::vector<TaskRecord> all() const;
  std::optional<TaskRecord> find(const std::string& id) const;
  /// Throws net::HttpError(404).
  TaskRecord require(const std::string& id) const;
  std::filesystem::path result_file(const std::string& id) const { return folder_ / "results" / (id + ".json"); }
  const std::filesystem::path& folder() const noexcept { return folder_; }
  /// Stops the task under way and waits for its end.
  void shut_down(Nanos patience);

 private:
  void read_records();
  const std::filesystem::path folder_;
  int lock_ = -1;
  mutable std::mutex mutex_;
  std::vector<TaskRecord> ended_;  // oldest first; of earlier tasks
  std::shared_ptr<Task> current_;
};

}  // namespace assay::agent
