// assay exec: a benchmark of a plan, verb by verb, on the agents of its runner, by pgdistbench's API and with its verbs.

#include "cli/arguments.h"
#include "cli/collect.h"
#include "cli/fanout.h"
#include "cli/plan_main.h"
#include "cli/run_report.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "cli/token.h"
#include "coordinator/distribution.h"

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>

namespace assay::cli {
namespace {

using nlohmann::json;

constexpr std::string_view kExecVerbs[] = {"prepare", "run",  "check",    "cleanup",
                                           "results", "list", "listpods", "check-pods"};

std::span<const OptionSpec> exec_options() {
  static const std::vector<OptionSpec> table = [] {
    std::vector<OptionSpec> all(main_options().begin(), main_options().end());
    all.push_back({.name = "wait",
                   .type = OptionType::flag,
                   .default_value = "false",
                   .help = "until the agents have ended what they do; of run: then print the results"});
    all.push_back({.name = "allow-error",
                   .type = OptionType::flag,
                   .default_value = "false",
                   .help = "of results: leave out agents that failed"});
    all.push_back(
        {.name = "agents",
         .default_value = "",
         .help = "of results, without a plan: HOST:PORT,… of a run whose coordinator is gone, or the folder of agents "
                 "that were started for it; it is followed to its end, fetched, merged and reported as assay run would "
                 "have"});
    all.push_back({.name = "run", .default_value = "", .help = "its ID; without it the one that began last"});
    all.push_back({.name = "result", .default_value = "", .help = "its file; without it results/ID.json"});
    all.push_back({.name = "json",
                   .type = OptionType::flag,
                   .default_value = "false",
                   .help = "its report as JSON on stdout instead of a table"});
    all.push_back(
        {.name = "agent-token-file", .default_value = "", .help = "file with the token of the agents; or ASSAY_TOKEN"});
    all.push_back({.name = "agent-ca", .default_value = "", .help = "PEM file of who signed the agents' certificates"});
    return all;
  }();
  return table;
}

/// pgdistbench's report of TPC-C: what each agent measured, and how its figures are spread.
void print_results(Fanout& fanout, const Statuses& statuses, bool allow_error) {
  json runners = json::array();
  std::vector<double> tpmc, total;
  std::vector<std::string> failed;
  for (std::size_t a = 0; a < statuses.size(); a++) {
    const json last = statuses[a].told.value("last", json::object());
    json value = last.value("value", json());
    const auto is_result = [](const json& v) { return v.is_object() && v.contains("Summary"); };
    // What was done since then has none; a run that failed is none to look behind.
    if (statuses[a].gone.empty() && !last.contains("error") && !is_result(value)) value = fanout.newest_result(a);
    if (last.contains("error") || !is_result(value)) {
      failed.push_back(fmt::format("{}: {}", fanout.agents().urls[a],
                                   !statuses[a].gone.empty() ? statuses[a].gone
                                   : last.contains("error")  ? last["error"].get<std::string>()
                                                             : "it has no result of a run"));
      continue;
    }
    const json& summary = value["Summary"];
    tpmc.push_back(summary.value("tpmC", 0.0));
    total.push_back(summary.value("tpmTotal", 0.0));
    runners.push_back(std::move(value));
  }
  if (!failed.empty() && (!allow_error || runners.empty()))
    throw Error(fmt::format("{}", fmt::join(failed, "\n")), ExitCode::thresholds_failed);
  for (const std::string& text : failed) say("{}\n", text);
  const json report{{"Runners", std::move(runners)},
                    {"TPMC", coordinator::to_json(coordinator::distribution_of(tpmc))},
                    {"TPMTotal", coordinator::to_json(coordinator::distribution_of(total))}};
  std::fputs((report.dump(2, ' ', false, json::error_handler_t::replace) + "\n").c_str(), stdout);
}

ExitCode list(const plan::Plan& plan) {
  for (const plan::Benchmark& benchmark : plan.benchmarks)
    fmt::print("{}: {}{}{}\n", benchmark.name, benchmark.workload, benchmark.runner ? " by " : "",
               benchmark.runner ? plan.runners[*benchmark.runner].name : "");
  return ExitCode::ok;
}

ExitCode look_at_agents(Fanout& fanout, const std::string& verb) {
  if (verb == "check-pods") {
    const std::vector<json> all = fanout.get_all("/healthz");
    const bool busy = std::any_of(all.begin(), all.end(), [](const json& code) { return code != "Idle"; });
    fmt::print("Pods are healthy {}\n", busy ? "but not ready" : "and ready");
    return ExitCode::ok;
  }
  const Statuses statuses = fanout.statuses();
  bool gone = false;
  for (std::size_t a = 0; a < statuses.size(); a++) {
    fmt::print("{}: {}\n", fanout.agents().urls[a], statuses[a].text());
    gone = gone || !statuses[a].gone.empty();
  }
  return gone ? ExitCode::unreachable : ExitCode::ok;
}

void require_api(const plan::Benchmark& benchmark) {
  if (!benchmark.known_here)
    throw Error(
        fmt::format("benchmark {}: the workload {} is not in this build; 'assay workloads' lists those that are",
                    benchmark.name, benchmark.workload));
  if (!benchmark.terminals_per_agent)
    throw Error(
        fmt::format("benchmark {} is of the form with workload, options and load, which 'assay plan run' carries "
                    "out; exec takes pgdistbench's form, with benchmark and config",
                    benchmark.name));
  if (!benchmark.runner)
    throw Error(fmt::format("benchmark {} has no runner whose agents could be asked", benchmark.name));
}

ExitCode carry_out_verb(const MainWords& words, Fanout& fanout) {
  const std::string& verb = words.verb;
  const SignalWatch signals("the agents go on");
  if (verb == "results") {
    const bool allow_error = words.options.flag("allow-error");
    print_results(fanout, fanout.wait_idle(signals, allow_error), allow_error);
    return ExitCode::ok;
  }
  fanout.post(verb, verb == "run");
  const bool wait = words.options.flag("wait");
  // With --wait stdout is for the results.
  const std::string started = verb == "run" ? "Benchmark started" : fmt::format("Started {} task", verb);
  if (!wait || verb != "run")
    fmt::print("{}\n", started);
  else
    say("{}\n", started);
  if (!wait) return ExitCode::ok;
  std::fflush(stdout);
  const Statuses statuses = fanout.wait_idle(signals, verb == "run" && words.options.flag("allow-error"));
  if (verb == "run")
    print_results(fanout, statuses, words.options.flag("allow-error"));
  else
    fanout.require_done(statuses);
  return ExitCode::ok;
}

constexpr std::string_view kOfCollecting[] = {"run", "result", "json", "agent-token-file", "agent-ca"};

Collecting collecting_with(const Options& options) {
  const std::string agents = options.text("agents");
  const bool folder = agents.find('/') != std::string::npos && agents.find("://") == std::string::npos;
  if (folder && (options.given("agent-token-file") || options.given("agent-ca")))
    throw Error(
        "exec results: agents that were started for a run have their token in the folder; expected --agents only");
  return {.addresses = folder ? std::vector<std::string>() : addresses_in(agents),
          .folder = folder ? agents : "",
          .token = token_of(options.text("agent-token-file")),
          .ca_file = options.text("agent-ca"),
          .run = options.text("run"),
          .result = options.text("result"),
          .json = options.flag("json")};
}

/// exec results --agents, which needs no plan; nullopt: it is not that.
std::optional<Collecting> collecting_of(std::span<const std::string> arguments) {
  const std::span<const OptionSpec> tables[] = {exec_options()};
  const Words words = take_apart(arguments, tables);
  Options options{exec_options()};
  Options* const all[] = {&options};
  const bool with_agents = std::any_of(words.options.begin(), words.options.end(),
                                       [](const auto& option) { return option.first == "agents"; });
  if (words.help || !with_agents) return std::nullopt;
  assign(words, all);
  if (words.positional.size() != 1 || words.positional[0] != "results")
    throw Error(
        "exec: --agents is of results, and takes no name of a benchmark; expected exec results --agents HOST:PORT,…");
  for (const char* of_plan : {"main", "workdir", "context", "wait", "allow-error"})
    if (options.given(of_plan)) throw Error(fmt::format("exec results: --{} has no effect with --agents", of_plan));
  return collecting_with(options);
}

/// Of a benchmark that agents share: the run that `assay plan run` began on them.
ExitCode collect_benchmark(const MainWords& words, const plan::Benchmark& benchmark) {
  if (!benchmark.runner) require_api(benchmark);
  const plan::Runner& runner = words.plan().runners[*benchmark.runner];
  if (runner.kind == plan::Runner::Kind::process)
    throw Error(
        fmt::format("exec results {}: its agents are started for each run by 'assay plan run', which named their "
                    "folder; expected exec results --agents FOLDER",
                    benchmark.name));
  const RunnerAgents agents = agents_of(words.plan(), runner, words.workdir);
  Collecting collecting = collecting_with(words.options);
  collecting.addresses = agents.urls;
  collecting.benchmark = benchmark.name;
  if (!words.options.given("agent-token-file")) collecting.token = agents.token;
  if (!words.options.given("agent-ca")) collecting.ca_file = agents.ca_file;
  return collect_run(collecting);
}

ExitCode carry_out_exec(std::span<const std::string> arguments) {
  if (const auto collecting = collecting_of(arguments)) return collect_run(*collecting);
  ExitCode code = ExitCode::ok;
  const auto words = main_words("exec", kExecVerbs, arguments, code);
  if (!words) return code;
  const std::string& verb = words->verb;
  const bool waits = verb == "prepare" || verb == "run" || verb == "check" || verb == "cleanup" || verb == "results";
  if (words->options.flag("wait") && !waits) throw Error(fmt::format("exec {}: --wait has no effect", verb));
  if (words->options.flag("allow-error") && verb != "results" && !(verb == "run" && words->options.flag("wait")))
    throw Error(fmt::format("exec {}: --allow-error has no effect; it is of results, and of run --wait", verb));
  if (verb == "list") return list(words->plan());
  const plan::Benchmark& benchmark = entry_of(words->plan().benchmarks, words->name, "benchmarks");
  if (verb == "results" && benchmark.known_here && !benchmark.terminals_per_agent)
    return collect_benchmark(*words, benchmark);
  require_api(benchmark);
  for (const std::string_view name : kOfCollecting)
    if (words->options.given(name))
      throw Error(
          fmt::format("exec {}: --{} has no effect; it is of results of a run that a coordinator began", verb, name));
  Fanout fanout(benchmark, agents_of(words->plan(), words->plan().runners[*benchmark.runner], words->workdir));
  if (verb == "listpods" || verb == "check-pods") return look_at_agents(fanout, verb);
  return carry_out_verb(*words, fanout);
}

}  // namespace

Command exec_command() {
  return {"exec",
          "prepare|run|check|cleanup|results|list|listpods|check-pods [NAME] [options]",
          "A benchmark of a plan on the agents of its runner, verb by verb.",
          false,
          {exec_options()},
          carry_out_exec,
          kAllVerbs,
          {},
          kExecVerbs};
}

}  // namespace assay::cli
