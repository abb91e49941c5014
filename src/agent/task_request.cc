#include "agent/task_request.h"

#include "base/error.h"
#include "core/url.h"
#include "job/executor.h"
#include "registry/registry.h"

namespace assay::agent {
namespace {

using nlohmann::json;

class SilentProgress final : public Progress {
  void start(std::string_view, std::string_view, std::uint64_t) override {}
  void advance(std::uint64_t) override {}
  void note(std::string_view) override {}
};

}  // namespace

std::unique_ptr<JobSetup> setup_of(const TaskRequest& asked) {
  std::vector<std::string> mistakes = asked.mistakes;
  const auto none_in = [&](const auto& step) {
    try {
      step();
    } catch (const Error& error) {
      if (error.code() != ExitCode::usage) throw;
      mistakes.emplace_back(error.what());
    }
  };
  const auto understood = [&](const LoadRequest& load) {
    const WorkloadType* type = nullptr;
    none_in([&] { type = &find_workload(load.workload); });
    if (type == nullptr) refuse_mistakes(mistakes);
    JobRequest request = JobRequest::of(asked.verb, *type);
    request.sharded = asked.sharded;
    request.driver_options = load.driver_options;
    none_in([&] { request.set_all(load.options); });
    return request;
  };
  JobRequest request =
      understood({.workload = asked.workload, .options = asked.options, .driver_options = asked.driver_options});
  for (const LoadRequest& group : asked.groups) {
    LoadRequest load = group;
    if (const auto shard = asked.options.find("shard"); shard != asked.options.end()) load.options.insert(*shard);
    request.groups.push_back({group.name, group.system, understood(load)});
  }
  return JobSetup::open(std::move(request), std::move(mistakes));
}

TaskRequest request_of(const JobSetup& setup) {
  TaskRequest out;
  out.verb = setup.request.verb;
  out.workload = setup.type->info().name;
  for (const Options* table : {&setup.request.job, &setup.request.own, &setup.request.workload_options})
    for (const OptionSpec& spec : table->table())
      if (table->given(spec.name)) out.options[std::string(spec.name)] = table->text(spec.name);
  return out;
}

TaskRecord new_record(const std::string& id, const TaskRequest& request, const JobSetup& setup) {
  TaskRecord record;
  record.id = id;
  record.verb = verb_name(request.verb);
  record.workload = request.workload;
  record.target = without_secrets(setup.url());
  record.shard = fmt::format("{}/{}", setup.shard.index, setup.shard.count);
  record.options = request.options;
  // None but the URL has a secret.
  if (const auto target = record.options.find("target"); target != record.options.end())
    target->second = without_secrets(target->second);
  record.key = request.key.key;
  record.fingerprint = request.key.fingerprint;
  record.run = request.run;
  record.start_at = request.start_at;
  record.accepted = real_clock().wall();
  return record;
}

json describe(const TaskRequest& asked, bool groups) {
  const std::unique_ptr<JobSetup> setup = setup_of(asked);
  const auto server_of = [](const JobSetup& of) -> json {
    const ServerFacts facts = of.facts();
    return {{"name", facts.server}, {"version", facts.version}, {"settings", facts.settings}};
  };
  json out{{"server", server_of(*setup)}};
  for (const GroupPart& part : setup->parts) out["servers"][part.name] = server_of(*part.setup);
  if (groups) {
    SilentProgress progress;
    for (const JobSetup* load : setup->loads())
      if (load->driver->info().in_process && load->own().flag("prepare")) {
        Job job = load->job_for(progress, {});
        load->workload->prepare(job);
      }
    const std::unique_ptr<Executor> here = executor_here(*setup, progress);
    out["groups"] = groups_json(here->plan());
    out["in_force"] = here->options_in_force();
  }
  return out;
}

}  // namespace assay::agent
