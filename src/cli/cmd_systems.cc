// assay systems: the systems of a plan, with pgdistbench's verbs. Static ones are there: they are asked, and nothing else.

#include "cli/plan_main.h"
#include "cli/plan_runs.h"
#include "registry/registry.h"

namespace assay::cli {
namespace {

constexpr std::string_view kSystemsVerbs[] = {"create", "apply", "delete", "list", "status"};

const plan::System& require_static(const plan::System& system) {
  if (system.kind != plan::System::Kind::static_)
    throw Error(
        fmt::format("the system {} would have to be made in Kubernetes, which this build cannot; expected a static one",
                    system.name));
  return system;
}

/// "PostgreSQL 15.20"; why not, when it does not answer.
Result<std::string> ask(const plan::System& system) {
  const std::string url = url_with_password(system);
  const Driver& driver = find_driver(url);
  Options options(driver.info().options);
  for (const OptionSpec& spec : system.driver_options.table())
    if (system.driver_options.given(spec.name)) options.set(spec.name, system.driver_options.text(spec.name));
  const auto target = driver.open({.url = url,
                                   .options = std::move(options),
                                   .connect_timeout = system.options.duration("connect-timeout"),
                                   .operation_timeout = system.options.duration("operation-timeout"),
                                   .may_create = false});
  target->under_load(false);
  Result<ServerFacts> facts = target->facts();
  if (!facts) return tl::unexpected(facts.error());
  return facts->server + " " + facts->version;
}

/// Static systems are there once, if they answer.
ExitCode list(const plan::System& system, bool judge) {
  const Result<std::string> answer = ask(system);
  if (!judge) {
    fmt::print("Resources: ({}/{})\n{}: {}\n", answer ? 1 : 0, system.count, system.name,
               answer ? "ready, " + *answer : "does not answer: " + answer.error().message);
    return ExitCode::ok;
  }
  if (!answer)
    throw Error(fmt::format("the system {} is not ready: {}", system.name, answer.error().message),
                ExitCode::unreachable);
  fmt::print("All systems are ready\n");
  return ExitCode::ok;
}

ExitCode carry_out_systems(std::span<const std::string> arguments) {
  ExitCode code = ExitCode::ok;
  const auto words = main_words("systems", kSystemsVerbs, arguments, code);
  if (!words) return code;
  const plan::System& system = require_static(entry_of(words->plan().systems, words->name, "systems"));
  if (words->verb == "delete") {
    fmt::print("{}: static, nothing was made and nothing is removed\n", system.name);
    return ExitCode::ok;
  }
  if (words->verb == "create" || words->verb == "apply") fmt::print("{}: static, nothing is made\n", system.name);
  return list(system, words->verb == "status");
}

}  // namespace

Command systems_command() {
  return {"systems",
          "create|apply|delete|list|status [NAME] [-w DIR] [-m FILE]",
          "The systems of a plan: make and remove them, ask whether they are ready.",
          false,
          {main_options()},
          carry_out_systems,
          kAllVerbs,
          {},
          kSystemsVerbs};
}

}  // namespace assay::cli
