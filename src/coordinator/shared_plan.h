// The plan of a run that agents share, put together from what each of them would run.
#pragma once

#include "core/run.h"
#include "job/setup.h"

#include <nlohmann/json_fwd.hpp>

namespace assay::coordinator {

/// All but the groups, by the options of the whole.
RunPlan plan_without_groups(const JobSetup&, std::size_t agents);
/// Adds the groups of one agent in the form of the API (docs/agent.md): those of the first are taken, the clients and sessions
/// of the others added. Throws Error when they are not the same groups.
void add_groups(RunPlan&, const JobSetup&, const nlohmann::json& groups, bool first);

}  // namespace assay::coordinator
