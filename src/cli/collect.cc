#include "cli/collect.h"

#include "cli/job_arguments.h"
#include "cli/run_report.h"
#include "coordinator/backend.h"
#include "coordinator/taken_up.h"
#include "job/run_job.h"
#include "registry/registry.h"
#include "results/file.h"

namespace assay::cli {
namespace {

JobRequest request_of(const std::string& workload, const std::string& target,
                      std::map<std::string, std::string> options) {
  JobRequest request = JobRequest::of(kRun, find_workload(workload));
  request.common = Options(quiet_target_options());
  options["target"] = target;
  options.erase("on-agent-loss");
  request.set_all(options);
  return request;
}

std::unique_ptr<JobSetup> setup_of(const coordinator::FoundRun& found) {
  JobRequest request = request_of(found.workload, found.target, found.options);
  for (const coordinator::FoundRun::Group& group : found.groups)
    request.groups.push_back({group.name, group.system, request_of(group.workload, group.target, group.options)});
  std::unique_ptr<JobSetup> setup = JobSetup::open(std::move(request));
  setup->id = found.id;
  return setup;
}

}  // namespace

ExitCode collect_run(Collecting asked) {
  if (!asked.folder.empty()) {
    coordinator::AgentAddresses left = coordinator::agents_left_in(asked.folder);
    asked.addresses = std::move(left.all);
    asked.token = std::move(left.token);
  }
  coordinator::FoundRun found =
      coordinator::find_run(asked.addresses, asked.token, asked.ca_file, asked.run, asked.benchmark);
  const std::unique_ptr<JobSetup> setup = setup_of(found);
  const LoadConditions conditions(setup->own());
  const Sealing sealing("");
  std::filesystem::path path = result_path(asked.result, *setup, sealing);
  // What the coordinator of the run wrote itself holds more, and stays.
  for (int n = 1; asked.result.empty() && std::filesystem::exists(path); n++)
    path = default_result_path(fmt::format("{}.taken-up{}", setup->id, n == 1 ? "" : fmt::format("-{}", n)));
  probe_writable(path);
  const auto on_loss = found.options.find("on-agent-loss");
  const coordinator::LossRule loss{.stop = on_loss != found.options.end() && on_loss->second == "stop"};
  const SignalWatch signals("what was measured is saved");
  TerminalObserver observer(*setup, [&](const Document& document) { write_document(path, document, sealing); });
  observer.progress().note(fmt::format("run {} of {} agents", found.id, found.members.size()));
  coordinator::RunTakenUp executor(*setup, std::move(found), asked.token, asked.ca_file, loss);
  const JobEnd end = carry_out_run(*setup, executor, conditions, observer, signals.token(), {});
  write_and_show(path, end.document, sealing, asked.json, false);
  if (!asked.folder.empty() && !coordinator::remove_agents_left_in(asked.folder))
    say("an agent ended by itself; the logs stay in {}\n", asked.folder.string());
  return end.code;
}

}  // namespace assay::cli
