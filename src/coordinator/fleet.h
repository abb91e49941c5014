// Agents that carry out one job together: each has a shard of it, all begin at one instant, and what they measured is merged.
//
// A Fleet is the Executor of a job whose steps run in agents (docs/agent.md). Prepare and check are sharded; cleanup is done
// by one. A run is held by every agent with its sessions open until all are ready, and begins at one instant of the
// coordinator's clock, told to each in its own. Meanwhile their time lines are fetched each second and merged, so that
// the live figures, --abort-if, --until-steady and --find-max see the whole. At the end each result is fetched and merged
// without loss (job/outcome.h).
//
// Each agent keeps what the whole was asked for (TaskRequest::run), so that a coordinator which comes later can take the run up
// (coordinator/taken_up.h).
//
// An agent that does not answer for `patience` is lost: an event says so, the rest goes on or the run stops, and what it had
// told until then is in the result. One that answers again is back. Used by one thread.
#pragma once

#include "coordinator/agent_client.h"
#include "coordinator/backend.h"
#include "coordinator/member.h"
#include "coordinator/task_bodies.h"
#include "coordinator/watch.h"
#include "job/executor.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace assay::coordinator {

struct FleetOptions {
  LossRule loss = {};
  std::map<std::string, std::string> conditions = {};  // "fail-if", "abort-if", where they are no options of the setup
  std::string benchmark = {};                          // its name, of a plan
  std::vector<std::string> commands = {};              // programs that the coordinator starts beside the run
};

class Fleet final : public Executor {
 public:
  /// Has the agents there. Throws Error: fewer clients, sessions or operations than agents, an address that is none or stands
  /// there twice. `control`, if given, takes changes of a run that goes on.
  Fleet(const JobSetup&, std::unique_ptr<Backend>, FleetOptions, JobObserver&, RunControl* control = nullptr);

  /// Asks every agent who it is, measures its clock, and one of them who the target is.
  ServerFacts facts() override;
  void prepare(std::stop_token) override;
  CheckOutcome check(std::stop_token) override;
  void cleanup(std::stop_token) override;
  RunPlan plan() override;
  std::map<std::string, std::string> options_in_force() override { return in_force_; }
  RunOutcome run(const RunPlan&, std::stop_token, RunObserver&) override;
  void after_run() override {}       // each agent's own
  void require_target() override {}  // likewise
  Statements conclude(const RunPlan&, const RunOutcome&) override;
  void complete(Document&) override;

 private:
  /// Starts a task on the first `count` agents and waits for all. Answers their records.
  std::vector<nlohmann::json> carry_out(std::string_view verb, std::size_t count, const std::stop_token&,
                                        const Which& which = {});
  void hold_run(const RunPlan&, const std::stop_token&);

  const JobSetup& setup_;
  const FleetOptions options_;
  JobObserver& observer_;
  RunControl* const control_;
  const std::unique_ptr<Backend> backend_;
  const AgentAddresses addresses_;
  AgentClients clients_;
  std::vector<Member> members_;
  std::map<std::string, std::string> in_force_;
  std::vector<ServerFacts> part_facts_;  // of the target of each group
  std::vector<std::size_t> first_;       // as first_groups()
  std::string planned_schedule_;         // of the plan as plan() made it
  std::uint64_t runs_ = 0;               // more than one in a search
  std::string no_figures_;               // why the workload says nothing
};

/// "127.0.0.1:8080" as "http://127.0.0.1:8080". Throws Error.
std::string agent_url(const std::string& address);
std::vector<std::string> urls_of(const std::vector<std::string>& addresses);

}  // namespace assay::coordinator
