// The HTTP API of pgdistbench's benchdriver, with its paths, field names and shapes, over the tasks of an agent.
//
// GET /status, /healthz, /ping and /work/WORKLOAD; POST /work/stop, /work/WORKLOAD/prepare|run|check|cleanup with its config
// as JSON. `active_terminals` are of this agent, `count` is of each terminal. A workload that assay does not have is 501
// with the list of those that it has. What differs on purpose: a 409 changes nothing, options that are wrong are 400, tasks
// that fail are failed, prepare and cleanup can be stopped, unknown fields of a config are refused by name.
#pragma once

#include "agent/api.h"

#include <map>
#include <string>

namespace assay::agent {

void add_pgdistbench_api(net::HttpServer&, Tasks&, const Defaults&);

/// pgdistbench's config of a workload as options of assay, for a verb; mistakes in it are added to those given.
std::map<std::string, std::string> options_of_config(const std::string& workload, const std::string& verb,
                                                     const nlohmann::json& config, std::vector<std::string>& mistakes);

/// The `last.value` of a run as pgdistbench has it.
nlohmann::json pgdistbench_result(const Document&);

}  // namespace assay::agent
