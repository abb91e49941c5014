// The tasks of an agent: at most one is under way; those that ended are kept on disk and known again after a restart.
//
// The folder holds tasks/ID.json, the records, and results/ID.json, the result documents. Thread-safe.
#pragma once

#include "agent/task.h"

#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace assay::agent {

class Tasks {
 public:
  /// Throws Error: the folder cannot be made, or another agent uses it. `executor` says who carries tasks out (task.h).
  explicit Tasks(std::filesystem::path folder, MakeExecutor executor = {});
  /// This one and no other, in no folder; somebody else begins it.
  explicit Tasks(std::shared_ptr<Task> only) : current_(std::move(only)), starts_(false) {}
  ~Tasks();
  Tasks(const Tasks&) = delete;
  Tasks& operator=(const Tasks&) = delete;

  struct Started {
    std::string id;
    bool fresh = true;  // false: this key has started it before
  };
  /// Throws Error for mistakes in the request, net::HttpError: 409 when a task is under way, or none is started at all, 422
  /// when its key came with another request before. Nothing was changed then.
  Started start(TaskRequest);
  /// Whether there will be other tasks than one.
  bool starts() const noexcept { return starts_; }
  /// nullptr: none is under way, and none was since the agent began.
  std::shared_ptr<Task> current() const;
  /// The run that is under way or was last; nullptr: there was none since the agent began.
  std::shared_ptr<Task> last_run() const;
  /// Of a task that this process carried out and still holds: the last one, and the last runs that were a share of a
  /// coordinator's, of which it may yet be asked what the whole comes to.
  std::shared_ptr<Task> find_held(const std::string& id) const;
  /// Newest first.
  std::vector<TaskRecord> all() const;
  std::optional<TaskRecord> find(const std::string& id) const;
  /// Throws net::HttpError(404).
  TaskRecord require(const std::string& id) const;
  /// From disk, or what could not be written there. Throws net::HttpError(404).
  std::string result_text(const std::string& id) const;
  std::filesystem::path result_file(const std::string& id) const { return folder_ / "results" / (id + ".json"); }
  const std::filesystem::path& folder() const noexcept { return folder_; }
  /// Stops the task under way and waits for its end, and a moment for those who follow it to be told.
  void shut_down(Nanos patience);

 private:
  void read_records();
  /// The task that this Idempotency-Key has started; under the mutex.
  std::optional<TaskRecord> begun_with(const std::string& key) const;
  const std::filesystem::path folder_;
  const MakeExecutor executor_;
  int lock_ = -1;
  mutable std::mutex mutex_;
  std::vector<TaskRecord> ended_;             // oldest first; of earlier tasks
  std::shared_ptr<Task> current_, last_run_;  // the latter before the former
  std::deque<std::shared_ptr<Task>> shares_;  // runs that have ended, oldest first
  const bool starts_ = true;
};

}  // namespace assay::agent
