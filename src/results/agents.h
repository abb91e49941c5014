// The agents of a run as people read them: what each did of the whole, what it cost, and whether the driver, and not the
// target, was the bottleneck. Computed from a Document each time it is shown, by every renderer the same way. Pure.
//
// Whose lag or CPU is too much is judged by stats/own_limits.h, as each agent judges its own run. A result has one lag for
// each agent, so it is held against the response times of the whole run; an agent that found by its own response times, group
// by group, that it was late says so in the reasons of the verdict.
#pragma once

#include "results/document.h"

#include <cstdint>
#include <string>
#include <vector>

namespace assay {

struct AgentSummary {
  std::string name;
  std::uint32_t shard = 0;
  std::string lost;        // why
  bool told = true;        // false: lost before it told what it did. Then only name, shard, lost and clock say anything
  bool ended = true;       // false: lost before it ended. Then CPU, loops and how late it began are not known
  double rate = 0;         // completed per second of the measured time
  double share = 0;        // of what all completed, 0 to 1
  double cpu_seconds = 0;  // of the measured time
  double cores = 0;        // CPU seconds per second
  double busiest_loop = 0;  // 0 without loops
  std::uint64_t completed = 0, errors = 0;
  Nanos p99_lag{}, max_lag{}, clock_offset{}, clock_error{}, late{};
  bool lagged = false, full_loop = false;  // beyond the limits: it, and not the target, held the load back, or may have
  bool slow = false, began_late = false;   // than the others; after the instant agreed upon
  std::vector<std::string> reasons;        // why it was the bottleneck, with the limits
  std::vector<std::string> remarks;        // what else is worth a look
  bool bottleneck() const noexcept { return lagged || full_loop; }
};

/// By shard; empty for a run without agents. Slow is who completed less than 80 % of the agents' median, and less than that
/// for each of its clients, too: shares of a load that cannot be divided evenly differ by a client.
std::vector<AgentSummary> summarize_agents(const Document&);

/// All that is to be said of an agent: why it was the bottleneck, and the remarks.
std::vector<std::string> remarks_of(const AgentSummary&);
/// The same in a line, with why it was lost before it: "lost: no answer; began 80 ms late".
std::string remarks_text(const AgentSummary&);

/// Whether it began so long after the instant agreed upon that its figures are of another time than those of the rest; how
/// well its clock is known is allowed for.
bool began_late(const AgentResult&);

/// The lag p99 of an agent of this run from which on it was the bottleneck.
Nanos most_agent_lag(const Document&);

/// "The driver was the bottleneck: …" in one sentence with the agents and their figures; empty when none says so.
std::string describe_bottleneck(const std::vector<AgentSummary>&);

/// At most `most` of them, by shard: those at the ends of each figure, then those of whom something is to be said, then the
/// slowest. `most` is 8 or more.
std::vector<AgentSummary> extreme_agents(std::vector<AgentSummary>, std::size_t most);

}  // namespace assay
