// A task of an agent: one verb of a workload against a target, from the request to the result, on a thread of its own.
//
// A Task is the JobObserver of its job: what it is told it keeps for those who ask: the record, events, the live figures,
// and the time line, which a coordinator fetches piece by piece. Everything but the constructor is thread-safe.
#pragma once

#include "agent/event_log.h"
#include "core/control.h"
#include "job/run_job.h"

#include <nlohmann/json.hpp>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace assay::agent {

struct TaskRequest {
  Verb verb = kRun;
  std::string workload;
  std::map<std::string, std::string> options;  // "target" and "shard" among them
  bool hold = false;                           // a run waits, with its sessions open, for start_at()
  bool sharded = false;                        // a coordinator looks at the whole: see conclude()
  std::optional<WallTime> start_at;
  nlohmann::json run;                      // what a coordinator keeps here of the whole, to take it up again; opaque
  std::string key;                         // Idempotency-Key
  std::vector<std::string> mistakes = {};  // found when it was read; refused with those of its options
};

/// Who the target of a run is, what its groups would be and which options its data decides. Throws Error.
nlohmann::json describe(const TaskRequest&, bool groups);

enum class TaskState { waiting, ready, running, done, failed, stopped };
std::string_view to_string(TaskState) noexcept;
inline bool has_ended(TaskState state) { return state >= TaskState::done; }

/// What is known of a task; kept on disk.
struct TaskRecord {
  std::string id, verb, workload, target, shard, phase, error, verdict, key;
  std::map<std::string, std::string> options;  // those that were given; no secrets
  TaskState state = TaskState::waiting;
  std::optional<WallTime> accepted, started, ended;
  std::optional<WallTime> start_at;  // the instant that was agreed upon
  nlohmann::json run;                // TaskRequest::run
  std::optional<int> exit_code;
  bool has_result = false;
  nlohmann::json groups = nlohmann::json::array();
  nlohmann::json check;                         // what a check looked at and found
  std::map<std::string, std::string> in_force;  // Workload::options_in_force
};
nlohmann::json to_json(const TaskRecord&);
TaskRecord task_record_from_json(const nlohmann::json&);

class Task final : public JobObserver {
 public:
  /// Understands and checks the request. Throws Error for mistakes in it. `folder` gets the result and the record.
  Task(TaskRequest, std::filesystem::path folder);
  ~Task() override;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  const std::string& id() const noexcept { return id_; }
  TaskRecord record() const;
  const EventLog& events() const noexcept { return events_; }
  std::filesystem::path result_file() const { return folder_ / "results" / (id_ + ".json"); }

  void begin();
  void start_at(WallTime);  // Throws Error when the task does not wait for it
  void stop();
  void change(GroupChange);
  bool wait_ended(Nanos patience) const;

  /// Pieces of the time line behind number `since`, at most `most`, with the number of the last.
  nlohmann::json pieces(std::uint64_t since, std::size_t most) const;
  nlohmann::json live_figures() const;
  /// What the run counted so far, in all phases together.
  struct Totals {
    struct Operation {
      std::string group, name;
      OperationStats stats;
    };
    std::vector<Operation> operations;
  };
  Totals totals() const;
  /// What a reader of the events is told who was not there from the begin: the record, and the time line in the form of
  /// the page, an object for each interval. Events behind number `event` go on from there: nothing is lost, nothing twice.
  struct Past {
    TaskRecord record;
    std::vector<std::string> intervals;
    std::uint64_t event = 0;
  };
  Past past() const;
  /// What the workload says of the whole job, of which this was a shard. Throws Error when it was no run or is under way.
  Statements conclude(const Document& whole);

  Progress& progress() override { return progress_; }
  void step(JobStep) override;
  void checked(const CheckOutcome&, std::string_view when) override;
  void run_begins(const RunPlan&) override;
  void live(const Live&) override;
  void event(const Event&) override;
  void interval(std::size_t group, const Interval&) override;
  void save(const Document&) override;

 private:
  class TaskProgress final : public Progress {
   public:
    explicit TaskProgress(Task& task) : task_(task) {}
    void start(std::string_view what, std::string_view unit, std::uint64_t total) override;
    void advance(std::uint64_t units) override;
    void note(std::string_view line) override;

   private:
    void tell();
    Task& task_;
    std::mutex mutex_;
    std::string what_, unit_;
    std::uint64_t total_ = 0, done_ = 0;
    TimePoint begin_{}, told_{};
  };

  void carry_out();
  void carry_out_verb();
  void end(TaskState, int exit_code, std::string error);
  void log(std::string_view level, std::string_view text);
  void tell_state();
  void keep() const;
  TimePoint wait_for_start(const std::stop_token&);
  void tell_intervals(std::int64_t before);
  nlohmann::json failures_so_far() const;  // by operation and kind, in all phases; mutex_ is held
  std::map<std::int64_t, nlohmann::json> page_intervals(std::int64_t first, std::int64_t before) const;

  const std::string id_;
  const TaskRequest request_;
  const std::filesystem::path folder_;
  std::unique_ptr<JobSetup> setup_;
  std::unique_ptr<LoadConditions> conditions_;
  TaskProgress progress_{*this};
  RunControl control_;
  EventLog events_;
  std::stop_source stop_;

  mutable std::mutex mutex_;  // guards all below
  mutable std::condition_variable_any changed_;
  TaskRecord record_;
  std::optional<WallTime> start_at_;
  std::vector<std::vector<std::string>> operations_;  // names by group
  std::vector<std::vector<bool>> nested_;
  std::vector<Series> series_;
  std::vector<GroupStats> totals_;
  std::int64_t told_interval_ = -1;  // the last one that readers were told of
  nlohmann::json live_;
  struct Piece {
    std::uint64_t number;
    std::string text;
  };
  std::deque<Piece> pieces_;
  std::size_t piece_bytes_ = 0;
  std::uint64_t last_piece_ = 0;
  RunPlan plan_;  // as it was run, for conclude()

  std::jthread thread_;
};

}  // namespace assay::agent
