// Groups of several workloads, or of one with different options, in one run: each has a JobSetup of its own, with its target.
//
// GroupsExecutor is an Executor of this process. Data that several groups have in common (the same workload, target and
// options of prepare) is made, checked and removed once. Groups have the names that they are given; those that a workload
// triggers itself are NAME.THEIRS, and so are figures, in which more than one group may have something to say.
#pragma once

#include "job/executor.h"

#include <memory>
#include <string>
#include <vector>

namespace assay {

class RunControl;

struct GroupPart {
  std::string name;    // of the group
  std::string target;  // the name of its system
  std::unique_ptr<JobSetup> setup;
};

class GroupsExecutor final : public Executor {
 public:
  /// The workload of the run itself has no clients but those of the parts. All but the parts outlive it.
  GroupsExecutor(std::vector<GroupPart> parts, Progress& progress, RunControl* control)
      : parts_(std::move(parts)), progress_(progress), control_(control) {}

  ServerFacts facts() override;
  void prepare(std::stop_token) override;
  CheckOutcome check(std::stop_token) override;
  void cleanup(std::stop_token) override;
  RunPlan plan() override;
  std::map<std::string, std::string> options_in_force() override { return {}; }  // complete() has them, by group
  RunOutcome run(const RunPlan&, std::stop_token, RunObserver&) override;
  void after_run() override;
  void require_target() override;
  Statements conclude(const RunPlan&, const RunOutcome&) override;
  void complete(Document&) override;

 private:
  /// One of the parts for each set of data.
  std::vector<const GroupPart*> data_sets() const;

  const std::vector<GroupPart> parts_;
  Progress& progress_;
  RunControl* control_;
  std::vector<std::size_t> first_;  // of each part, its first group in the plan
  std::vector<ServerFacts> facts_;  // of each part's target
};

}  // namespace assay
