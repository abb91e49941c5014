// A task of an agent: one verb of a workload against a target, from the request to the result.
//
// A Task is the JobObserver of its job: what it is told it keeps for those who ask: the record (task_record.h), events, the
// live figures and the time line (time_line.h). It is carried out on a thread of its own, or, the run of a command line
// that has a page, by its caller. Everything but the constructors is thread-safe.
#pragma once

#include "agent/event_log.h"
#include "agent/task_record.h"
#include "agent/task_request.h"
#include "agent/time_line.h"
#include "core/control.h"
#include "job/run_job.h"

#include <nlohmann/json.hpp>

#include <condition_variable>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace assay::agent {

class Task final : public JobObserver {
 public:
  /// Understands and checks the request. Throws Error for mistakes in it. `folder` gets the result and the record. `executor`
  /// says who carries it out; empty: this process.
  Task(TaskRequest, std::filesystem::path folder, const MakeExecutor& executor = {});
  /// A run that was understood already, for carry_out(). `beside` is told of the job as well. Nothing of it is kept on disk.
  /// All outlive it.
  Task(const JobSetup&, const MakeExecutor& executor, JobObserver& beside);
  ~Task() override;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  const std::string& id() const noexcept { return id_; }
  bool is_run() const noexcept { return request_.verb == kRun; }
  /// A run that was one of several of a coordinator.
  bool is_share() const noexcept { return is_run() && request_.sharded; }
  TaskRecord record() const;
  const EventLog& events() const noexcept { return events_; }
  /// The result, as text, when it could not be written to result_file(); else nullptr.
  std::shared_ptr<const std::string> unwritten_result() const;
  std::filesystem::path result_file() const { return folder_ / "results" / (id_ + ".json"); }

  void begin();
  /// Instead of begin(), of the second kind of task: on this thread. Throws Error as carry_out_run() does.
  JobEnd carry_out();
  void start_at(WallTime);  // Throws Error when the task does not wait for it
  void stop();
  /// Throws Error as RunControl::change() does, and for an instant behind the end of the run. Several with one key are one;
  /// throws net::HttpError(422) when they are not the same.
  void change(GroupChange, const IdempotencyKey&);
  bool wait_ended(Nanos patience) const;

  /// See TimeLine.
  nlohmann::json pieces(std::uint64_t since, std::size_t most) const;
  Totals totals() const;
  nlohmann::json live_figures() const;
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
  void run_ended() override;
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

  void make_executor(const MakeExecutor&);
  /// From begin to end, which is kept in the record and told, however it comes about. Answers what was thrown on the way.
  std::exception_ptr go_through();
  void carry_out_verb();
  void conclude_run(JobEnd);
  void end(TaskState, int exit_code, std::string error);
  void log(std::string_view level, std::string_view text);
  void tell_state();
  void keep() const;
  TimePoint wait_for_start(const std::stop_token&);
  void tell_intervals(std::int64_t before);
  /// What a change comes to is in the record; answers it in words. Under mutex_.
  std::string take_effect(const GroupChange&, bool now);
  void take_asked(Nanos until);

  const TaskRequest request_;
  const std::filesystem::path folder_;  // empty: nothing is kept
  JobObserver* const beside_ = nullptr;
  std::unique_ptr<JobSetup> own_setup_;
  const JobSetup& setup_;
  const std::string id_;
  std::unique_ptr<LoadConditions> conditions_;
  TaskProgress progress_{*this};
  RunControl control_;
  std::unique_ptr<Executor> executor_;
  EventLog events_;
  std::stop_source stop_;
  std::optional<JobEnd> end_;  // for who calls carry_out()

  mutable std::mutex mutex_;  // guards all below
  mutable std::condition_variable_any changed_;
  TaskRecord record_;
  std::shared_ptr<const std::string> unwritten_;
  std::optional<WallTime> start_at_;
  TimeLine time_line_;
  nlohmann::json live_;
  std::vector<GroupChange> asked_;       // changes whose instants are to come
  Nanos measured_until_ = Nanos::max();  // since the begin of the run

  std::mutex changing_;  // guards the keys of changes, and is held while one is made; before mutex_
  std::map<std::string, std::string> change_keys_;  // with their fingerprints

  std::jthread thread_;
};

}  // namespace assay::agent
