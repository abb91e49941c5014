#include "cli/agents_options.h"

#include "base/error.h"
#include "cli/run_report.h"
#include "cli/token.h"
#include "coordinator/fleet.h"

#include <vector>

namespace assay::cli {

std::span<const OptionSpec> agents_options() {
  static const std::vector<OptionSpec> table = {
      {.name = "agents",
       .default_value = "",
       .help = "HOST:PORT,…: agents that carry out a run together, each a share; --clients, --sessions, --rate and "
               "--count are of all of them"},
      {.name = "agent-token-file", .default_value = "", .help = "file with the token of the agents; or ASSAY_TOKEN"},
      {.name = "agent-ca", .default_value = "", .help = "PEM file of who signed the agents' certificates"},
      {.name = "on-agent-loss",
       .type = OptionType::choice,
       .default_value = "go-on",
       .help = "what a lost agent does to the run; it is an event of the result either way",
       .choices = {"go-on", "stop"}},
  };
  return table;
}

MakeExecutor agents_of(const Options& options) {
  std::vector<std::string> addresses = addresses_in(options.text("agents"));
  for (const std::string& address : addresses) coordinator::agent_url(address);  // throws when it is none
  if (addresses.empty()) {
    for (const OptionSpec& spec : agents_options())
      if (spec.name != "agents" && options.given(spec.name))
        throw Error(fmt::format("--{} has no effect without --agents", spec.name));
    return {};
  }
  return [fleet = coordinator::FleetOptions{.addresses = std::move(addresses),
                                            .token = token_of(options.text("agent-token-file")),
                                            .ca_file = options.text("agent-ca"),
                                            .loss = {.stop = options.text("on-agent-loss") == "stop"}}](
             const JobSetup& setup, JobObserver& observer, RunControl& control) -> std::unique_ptr<Executor> {
    return std::make_unique<coordinator::Fleet>(setup, fleet, observer, &control);
  };
}

}  // namespace assay::cli
