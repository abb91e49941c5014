// assay runner: the agents of a plan's runner, with pgdistbench's verbs.

#include "cli/plan_main.h"
#include "cli/plan_runs.h"
#include "cli/terminal.h"
#include "core/url.h"

#include <algorithm>

namespace assay::cli {
namespace {

constexpr std::string_view kRunnerVerbs[] = {"list", "apply", "delete", "status", "cancel", "restart", "metrics"};

using Answers = std::vector<coordinator::AgentAnswer>;

Answers ask_all(const RunnerAgents& agents, const std::string& method, const std::string& path, bool as_text = false) {
  std::vector<coordinator::AgentRequest> requests;
  for (std::size_t a = 0; a < agents.urls.size(); a++) requests.push_back({.agent = a, .method = method, .path = path});
  return agents.clients().ask(requests, as_text);
}

/// Each that failed is told; the gravest decides.
ExitCode told(const RunnerAgents& agents, const Answers& answers) {
  ExitCode code = ExitCode::ok;
  for (std::size_t a = 0; a < answers.size(); a++)
    if (!answers[a].ok()) {
      say("{}: {}\n", agents.urls[a], answers[a].failure);
      code = ExitCode::unreachable;
    }
  return code;
}

/// As many agents for each system as the plan says. Those that are there and live stay as they are.
ExitCode apply(const plan::Plan& plan, const plan::Runner& runner, const std::filesystem::path& workdir) {
  if (runner.kind != plan::Runner::Kind::process)
    throw Error(fmt::format(
        "the runner {} has agents that are there: nothing to start; expected one of the kind process", runner.name));
  const std::vector<const plan::System*> systems = systems_of(plan, runner);
  if (systems.empty()) throw Error(fmt::format("the runner {} has no systems to put under load", runner.name));
  coordinator::LocalAgents agents(workdir, runner.name);
  agents.forget_dead();
  for (const plan::System* system : systems) {
    const auto there = static_cast<std::uint64_t>(
        std::count_if(agents.all().begin(), agents.all().end(),
                      [&](const coordinator::LocalAgent& a) { return a.system == system->name; }));
    for (std::uint64_t n = there; n < runner.agents; n++) {
      agents.start(system->name, {{"ASSAY_TARGET", url_with_password(*system)}});
      fmt::print("{}: agent {} for {}\n", runner.name, agents.all().back().url, system->name);
    }
  }
  return ExitCode::ok;
}

ExitCode remove(const plan::Runner& runner, const std::filesystem::path& workdir) {
  if (runner.kind != plan::Runner::Kind::process)
    throw Error(
        fmt::format("the agents of the runner {} were not started by it, and are not stopped by it; expected "
                    "one of the kind process",
                    runner.name));
  coordinator::LocalAgents(workdir, runner.name).stop();
  return ExitCode::ok;
}

ExitCode metrics(const RunnerAgents& agents) {
  const Answers answers = ask_all(agents, "GET", "/metrics", true);
  for (std::size_t a = 0; a < answers.size(); a++)
    if (answers[a].ok()) fmt::print("System {}: {}\n{}\n", a, agents.urls[a], answers[a].text);
  return told(agents, answers);
}

ExitCode list(const RunnerAgents& agents) {
  const Answers answers = ask_all(agents, "GET", "/healthz");
  fmt::print("Runners: ({})\n", answers.size());
  for (std::size_t a = 0; a < answers.size(); a++) fmt::print("{}: ready={}\n", agents.urls[a], answers[a].ok());
  return ExitCode::ok;
}

ExitCode status(const RunnerAgents& agents) {
  const ExitCode code = told(agents, ask_all(agents, "GET", "/healthz"));
  if (code == ExitCode::ok) fmt::print("All runners are ready\n");
  return code;
}

ExitCode carry_out_runner(std::span<const std::string> arguments) {
  ExitCode code = ExitCode::ok;
  const auto words = main_words("runner", kRunnerVerbs, arguments, code);
  if (!words) return code;
  const plan::Runner& runner = entry_of(words->plan().runners, words->name, "runners");
  const std::string& verb = words->verb;
  if (verb == "apply") return apply(words->plan(), runner, words->workdir);
  if (verb == "delete") return remove(runner, words->workdir);
  if (verb == "restart") {
    remove(runner, words->workdir);
    return apply(words->plan(), runner, words->workdir);
  }
  if (verb == "list" && runner.kind == plan::Runner::Kind::process &&
      coordinator::LocalAgents(words->workdir, runner.name).all().empty()) {
    fmt::print("Runners: (0)\n");
    return ExitCode::ok;
  }
  const RunnerAgents agents = agents_of(words->plan(), runner, words->workdir);
  if (verb == "list") return list(agents);
  if (verb == "status") return status(agents);
  if (verb == "metrics") return metrics(agents);
  return told(agents, ask_all(agents, "POST", "/work/stop"));
}

}  // namespace

Command runner_command() {
  return {"runner",
          "list|apply|delete|status|cancel|restart|metrics [NAME] [-w DIR] [-m FILE]",
          "The agents of a plan's runner: start and stop them, ask how they are.",
          false,
          {main_options()},
          carry_out_runner,
          kAllVerbs,
          {},
          kRunnerVerbs};
}

}  // namespace assay::cli
