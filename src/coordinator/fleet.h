// Agents that carry out one job together: each has a shard of it, all begin at one instant, and what they measured is merged.
//
// A Fleet is the Executor of a job whose steps run in agents (docs/agent.md). Prepare and check are sharded; cleanup is done
// by one. A run is held by every agent with its sessions open until all are ready, and begins at one instant of the
// coordinator's clock, told to each in its own. Meanwhile their time lines are fetched each second and merged, so that
// the live figures, --abort-if, --until-steady and --find-max see the whole. At the end each result is fetched and merged
// without loss (job/outcome.h).
//
// An agent that does not answer for `patience` is lost: an event says so, the rest goes on or the run stops, and what it had
// told until then is in the result. One that answers again is back. Used by one thread.
#pragma once

#include "coordinator/agent_client.h"
#include "job/executor.h"

#include <memory>
#include <string>
#include <vector>

namespace assay::coordinator {

class LiveRun;

struct FleetOptions {
  std::vector<std::string> addresses;  // HOST:PORT, or URLs
  std::string token = {}, ca_file = {};
  bool stop_on_loss = false;  // a lost agent ends the run
  Nanos patience = std::chrono::seconds(5);
};

class Fleet final : public Executor {
 public:
  /// Throws Error: fewer clients, sessions or operations than agents, an address that is none or stands there twice.
  Fleet(const JobSetup&, FleetOptions, JobObserver&);
  ~Fleet() override;

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
  struct Member;
  nlohmann::json task_body(std::string_view verb, std::size_t shard, const RunPlan* plan) const;
  /// Starts a task on the first `count` agents and waits for all. Answers their records.
  std::vector<nlohmann::json> carry_out(std::string_view verb, std::size_t count, const std::stop_token&);
  void stop_all();
  void measure_clocks();
  void hold_run(const RunPlan&, const std::stop_token&);
  WallTime start_all();
  struct Watch;
  void stop_run(Watch&, TimePoint now, bool partial);
  void take_pieces(Watch&, std::size_t member, const nlohmann::json& answer, TimePoint at);
  void poll(Watch&);
  void tell(Watch&);
  bool is_over(const Watch&) const;
  RunOutcome gather(Watch&);
  std::vector<RunOutcome> fetch_results(LiveRun&);
  AgentResult agent_result(const Member&, WallTime begin) const;
  void combine_requirements(Statements&) const;

  const JobSetup& setup_;
  const FleetOptions options_;
  JobObserver& observer_;
  AgentClients clients_;
  std::vector<Member> members_;
  std::map<std::string, std::string> in_force_;
  std::string planned_schedule_;  // of the plan as plan() made it
  WallTime begin_{};
};

/// "127.0.0.1:8080" as "http://127.0.0.1:8080". Throws Error.
std::string agent_url(const std::string& address);

}  // namespace assay::coordinator
