#include "cli/agents_options.h"

#include "base/error.h"
#include "cli/run_report.h"
#include "cli/token.h"
#include "coordinator/fleet.h"
#include "plan/plan.h"

#include <algorithm>
#include <vector>

namespace assay::cli {

std::span<const OptionSpec> agents_options() {
  static const std::vector<OptionSpec> table = {
      {.name = "agents",
       .default_value = "",
       .help = "HOST:PORT,…: agents that carry it out together, each a share; or how many processes of this machine "
               "are started for it. --clients, --sessions, --rate and --count are of all of them",
       .owner = OptionOwner::command},
      {.name = "agent-token-file",
       .default_value = "",
       .help = "file with the token of the agents; or ASSAY_TOKEN",
       .owner = OptionOwner::command},
      {.name = "agent-ca",
       .default_value = "",
       .help = "PEM file of who signed the agents' certificates",
       .owner = OptionOwner::command},
      {.name = "on-agent-loss",
       .type = OptionType::choice,
       .default_value = "go-on",
       .help = "what a lost agent does to the run; it is an event of the result either way",
       .choices = {"go-on", "stop"},
       .verbs = kRun,
       .owner = OptionOwner::whole},
  };
  return table;
}

namespace {

/// "4": so many agents of this machine, started for the run; 0: it is no number.
std::size_t processes_in(const std::string& text) {
  const std::size_t digits = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  const bool number =
      text.size() > digits && std::all_of(text.begin() + static_cast<std::ptrdiff_t>(digits), text.end(),
                                          [](unsigned char c) { return c >= '0' && c <= '9'; });
  if (!number) return 0;
  const bool readable = digits == 0 && text.size() < 10;
  const std::size_t count = readable ? std::stoul(text) : 0;
  if (count < 1 || count > plan::kMostProcesses)
    throw Error(fmt::format("--agents is {}; expected 1 to {} processes of this machine, or HOST:PORT,…", text,
                            plan::kMostProcesses));
  return count;
}

}  // namespace

std::unique_ptr<coordinator::Backend> backend_of(std::size_t processes, const coordinator::AgentAddresses& addresses,
                                                 JobObserver& observer) {
  if (processes == 0) return coordinator::static_backend(addresses);
  return coordinator::process_backend(processes,
                                      [&observer](const std::string& line) { observer.progress().note(line); });
}

MakeExecutor agents_of(const Options& options) {
  const std::string text = options.text("agents");
  if (options.given("agents") && text.empty())
    throw Error("--agents is empty; expected HOST:PORT,… or how many processes of this machine");
  const std::size_t processes = processes_in(text);
  for (const OptionSpec& spec : agents_options())
    if (spec.name != "agents" && options.given(spec.name)) {
      if (text.empty()) throw Error(fmt::format("--{} has no effect without --agents", spec.name));
      if (processes > 0 && spec.name != "on-agent-loss")
        throw Error(fmt::format("--{} has no effect on agents that are started for the run", spec.name));
    }
  if (text.empty()) return {};
  coordinator::AgentAddresses addresses;
  if (processes == 0)
    addresses = {.all = addresses_in(text),
                 .token = token_of(options.text("agent-token-file")),
                 .ca_file = options.text("agent-ca")};
  coordinator::urls_of(addresses.all);  // throws when one is none
  const coordinator::FleetOptions fleet{.loss = {.stop = options.text("on-agent-loss") == "stop"}};
  return [=](const JobSetup& setup, JobObserver& observer, RunControl& control) -> std::unique_ptr<Executor> {
    return std::make_unique<coordinator::Fleet>(setup, backend_of(processes, addresses, observer), fleet, observer,
                                                &control);
  };
}

std::unique_ptr<Executor> executor_with(const JobSetup& setup, JobObserver& observer, RunControl& control) {
  const MakeExecutor agents = agents_of(setup.own());
  return agents ? agents(setup, observer, control) : executor_here(setup, observer.progress(), &control);
}

}  // namespace assay::cli
