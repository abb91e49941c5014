// What the results of the agents of a run come to: the statements of the workload on the whole, and a row for each agent.
#pragma once

#include "coordinator/agent_client.h"
#include "coordinator/member.h"
#include "core/run.h"
#include "core/workload.h"

#include <string>
#include <vector>

namespace assay::coordinator {

/// The workload of one of the agents says what the merged figures come to; what each could say only of its own shard holds of
/// the whole when it holds of all. `why`: why there is nothing, when no agent could be asked.
Statements conclude_whole(AgentClients&, const std::vector<Member>&, const RunPlan&, const RunOutcome&,
                          std::string& why);

/// Of a run of which conclude_whole() could not say anything: what it required is not known to hold, so it is no pass.
void add_unjudged(Document&, const std::string& why);

/// Fills in the agents, and the verdict of those that are lost.
void add_agents(Document&, const std::vector<Member>&);

}  // namespace assay::coordinator
