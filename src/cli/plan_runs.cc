#include "cli/plan_runs.h"

#include "base/units.h"
#include "cli/agents_options.h"
#include "cli/job_arguments.h"
#include "cli/token.h"
#include "coordinator/fleet.h"
#include "core/control.h"
#include "core/schedule.h"
#include "core/url.h"
#include "job/actions.h"
#include "registry/registry.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

namespace assay::cli {
namespace {

unsigned verbs_of(bool prepare, bool check, bool cleanup) {
  return kRun | (prepare ? kPrepare : 0U) | (check ? kCheck : 0U) | (cleanup ? kCleanup : 0U);
}

bool is_on(const Options& options, std::string_view name) {
  return options.find(name) != nullptr && options.flag(name);
}

/// What was given of `from`, to a table that has it all.
void take_given(const Options& from, Options& into) {
  for (const OptionSpec& spec : from.table())
    if (from.given(spec.name) && into.find(spec.name) != nullptr) into.set(spec.name, from.text(spec.name));
}

/// What decides the data: runs with equal ones share it.
std::map<std::string, std::string> data_of(const plan::Step& step) {
  std::map<std::string, std::string> out;
  for (const OptionSpec& spec : step.options.table())
    if ((spec.verbs & kPrepare) != 0 && step.options.given(spec.name))
      out.emplace(spec.name, step.options.text(spec.name));
  return out;
}

std::string file_name(std::string_view text) {
  std::string out;
  for (const char c : text) out += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' ? c : '-';
  return out;
}

std::uint64_t agents_of(const plan::Runner* runner) { return runner == nullptr ? 1 : runner->agents; }

/// Whether the data lives in the process that loads it, and goes with each run.
bool in_process(const plan::System& system) { return find_driver(system.url).info().in_process; }

class Planner {
 public:
  explicit Planner(const plan::Plan& plan) : plan_(plan) {}

  void take(const plan::Benchmark& benchmark) {
    const std::size_t before = mistakes_.size();
    require(benchmark);
    if (mistakes_.size() != before) return;
    for (const std::size_t system : benchmark.systems) on_system(benchmark, plan_.systems[system]);
  }
  std::vector<PlannedRun> finish() && {
    refuse_mistakes(mistakes_);
    return std::move(runs_);
  }

 private:
  void require(const plan::Benchmark& benchmark) {
    const auto refuse = [&](const std::string& text) {
      mistakes_.push_back(fmt::format("benchmark {}: {}", benchmark.name, text));
    };
    if (!benchmark.known_here)
      refuse(fmt::format("the workload {} is not in this build; 'assay workloads' lists those that are",
                         benchmark.workload));
    for (const std::size_t index : benchmark.systems)
      if (const plan::System& system = plan_.systems[index]; system.kind != plan::System::Kind::static_)
        refuse(
            fmt::format("the system {} would have to be made in Kubernetes, which this build cannot; expected a "
                        "static one",
                        system.name));
    if (benchmark.runner)
      if (const plan::Runner& runner = plan_.runners[*benchmark.runner]; runner.kind == plan::Runner::Kind::kubernetes)
        refuse(
            fmt::format("the agents of the runner {} would be pods, which this build cannot start; expected "
                        "process or static",
                        runner.name));
    for (const plan::Step& step : benchmark.steps)
      if (!benchmark.actions.empty() && step.load.given("find-max"))
        refuse("it has actions beside find-max, which is several runs; expected one of them");
    if (benchmark.known_here && benchmark.systems.empty()) refuse("it has no system to put under load");
  }

  void on_system(const plan::Benchmark& benchmark, const plan::System& system) {
    const bool prepare = benchmark.own.flag("prepare"), cleanup = benchmark.own.flag("cleanup");
    const std::size_t first = runs_.size();
    for (std::size_t s = 0; s < benchmark.steps.size(); s++) {
      const plan::Step& step = benchmark.steps[s];
      for (std::uint64_t repetition = 1; repetition <= benchmark.repetitions; repetition++) {
        PlannedRun run{.benchmark = &benchmark,
                       .system = &system,
                       .runner = benchmark.runner ? &plan_.runners[*benchmark.runner] : nullptr,
                       .step = &step,
                       .name = name_of(benchmark, system, s, repetition),
                       .seed = benchmark.own.whole("seed") + repetition - 1};
        const bool same = runs_.size() > first && data_of(*runs_.back().step) == data_of(step);
        run.prepare = prepare && (!same || is_on(step.options, "drop-data") || in_process(system));
        if (cleanup && !same && runs_.size() > first) runs_.back().cleanup = true;
        runs_.push_back(std::move(run));
      }
    }
    if (cleanup) runs_.back().cleanup = true;
  }

  std::string name_of(const plan::Benchmark& benchmark, const plan::System& system, std::size_t step,
                      std::uint64_t repetition) {
    std::string name = file_name(benchmark.name) + "-" + file_name(system.name);
    if (const std::string& text = benchmark.steps[step].name; !text.empty())
      name += "-" + file_name(text);
    else if (benchmark.steps.size() > 1)
      name += fmt::format("-step{}", step + 1);
    name += fmt::format("-{}", repetition);
    std::string unique = name;
    for (int n = 2; !names_.insert(unique).second; n++) unique = fmt::format("{}.{}", name, n);
    return unique;
  }

  const plan::Plan& plan_;
  std::vector<std::string> mistakes_;
  std::vector<PlannedRun> runs_;
  std::set<std::string> names_;
};

/// The request of one workload of a run: the benchmark's own, or a group's with what it has of the load for itself.
JobRequest request_of(const PlannedRun& run, const std::string& workload, const plan::System& system,
                      const Options& options, const Options* group, bool quiet) {
  const plan::Benchmark& benchmark = *run.benchmark;
  JobRequest request = JobRequest::of(kRun, find_workload(workload));
  request.common = Options(quiet_target_options());
  request.common.set("target", url_with_password(system));
  request.common.set("quiet", quiet ? "true" : "false");
  take_given(system.options, request.common);
  for (const OptionSpec& spec : system.driver_options.table())
    if (system.driver_options.given(spec.name))
      request.driver_options.emplace(spec.name, system.driver_options.text(spec.name));
  take_given(run.step->load, request.own);
  if (group != nullptr) take_given(*group, request.own);
  take_given(benchmark.own, request.own);
  request.own.set("prepare", run.prepare ? "true" : "false");
  request.own.set("cleanup", run.cleanup ? "true" : "false");
  if (benchmark.until_stopped) request.own.set("duration", kUntilStopped);
  if (benchmark.terminals_per_agent) {
    const std::uint64_t terminals = *benchmark.terminals_per_agent * agents_of(run.runner);
    request.own.set("clients", std::to_string(terminals));
    if (benchmark.count_per_terminal)
      request.own.set("count", std::to_string(*benchmark.count_per_terminal * terminals));
  }
  // What has an effect in the benchmark, and none in this run of it, is another run's.
  const bool check = benchmark.own.flag("check") || is_on(options, "verify");
  const unsigned of_all = verbs_of(benchmark.own.flag("prepare"), check, benchmark.own.flag("cleanup"));
  const unsigned here = verbs_of(run.prepare, check, run.cleanup);
  const auto take = [&](const Options& from, Options& into) {
    for (const OptionSpec& spec : from.table())
      if (from.given(spec.name) && into.find(spec.name) != nullptr &&
          ((spec.verbs & here) != 0 || (spec.verbs & of_all) == 0))
        into.set(spec.name, from.text(spec.name));
  };
  take(benchmark.own, request.job);
  take(options, request.workload_options);
  request.job.set("seed", std::to_string(run.seed));
  return request;
}

/// How the operations of a group's rate are spaced: as those of the rate that it began with.
std::string arrival_of(const PlannedRun& run, const std::string& group) {
  for (const plan::Group& each : run.benchmark->groups)
    if (each.name == group || run.benchmark->groups.size() == 1) return each.load.text("arrival");
  return run.step->load.text("arrival");
}

std::vector<TimedAction> timed_actions(const PlannedRun& run) {
  std::vector<TimedAction> out;
  for (const plan::Action& action : run.benchmark->actions) {
    TimedAction next{.name = action.name.empty() ? fmt::format("at {}", format_duration(action.at)) : action.name,
                     .at = action.at,
                     .change = std::nullopt,
                     .command = action.command};
    if (action.kind != plan::Action::Kind::command) next.change = GroupChange{.group = action.group};
    if (action.kind == plan::Action::Kind::rate)
      next.change->schedule = Schedule::parse(action.rate, arrival_of(run, action.group), "0", Nanos(0));
    if (action.kind == plan::Action::Kind::clients) next.change->clients = action.clients;
    if (action.kind == plan::Action::Kind::remove) next.change->remove = true;
    out.push_back(std::move(next));
  }
  return out;
}

}  // namespace

std::vector<PlannedRun> planned_runs(const plan::Plan& plan, std::string_view only) {
  Planner planner(plan);
  std::vector<std::string_view> names;
  bool found = false;
  for (const plan::Benchmark& benchmark : plan.benchmarks) {
    names.push_back(benchmark.name);
    if (!only.empty() && benchmark.name != only) continue;
    found = true;
    planner.take(benchmark);
  }
  if (!found)
    throw Error(only.empty()
                    ? "the plan has no benchmarks, so there is nothing to run"
                    : fmt::format("the plan has no benchmark '{}'; expected one of {}", only, fmt::join(names, ", ")));
  return std::move(planner).finish();
}

std::unique_ptr<JobSetup> open(const plan::Plan& plan, const PlannedRun& run, bool quiet) {
  try {
    const plan::Benchmark& benchmark = *run.benchmark;
    JobRequest request = request_of(run, benchmark.workload, *run.system, run.step->options, nullptr, quiet);
    for (const plan::Group& group : benchmark.groups) {
      const plan::System& system = group.system ? plan.systems[*group.system] : *run.system;
      request.groups.push_back(
          {group.name, system.name, request_of(run, group.workload, system, group.options, &group.load, quiet)});
    }
    return JobSetup::open(std::move(request));
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", run.name, error.what()), error.code());
  }
}

LoadConditions conditions_of(const PlannedRun& run, const JobSetup& setup) {
  return {setup.own(), run.benchmark->fail_if, run.benchmark->abort_if};
}

namespace {

std::string joined(const std::vector<Threshold>& conditions) {
  std::string text;
  for (const Threshold& condition : conditions) text += (text.empty() ? "" : "; ") + condition.text();
  return text;
}

/// Whether agents carry it out, and not this process.
bool by_agents(const PlannedRun& run) {
  return run.runner != nullptr && (run.runner->kind == plan::Runner::Kind::static_ || run.runner->agents > 1);
}

/// The thresholds of a benchmark as the options of a run have them.
std::map<std::string, std::string> conditions_text(const plan::Benchmark& benchmark) {
  std::map<std::string, std::string> out;
  if (!benchmark.fail_if.empty()) out["fail-if"] = joined(benchmark.fail_if);
  if (!benchmark.abort_if.empty()) out["abort-if"] = joined(benchmark.abort_if);
  return out;
}

std::vector<std::string> commands_of(const plan::Benchmark& benchmark) {
  std::vector<std::string> out;
  for (const plan::Action& action : benchmark.actions)
    if (action.kind == plan::Action::Kind::command)
      out.push_back(fmt::format("{} (at {})", action.name.empty() ? action.command.front() : action.name,
                                format_duration(action.at)));
  return out;
}

}  // namespace

std::unique_ptr<Executor> executor_for(const PlannedRun& run, const JobSetup& setup, JobObserver& observer) {
  const plan::Runner* runner = run.runner;
  const plan::Benchmark& benchmark = *run.benchmark;
  auto control = std::make_unique<RunControl>();
  std::unique_ptr<Executor> who;
  if (by_agents(run)) {
    const bool processes = runner->kind == plan::Runner::Kind::process;
    coordinator::AgentAddresses addresses{
        .all = runner->addresses, .token = token_of(*runner), .ca_file = runner->ca_file};
    who = std::make_unique<coordinator::Fleet>(setup, backend_of(processes ? runner->agents : 0, addresses, observer),
                                               coordinator::FleetOptions{.loss = {.stop = runner->stop_on_loss},
                                                                         .conditions = conditions_text(benchmark),
                                                                         .benchmark = benchmark.name,
                                                                         .commands = commands_of(benchmark)},
                                               observer, control.get());
  } else {
    who = executor_here(setup, observer.progress(), control.get());
  }
  if (benchmark.actions.empty() && benchmark.groups.empty() && !by_agents(run))
    return executor_here(setup, observer.progress());
  return std::make_unique<WithActions>(timed_actions(run), std::move(control), std::move(who));
}

std::string read_secret(const plan::SecretReference& secret) {
  if (secret.source == plan::SecretReference::Source::in_plan) return secret.name;
  if (secret.source == plan::SecretReference::Source::environment) {
    const char* const value = std::getenv(secret.name.c_str());
    if (value == nullptr)
      throw Error(
          fmt::format("the variable {} is not set; expected the secret that the plan names by it", secret.name));
    return value;
  }
  std::ifstream in(secret.name);
  std::string line;
  if (!std::getline(in, line) && !in.eof())
    throw Error(fmt::format("{} cannot be read; expected the secret in its first line", secret.name));
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

std::string token_of(const plan::Runner& runner) {
  if (!runner.token) return token_of("");
  std::string token = read_secret(*runner.token);
  require_token(token, "the runner " + runner.name);
  return token;
}

std::string url_with_password(const plan::System& system) {
  if (!system.password) return system.url;
  std::string url = system.url;
  try {
    const std::string secret = percent_encoded(read_secret(*system.password));
    const std::size_t begin = url.find("://"),
                      past = url.find_first_of("/?", begin == std::string::npos ? 0 : begin + 3);
    const std::size_t at = url.rfind('@', past);
    if (begin == std::string::npos || at == std::string::npos || at < begin)
      throw Error(fmt::format("{} names no user that the password could be of; expected SCHEME://USER@HOST…",
                              without_secrets(url)));
    return url.insert(at, ":" + secret);
  } catch (const Error& error) {
    throw Error(fmt::format("system {}: {}", system.name, error.what()));
  }
}

ExitCode graver(ExitCode a, ExitCode b) noexcept {
  constexpr ExitCode kOrder[] = {ExitCode::internal,          ExitCode::usage,       ExitCode::output_failed,
                                 ExitCode::check_failed,      ExitCode::run_invalid, ExitCode::unreachable,
                                 ExitCode::thresholds_failed, ExitCode::interrupted, ExitCode::ok};
  const auto rank = [&](ExitCode code) { return std::find(std::begin(kOrder), std::end(kOrder), code); };
  return rank(a) < rank(b) ? a : b;
}

}  // namespace assay::cli
