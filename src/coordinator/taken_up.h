// A run of agents whose coordinator is gone: found on the agents, followed to its end, or fetched when it has ended.
//
// Each agent keeps with its task what the whole was asked for (fleet.h). find_run() finds the parts; RunTakenUp is the
// Executor of a job that joins them: nothing is prepared, checked or cleaned up around it, and the target is not talked to,
// of which only the agents know the password. Agents that do not answer are lost, as in a run. Used by one thread.
#pragma once

#include "coordinator/agent_client.h"
#include "coordinator/member.h"
#include "coordinator/watch.h"
#include "job/executor.h"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace assay::coordinator {

struct FoundRun {
  std::string id, workload, target;
  std::map<std::string, std::string> options;  // of the whole
  struct Group {
    std::string name, system, workload, target;
    std::map<std::string, std::string> options;
  };
  std::vector<Group> groups;           // of a run of groups
  std::vector<std::string> commands;   // as FleetOptions::commands
  std::vector<std::string> addresses;  // by shard
  std::vector<Member> members;         // likewise
  std::vector<nlohmann::json> tasks;   // the record of each; null: it does not answer
  std::string newer = {};              // what agents were asked for since, when the run was not named
};

/// The run of this ID, or the one that began last when it is ""; `benchmark` is the name of it in a plan, when it must be of one.
/// Throws Error: no agent answers, none of them has it, an agent
/// that has no part in it, a shard that no agent has.
FoundRun find_run(const std::vector<std::string>& addresses, const std::string& token, const std::string& ca_file,
                  const std::string& id, const std::string& benchmark = {});

class RunTakenUp final : public Executor {
 public:
  RunTakenUp(const JobSetup&, FoundRun, const std::string& token, const std::string& ca_file, LossRule);

  bool joins() const override { return true; }
  ServerFacts facts() override { return {}; }  // complete() has them
  void prepare(std::stop_token) override {}
  CheckOutcome check(std::stop_token) override { return {}; }
  void cleanup(std::stop_token) override {}
  RunPlan plan() override;
  std::map<std::string, std::string> options_in_force() override;
  RunOutcome run(const RunPlan&, std::stop_token, RunObserver&) override;
  void after_run() override {}
  void require_target() override {}
  Statements conclude(const RunPlan&, const RunOutcome&) override;
  void complete(Document&) override;

 private:
  [[noreturn]] void throw_without_load() const;

  const JobSetup& setup_;
  FoundRun found_;
  const LossRule loss_;
  AgentClients clients_;
  std::vector<std::size_t> first_;  // as first_groups()
  std::string no_figures_;          // why the workload says nothing
};

}  // namespace assay::coordinator
