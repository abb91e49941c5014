// What agents are asked for, in the form of their API (docs/agent.md): the body of a task, and what each keeps of the whole.
#pragma once

#include "core/run.h"
#include "job/setup.h"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay::coordinator {

/// Of a run of groups, those that a task is about; empty: all.
using Which = std::function<bool(const JobSetup&)>;

/// The task of one of several agents. The passwords of the targets are in it.
nlohmann::json task_body(const JobSetup&, std::string_view verb, std::size_t shard, std::size_t agents,
                         const Which& which = {});

/// Of a run whose plan a search made: its rate and its time. `planned` is the schedule that the options make.
void set_searched(nlohmann::json& options, const JobSetup&, const RunPlan&, std::string_view planned);

/// What is needed to take a run up again (taken_up.h): the command as it was given, without a secret.
struct WholeRun {
  std::string id;
  std::size_t agents = 0;
  std::string benchmark = {};                          // of a plan
  std::map<std::string, std::string> conditions = {};  // where they are no options of the setup
  std::vector<std::string> commands = {};              // as FleetOptions::commands
  bool stop_on_loss = false;
};
nlohmann::json whole_run(const WholeRun&, const JobSetup&, const RunPlan&, std::string_view planned);

}  // namespace assay::coordinator
