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

/// The number of each part's first group in the plan.
std::vector<std::size_t> first_groups(const RunPlan&);
/// What the result says of the parts: their targets, the target of each group, the options of each part. `first` and `facts`
/// are of each part; `in_force` is Executor::options_in_force of such a run.
void describe_parts(Document&, const JobSetup&, const std::vector<std::size_t>& first,
                    const std::vector<ServerFacts>& facts, const std::map<std::string, std::string>& in_force);

class GroupsExecutor final : public Executor {
 public:
  /// The workload of the setup itself has no clients but those of the parts. As executor_here().
  GroupsExecutor(const JobSetup& setup, Progress& progress, RunControl* control, Gate gate = {})
      : setup_(setup), parts_(setup.parts), progress_(progress), control_(control), gate_(std::move(gate)) {}

  ServerFacts facts() override;
  void prepare(std::stop_token) override;
  CheckOutcome check(std::stop_token) override;
  void cleanup(std::stop_token) override;
  RunPlan plan() override;
  std::map<std::string, std::string> options_in_force() override;  // each with the name of its group before it
  RunOutcome run(const RunPlan&, std::stop_token, RunObserver&) override;
  void after_run() override;
  void require_target() override;
  Statements conclude(const RunPlan&, const RunOutcome&) override;
  void complete(Document&) override;

 private:
  /// One of the parts for each set of data.
  std::vector<const GroupPart*> data_sets() const;

  const JobSetup& setup_;
  const std::vector<GroupPart>& parts_;
  Progress& progress_;
  RunControl* control_;
  const Gate gate_;
  std::vector<std::size_t> first_;  // as first_groups()
  std::vector<ServerFacts> facts_;  // of each part's target
};

}  // namespace assay
