// Changes of a run that agents carry out together: taken from its RunControl (core/control.h), as the engine of one process
// does, and told to the agents.
//
// A change gets an instant of the run's time line that is a little ahead, so that all agents carry it out together: of a rate
// each takes its operations, as from the begin, and clients are shared out. Who does not answer is told when it does
// again. Used by one thread.
#pragma once

#include "coordinator/agent_client.h"
#include "core/control.h"

#include <deque>
#include <set>
#include <string>
#include <vector>

namespace assay::coordinator {

class RunChanges {
 public:
  /// All outlive it. Of the plan, numbers are those of all agents together.
  RunChanges(RunControl*, const RunPlan&, AgentClients&);
  /// The run begins; `tasks` are the IDs of it in each agent.
  void begin(TimePoint, std::vector<std::string> tasks);
  /// Tells the agents that are there, as they answered just now, what was asked for since the last call, and what they were
  /// not told yet. Answers what became of it, each change when its instant is there.
  std::vector<Event> carry_out(Nanos since_start, const std::vector<bool>& there);
  /// Takes out of what the agents measured that they carried changes out together: each was one change of one run. Answers
  /// those that another coordinator had asked for, which are not told yet.
  std::vector<Event> take_out(std::vector<RunOutcome>& parts) const;

 private:
  void share_out(const GroupChange&);
  void take_effect(Nanos until, std::vector<Event>&);

  const RunPlan& plan_;
  AgentClients& clients_;
  ControlledRun control_;
  std::vector<std::string> tasks_;
  std::vector<GroupInForce> in_force_;  // by group
  std::uint64_t shared_ = 0;            // changes so far
  /// A request. An agent that answers too late is asked again, and carries it out once by its key.
  struct Telling {
    std::string key, body;
  };
  std::vector<std::deque<Telling>> untold_;  // by agent, in their order
  std::set<Nanos> instants_;                 // of the changes, on the time line
  std::vector<GroupChange> coming_;          // of which the agents know, by their instants
};

}  // namespace assay::coordinator
