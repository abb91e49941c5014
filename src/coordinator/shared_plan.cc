#include "coordinator/shared_plan.h"

#include "base/error.h"
#include "job/load_options.h"

#include <nlohmann/json.hpp>

namespace assay::coordinator {

RunPlan plan_without_groups(const JobSetup& setup, std::size_t agents) {
  RunPlan plan;
  const Options& own = setup.own();
  plan.seed = setup.seed;
  plan.ramp_up = own.duration("ramp-up");
  plan.warmup = own.duration("warmup");
  plan.count = static_cast<std::uint64_t>(own.count("count"));
  plan.duration = measured_time(own);
  plan.drain = own.duration("drain");
  plan.threads = static_cast<int>(own.count("threads")) * static_cast<int>(agents);
  return plan;
}

namespace {

/// Of the whole, as the options of the group's load have it; those of one agent are of its share.
Schedule schedule_of(const JobSetup& setup, std::size_t part, Nanos ramp_up) {
  const Options& own = setup.loads().at(part)->own();
  return Schedule::parse(own.text("rate"), own.text("arrival"), own.text("think-time"), ramp_up);
}

}  // namespace

void add_groups(RunPlan& plan, const JobSetup& setup, const nlohmann::json& groups, bool first) {
  std::size_t part = 0;
  for (std::size_t g = 0; g < groups.size(); g++) {
    const nlohmann::json& told = groups[g];
    if (first) {
      GroupPlan& group = plan.groups.emplace_back();
      group.group.name = told.at("name").get<std::string>();
      for (std::size_t o = 0; o < told.at("operations").size(); o++)
        group.group.operations.push_back(
            {told["operations"][o].get<std::string>(), "", told.at("nested")[o].get<bool>()});
      group.group.counters = told.at("counters").get<std::vector<std::string>>();
      group.group.triggered = told.at("triggered").get<bool>();
      group.group.ends = told.value("ends", false);
      group.waiting = told.at("fibers").get<bool>() ? Waiting::fiber : Waiting::thread;
      group.clients = group.sessions = 0;
      group.first_of_workload = told.at("first_of_workload").get<std::size_t>();
      if (g > 0 && group.first_of_workload != plan.groups[g - 1].first_of_workload) part++;
      if (!group.group.triggered) group.schedule = schedule_of(setup, part, plan.ramp_up);
    }
    if (g >= plan.groups.size() || plan.groups[g].group.name != told.at("name"))
      throw Error("the agents run different groups", ExitCode::internal);
    plan.groups[g].clients += told.at("planned_clients").get<std::uint64_t>();
    plan.groups[g].sessions += told.at("sessions").get<std::uint64_t>();
  }
  plan.duration = measured_time(setup.own(), plan.groups);
}

}  // namespace assay::coordinator
