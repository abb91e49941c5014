// Who carries out the steps of a job: this process, or agents that share it. And who is told of it meanwhile.
//
// The steps of a run are called in the order of this header by carry_out_run() (job/run_job.h), on one thread; prepare,
// check and cleanup may be called alone. They throw Error.
#pragma once

#include "core/run.h"
#include "job/setup.h"
#include "results/document.h"

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace assay {

/// What a job does at the moment.
enum class JobStep { opening, prepare, check, run, after_run, cleanup };
std::string_view to_string(JobStep) noexcept;

/// Told of a job while it goes on, on its thread, but for Progress, which is thread-safe.
class JobObserver : public RunObserver {
 public:
  virtual Progress& progress() = 0;  // of prepare and check
  virtual void step(JobStep) {}      // begins; what progress told before is over
  virtual void checked(const CheckOutcome&, std::string_view /*when*/) {}
  virtual void run_begins(const RunPlan&) {}
  virtual void run_ended() {}
  /// What is known so far of a result that may yet change: to be kept in case the rest fails.
  virtual void save(const Document&) {}
};

class Executor {
 public:
  virtual ~Executor() = default;
  /// Whether the load is under way already, and this joins it: nothing is prepared, checked or cleaned up around it then.
  virtual bool joins() const { return false; }
  /// Who the target is. Throws Error(unreachable).
  virtual ServerFacts facts() = 0;
  virtual void prepare(std::stop_token) = 0;
  virtual CheckOutcome check(std::stop_token) = 0;
  virtual void cleanup(std::stop_token) = 0;

  /// The plan of one run. Asks the workload for its groups.
  virtual RunPlan plan() = 0;
  /// Options that the prepared data decided (Workload::options_in_force). After plan().
  virtual std::map<std::string, std::string> options_in_force() = 0;
  /// Workload::before_run and the load. Once for each plan.
  virtual RunOutcome run(const RunPlan&, std::stop_token, RunObserver&) = 0;
  /// Workload::after_run. Once for each run().
  virtual void after_run() = 0;
  /// Throws Error(unreachable) when the target does not answer any more.
  virtual void require_target() = 0;
  virtual Statements conclude(const RunPlan&, const RunOutcome&) = 0;
  /// What else the result has of who carried it out.
  virtual void complete(Document&) {}
};

class RunControl;

/// Makes who carries out a job. All outlive it; `control` takes changes of a run that goes on.
using MakeExecutor = std::function<std::unique_ptr<Executor>(const JobSetup&, JobObserver&, RunControl& control)>;

/// Asked for the instant at which a run begins, once its sessions are open (RunPlan::gate).
using Gate = std::function<TimePoint(std::stop_token)>;

/// This process carries it out: the groups of the setup, or its workload where it has none. All outlive it; `control`, if
/// given, takes changes of a run that goes on.
std::unique_ptr<Executor> executor_here(const JobSetup&, Progress&, RunControl* control = nullptr, Gate gate = {});

/// This process.
class LocalExecutor final : public Executor {
 public:
  /// As executor_here().
  LocalExecutor(const JobSetup& setup, Progress& progress, RunControl* control = nullptr, Gate gate = {})
      : setup_(setup), progress_(progress), control_(control), gate_(std::move(gate)) {}

  ServerFacts facts() override { return setup_.facts(); }
  void prepare(std::stop_token) override;
  CheckOutcome check(std::stop_token) override;
  void cleanup(std::stop_token) override;
  RunPlan plan() override;
  std::map<std::string, std::string> options_in_force() override { return setup_.workload->options_in_force(); }
  RunOutcome run(const RunPlan&, std::stop_token, RunObserver&) override;
  void after_run() override { setup_.workload->after_run(*setup_.target); }
  void require_target() override;
  Statements conclude(const RunPlan&, const RunOutcome&) override;

 private:
  const JobSetup& setup_;
  Progress& progress_;
  RunControl* control_;
  const Gate gate_;
};

}  // namespace assay
