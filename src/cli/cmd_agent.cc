// assay agent: carries out tasks that are asked for over HTTP.

#include "agent/agent.h"
#include "base/process.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "cli/token.h"
#include "core/url.h"
#include "registry/registry.h"

#include <condition_variable>
#include <mutex>

namespace assay::cli {
namespace {

std::span<const OptionSpec> agent_options() {
  static const std::vector<OptionSpec> table = {
      {.name = "listen",
       .default_value = "127.0.0.1:8080",
       .help = "HOST:PORT to listen on; port 0 is any that is free"},
      {.name = "data", .default_value = "assay-agent", .help = "folder of its tasks and results; one agent each"},
      {.name = "target",
       .default_value = "",
       .help = "URL of the system under test of tasks that name none; or ASSAY_TARGET; without it PGHOST, PGPORT, … "
               "are asked"},
      {.name = "target-secret",
       .default_value = "",
       .help = "folder of a mounted secret instead: uri, or host, port, username, password, dbname"},
      {.name = "token-file",
       .default_value = "",
       .help = "file with a token that every request must bear, but for /ping and /healthz; or ASSAY_TOKEN"},
      {.name = "tls-certificate", .default_value = "", .help = "PEM file: serve HTTPS"},
      {.name = "tls-key", .default_value = "", .help = "PEM file of the certificate's key"},
      {.name = "max-request",
       .type = OptionType::bytes,
       .default_value = "64MiB",
       .help = "largest body of a request",
       .min = 1024},
      {.name = "request-timeout",
       .type = OptionType::duration,
       .default_value = "60s",
       .help = "how long a client may take to send the body of a request",
       .min = 0.1,
       .max = 3600},
      {.name = "coordinator",
       .type = OptionType::count,
       .default_value = "0",
       .help =
           "id of the process of this machine that it works for: when that is gone, the agent ends its task, lingers, "
           "and goes; 0 is none",
       .min = 0},
      {.name = "linger",
       .type = OptionType::duration,
       .default_value = "10m",
       .help = "how long what it measured can then be asked for"},
      {.name = "quiet", .type = OptionType::flag, .default_value = "false", .help = "say nothing but errors"},
  };
  return table;
}

constexpr Nanos kLookForCoordinator = std::chrono::seconds(1);

/// Until a signal, or until who it works for is gone and its last task ended `linger` ago.
void wait_for_end(agent::Agent& agent, pid_t coordinator, Nanos linger, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  if (coordinator == 0) {
    stopped.wait(lock, stop, [] { return false; });
    return;
  }
  const ProcessIdentity works_for = ProcessIdentity::of(coordinator);
  TimePoint needed = real_clock().now();
  while (!stop.stop_requested()) {
    stopped.wait_for(lock, stop, kLookForCoordinator, [] { return false; });
    const TimePoint now = real_clock().now();
    const auto task = agent.tasks().current();
    if (works_for.alive() || (task != nullptr && !agent::has_ended(task->record().state)))
      needed = now;
    else if (now - needed >= linger)
      return;
  }
}

ExitCode carry_out_agent(std::span<const std::string> arguments) {
  const std::span<const OptionSpec> tables[] = {agent_options()};
  const Words words = take_apart(arguments, tables);
  if (words.help) {
    std::fputs(command_help(find_command("agent")).c_str(), stdout);
    return ExitCode::ok;
  }
  Options options{agent_options()};
  Options* const all[] = {&options};
  assign(words, all);
  if (!words.positional.empty())
    throw Error(fmt::format("agent: unexpected word '{}'; expected options only", words.positional.front()));
  if (options.given("linger") && options.count("coordinator") == 0)
    throw Error("agent: --linger has no effect without --coordinator");
  if (options.given("target") && options.given("target-secret"))
    throw Error("agent: --target and --target-secret are given; expected one of them");
  agent::Defaults defaults;
  defaults.target = options.text("target");
  if (const std::string secret = options.text("target-secret"); !secret.empty())
    defaults.target = agent::target_of_secret(secret);
  if (const char* const target = std::getenv("ASSAY_TARGET"); defaults.target.empty() && target != nullptr)
    defaults.target = target;
  if (defaults.target.empty()) defaults.target = agent::target_of_environment();
  if (!defaults.target.empty()) {  // one that no task could use is told at once, and nobody is talked to
    const Driver& driver = find_driver(defaults.target);
    driver.open({.url = defaults.target, .options = Options(driver.info().options), .may_create = false});
  }
  const SignalWatch signals("a task under way is stopped and its result kept");
  net::ServerOptions server;
  server.listen = options.text("listen");
  server.token = token_of(options.text("token-file"));
  server.certificate = options.text("tls-certificate");
  server.key = options.text("tls-key");
  server.most_body = options.bytes("max-request");
  server.body_timeout = options.duration("request-timeout");
  agent::Agent agent({.server = std::move(server), .folder = options.text("data"), .defaults = defaults});
  agent.start();
  if (!options.flag("quiet"))
    say("agent: listening on {}{}\n", agent.url(),
        defaults.target.empty() ? std::string() : ", target " + without_secrets(defaults.target));
  wait_for_end(agent, static_cast<pid_t>(options.count("coordinator")), options.duration("linger"), signals.token());
  agent.stop();
  return ExitCode::ok;
}

}  // namespace

Command agent_command() {
  return {"agent", "[options]",       "Carry out tasks that are asked for over HTTP; docs/agent.md.",
          false,   {agent_options()}, carry_out_agent};
}

}  // namespace assay::cli
