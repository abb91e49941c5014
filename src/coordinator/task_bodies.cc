#include "coordinator/task_bodies.h"

#include "core/url.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace assay::coordinator {
namespace {

using nlohmann::json;

/// Whether each agent makes the data in its own process, when it runs.
bool makes_data(const JobSetup& setup) { return setup.driver->info().in_process && setup.own().flag("prepare"); }

/// A workload, its target and its options, as an agent is told of them.
json load_body(const JobSetup& setup, Verb verb) {
  const JobRequest& request = setup.request;
  const bool prepares = verb == kRun && makes_data(setup);
  const unsigned bits = verb | (prepares ? kPrepare : 0U);
  json options = json::object();
  for (const Options* table : {&request.common, &request.job, &request.own, &request.workload_options}) {
    if (table == &request.own && verb != kRun) continue;
    for (const OptionSpec& spec : table->table())
      if (spec.owner == OptionOwner::each && table->given(spec.name) && (spec.verbs & bits) != 0)
        options[std::string(spec.name)] = table->text(spec.name);
  }
  if (prepares) options["prepare"] = "true";
  json body{{"workload", setup.type->info().name}, {"target", setup.url()}, {"options", std::move(options)}};
  if (!request.driver_options.empty()) body["driver_options"] = request.driver_options;
  return body;
}

}  // namespace

json task_body(const JobSetup& setup, std::string_view verb, std::size_t shard, std::size_t agents,
               const Which& which) {
  const Verb bits = static_cast<Verb>(verb_of(verb));
  json body = load_body(setup, bits);
  for (const GroupPart& part : setup.parts) {
    if (which && !which(*part.setup)) continue;
    json group = load_body(*part.setup, bits);
    group["name"] = part.name;
    group["system"] = part.target;
    if (group["options"].contains("prepare")) body["options"]["prepare"] = "true";
    body["groups"].push_back(std::move(group));
  }
  body["verb"] = verb;
  if (bits != kCleanup) body["shard"] = fmt::format("{}/{}", shard, agents);
  body["sharded"] = true;
  return body;
}

void set_searched(json& options, const JobSetup& setup, const RunPlan& plan, std::string_view planned) {
  if (!setup.parts.empty()) return;  // there is no search of groups
  const Schedule& schedule = plan.groups.front().schedule;
  if (!schedule.closed() && schedule.describe() != planned) {
    options["rate"] = fmt::format("{}", schedule.rate_at(plan.ramp_up + plan.warmup));
    if (setup.own().given("arrival")) options["arrival"] = setup.own().text("arrival");
  }
  if (plan.duration != Nanos::max()) options["duration"] = fmt::format("{}ns", plan.duration.count());
}

json whole_run(const WholeRun& run, const JobSetup& setup, const RunPlan& plan, std::string_view planned) {
  const auto options_of = [](const JobRequest& request) {
    json options = json::object();
    for (const Options* table : {&request.common, &request.job, &request.own, &request.workload_options})
      for (const OptionSpec& spec : table->table())
        if (spec.owner != OptionOwner::command && table->given(spec.name))
          options[std::string(spec.name)] = table->text(spec.name);
    return options;
  };
  json whole{{"id", run.id}, {"agents", run.agents}, {"options", options_of(setup.request)}};
  json& options = whole["options"];
  if (!run.benchmark.empty()) whole["benchmark"] = run.benchmark;
  if (!run.commands.empty()) whole["commands"] = run.commands;
  set_searched(options, setup, plan, planned);
  for (const auto& [name, conditions] : run.conditions) options[name] = conditions;
  if (run.stop_on_loss) options["on-agent-loss"] = "stop";
  for (const GroupPart& part : setup.parts)
    whole["groups"].push_back({{"name", part.name},
                               {"system", part.target},
                               {"workload", part.setup->type->info().name},
                               {"target", without_secrets(part.setup->url())},
                               {"options", options_of(part.setup->request)}});
  return whole;
}

}  // namespace assay::coordinator
