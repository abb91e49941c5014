#include "job/executor.h"

#include "core/engine.h"
#include "job/document.h"
#include "job/groups.h"
#include "job/load_options.h"

namespace assay {

std::string_view to_string(JobStep step) noexcept {
  switch (step) {
    case JobStep::opening:
      return "opening";
    case JobStep::prepare:
      return "prepare";
    case JobStep::check:
      return "check";
    case JobStep::run:
      return "run";
    case JobStep::after_run:
      return "after_run";
    case JobStep::cleanup:
      return "cleanup";
  }
  return "";
}

std::unique_ptr<Executor> executor_here(const JobSetup& setup, Progress& progress, RunControl* control, Gate gate) {
  if (setup.parts.empty()) return std::make_unique<LocalExecutor>(setup, progress, control, std::move(gate));
  return std::make_unique<GroupsExecutor>(setup, progress, control, std::move(gate));
}

void LocalExecutor::prepare(std::stop_token stop) {
  Job job = setup_.job_for(progress_, std::move(stop));
  setup_.workload->prepare(job);
}

CheckOutcome LocalExecutor::check(std::stop_token stop) {
  Job job = setup_.job_for(progress_, std::move(stop));
  return setup_.workload->check(job);
}

void LocalExecutor::cleanup(std::stop_token stop) {
  Job job = setup_.job_for(progress_, std::move(stop));
  setup_.workload->cleanup(job);
}

RunPlan LocalExecutor::plan() {
  RunPlan plan = make_plan(setup_);
  plan.gate = gate_;
  return plan;
}

RunOutcome LocalExecutor::run(const RunPlan& plan, std::stop_token stop, RunObserver& observer) {
  setup_.workload->before_run(*setup_.target);
  setup_.target->under_load(true);
  RunOutcome outcome = assay::run(plan, std::move(stop), observer, real_clock(), control_);
  setup_.target->under_load(false);
  return outcome;
}

void LocalExecutor::require_target() {
  if (const Result<std::unique_ptr<Session>> session = setup_.target->connect(); !session)
    throw_unreachable(setup_.url(), session.error());
}

Statements LocalExecutor::conclude(const RunPlan& plan, const RunOutcome& outcome) {
  return setup_.workload->conclude(summarize_run(plan, outcome));
}

}  // namespace assay
