// pgdistbench's verbs, asked of the agents of a runner: what exec does on them. By pgdistbench's API. Used by one thread; each
// call waits.
#pragma once

#include "cli/plan_main.h"
#include "cli/signals.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace assay::cli {

/// What an agent says it does: "Idle" or "Busy", and what it did last; or why it does not answer.
struct Status {
  nlohmann::json told;
  std::string gone;
  std::string code() const { return told.value("code", ""); }
  /// For people: "Busy tpcc/run".
  std::string text() const;
};
using Statuses = std::vector<Status>;  // by agent

class Fanout {
 public:
  /// The benchmark outlives it.
  Fanout(const plan::Benchmark& benchmark, RunnerAgents agents)
      : benchmark_(benchmark), agents_(std::move(agents)), clients_(agents_.clients()) {}

  const RunnerAgents& agents() const noexcept { return agents_; }

  /// Begins a verb on all agents, or on the first of each system. On none of them when one is busy or does not answer: throws
  /// Error.
  void post(const std::string& verb, bool to_all);
  Statuses statuses();
  /// What all of them answer. Throws Error when one does not.
  std::vector<nlohmann::json> get_all(const std::string& path);
  /// Until nobody is busy. Agents that do not answer are told of in the statuses, or are an Error.
  Statuses wait_idle(const SignalWatch&, bool without_gone);
  /// Those that were asked have done it, or an Error says which did not.
  void require_done(const Statuses&) const;
  /// Of the newest run of the benchmark's workload that the agent has a result of, as pgdistbench has it; null: there is none.
  nlohmann::json newest_result(std::size_t agent);

 private:
  void require_idle(const std::vector<std::size_t>& whom);
  std::vector<coordinator::AgentAnswer> require(std::vector<coordinator::AgentAnswer>,
                                                const std::vector<std::size_t>& whom) const;

  const plan::Benchmark& benchmark_;
  const RunnerAgents agents_;
  coordinator::AgentClients clients_;
  std::vector<std::size_t> asked_;
};

}  // namespace assay::cli
