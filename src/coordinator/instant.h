// One instant for all agents: how far each one's clock is from ours, and the begin that each is told in its own.
#pragma once

#include "coordinator/agent_client.h"
#include "coordinator/member.h"

#include <vector>

namespace assay::coordinator {

/// As NTP has it (RFC 5905, section 8, with the agent's receiving and sending taken as one): the answer that came back soonest
/// of several was made in the middle, give or take half of the time it took. Throws Error(unreachable) for an agent that
/// does not answer, unless it is lost.
void measure_clocks(AgentClients&, std::vector<Member>&);

/// All tasks, which hold, begin half a second from now; answers the instant. Throws Error, and has stopped them, when one
/// does not take it.
WallTime begin_together(AgentClients&, std::vector<Member>&);

}  // namespace assay::coordinator
