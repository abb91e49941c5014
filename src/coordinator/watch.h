// A run of agents that is under way: their time lines are fetched and merged, the observer is told, lost agents are noted, and
// at the end all results are fetched and put together. Used by one thread.
#pragma once

#include "coordinator/agent_client.h"
#include "coordinator/live_run.h"
#include "coordinator/member.h"
#include "coordinator/run_changes.h"

#include <stop_token>
#include <vector>

namespace assay::coordinator {

struct LossRule {
  bool stop = false;  // a lost agent ends the run
  Nanos patience = std::chrono::seconds(5);
};

class Watch {
 public:
  /// All outlive it. `begin` is the instant at which the agents begin, or began. `control`, if given, takes changes of the
  /// run.
  Watch(const RunPlan&, RunObserver&, AgentClients&, std::vector<Member>&, LossRule, WallTime begin,
        RunControl* control = nullptr);
  /// Until all have ended or are given up. `stop` stops them.
  void follow(const std::stop_token& stop);
  /// Fetches what they measured; of the lost, what they told until then.
  RunOutcome gather();

 private:
  void stop_run(TimePoint now, bool partial);
  bool is_time_to_poll(TimePoint) const;
  void poll();
  void take_pieces(std::size_t member, const nlohmann::json& answer, TimePoint at);
  void pass_on_changes();
  void tell();
  void tell_live(TimePoint now);
  /// Who the agents are whose live figures these are.
  void name_agents(std::vector<LiveAgent>&) const;
  bool is_over() const;
  std::vector<RunOutcome> fetch_results();
  /// What a member that has no result told; its phases are those of the others.
  RunOutcome told_by(std::size_t member, const RunOutcome& phases);
  RunOutcome phases_told() const;
  Nanos since_start(TimePoint at) const { return at - start_; }
  Phase phase(TimePoint) const;
  void note(Event);

  const RunPlan& plan_;
  RunObserver& observer_;
  AgentClients& clients_;
  std::vector<Member>& members_;
  const LossRule rule_;
  const WallTime begin_;
  const TimePoint start_;
  const Nanos measure_begin_;
  const TimePoint measure_end_;  // max(): it has no end of its own
  LiveRun live_;
  RunChanges changes_;
  std::vector<Event> events_;
  bool partial_ = false, stopping_ = false;
  TimePoint stopped_at_{}, told_{}, polled_{};
};

/// Sleeps so long, or until a stop is asked for.
void pause(Nanos time, const std::stop_token&);

/// Asks all that have a task under way to stop it.
void stop_tasks(AgentClients&, const std::vector<Member>&);

}  // namespace assay::coordinator
