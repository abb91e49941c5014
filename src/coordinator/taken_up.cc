#include "coordinator/taken_up.h"

#include "base/error.h"
#include "coordinator/fleet.h"
#include "coordinator/instant.h"
#include "coordinator/shared_plan.h"
#include "coordinator/whole.h"
#include "job/groups.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace assay::coordinator {
namespace {

using nlohmann::json;

std::string run_of(const json& task) { return task.contains("run") ? task["run"].value("id", "") : ""; }

/// Sent to wait for an instant to begin at, which nobody has told it.
bool is_held(const json& task) { return !has_ended(task) && !task.contains("start_at_unix_ns"); }

/// The newest task of this run and benchmark, or of any where they are "".
json task_of_run(const json& tasks, const std::string& run, const std::string& benchmark) {
  for (const json& task : tasks.at("tasks"))
    if (!run_of(task).empty() && (run.empty() || run_of(task) == run) &&
        (benchmark.empty() || task["run"].value("benchmark", "") == benchmark))
      return task;
  return {};
}

std::uint64_t shard_of(const json& task) { return std::stoull(task.at("shard").get<std::string>()); }

/// What each agent was asked for last: "prepare of kv (running)"; "" when there is nothing.
std::string newest_tasks(const std::vector<AgentAnswer>& answers) {
  std::set<std::string> tasks;
  for (const AgentAnswer& answer : answers)
    if (answer.ok() && !answer.json.at("tasks").empty()) {
      const json& task = answer.json["tasks"].front();
      tasks.insert(
          fmt::format("{} of {} ({})", task.value("verb", ""), task.value("workload", ""), task.value("state", "")));
    }
  return fmt::format("{}", fmt::join(tasks, ", "));
}

/// The run that began last.
std::string newest_run(const std::vector<AgentAnswer>& answers, const std::string& benchmark) {
  std::string id, accepted;
  for (const AgentAnswer& answer : answers) {
    if (!answer.ok()) continue;
    const json task = task_of_run(answer.json, "", benchmark);
    if (task.is_null() || task.at("accepted").get<std::string>() < accepted) continue;
    accepted = task.at("accepted").get<std::string>();
    id = run_of(task);
  }
  if (const std::string newest = newest_tasks(answers); id.empty())
    throw Error(fmt::format("none of the agents has a run {}{}{}",
                            benchmark.empty() ? "that a coordinator began" : "of the benchmark " + benchmark,
                            newest.empty() ? "" : "; newest tasks: ", newest));
  return id;
}

}  // namespace

FoundRun find_run(const std::vector<std::string>& addresses, const std::string& token, const std::string& ca_file,
                  const std::string& id, const std::string& benchmark) {
  AgentClients clients(urls_of(addresses), token, ca_file);
  std::vector<AgentRequest> requests;
  for (std::size_t a = 0; a < addresses.size(); a++) requests.push_back({.agent = a, .path = "/api/v1/tasks"});
  const std::vector<AgentAnswer> answers = clients.ask(requests);
  Failures gone, without;
  std::vector<std::size_t> silent;
  for (std::size_t a = 0; a < addresses.size(); a++) {
    if (answers[a].ok()) continue;
    gone.add(addresses[a], answers[a].failure);
    silent.push_back(a);
  }
  if (silent.size() == addresses.size()) throw Error(gone.text(), ExitCode::unreachable);
  FoundRun found;
  found.id = id.empty() ? newest_run(answers, benchmark) : id;
  if (id.empty() && benchmark.empty() && std::any_of(answers.begin(), answers.end(), [&](const AgentAnswer& answer) {
        return answer.ok() && !answer.json.at("tasks").empty() && run_of(answer.json["tasks"].front()) != found.id;
      }))
    found.newer = newest_tasks(answers);
  for (std::size_t a = 0; a < addresses.size(); a++) {
    if (!answers[a].ok()) continue;
    const json task = task_of_run(answers[a].json, found.id, benchmark);
    if (task.is_null()) {
      without.add(addresses[a], fmt::format("has no part in the run {}", found.id));
      continue;
    }
    if (found.tasks.empty()) {
      const auto agents = task.at("run").at("agents").get<std::size_t>();
      found.addresses.resize(agents);
      found.members.resize(agents);
      found.tasks.resize(agents);
      found.workload = task.at("workload").get<std::string>();
      found.target = task.at("target").get<std::string>();
      found.options = task.at("run").at("options").get<std::map<std::string, std::string>>();
      found.commands = task["run"].value("commands", std::vector<std::string>());
      for (const json& group : task["run"].value("groups", json::array()))
        found.groups.push_back({.name = group.at("name").get<std::string>(),
                                .system = group.at("system").get<std::string>(),
                                .workload = group.at("workload").get<std::string>(),
                                .target = group.at("target").get<std::string>(),
                                .options = group.at("options").get<std::map<std::string, std::string>>()});
    }
    const std::uint64_t shard = shard_of(task);
    if (shard >= found.tasks.size() || !found.tasks[shard].is_null())
      throw Error(
          fmt::format("agent {}: its shard {} of the run {} is another's too; expected the address of each agent "
                      "once",
                      addresses[a], shard, found.id));
    found.addresses[shard] = addresses[a];
    found.members[shard] = {.name = addresses[a], .task = task.at("id").get<std::string>()};
    found.tasks[shard] = task;
  }
  if (!without.none()) throw Error(without.text());
  std::vector<std::size_t> missing;
  for (std::size_t s = 0; s < found.tasks.size(); s++)
    if (found.tasks[s].is_null()) missing.push_back(s);
  if (missing.size() != silent.size())
    throw Error(fmt::format("the run {} is of {} agents; no agent here has shard {}: expected the addresses of all",
                            found.id, found.tasks.size(), fmt::join(missing, ", ")));
  for (std::size_t i = 0; i < missing.size(); i++) {
    found.addresses[missing[i]] = addresses[silent[i]];
    found.members[missing[i]] = {.name = addresses[silent[i]], .lost = answers[silent[i]].failure};
  }
  return found;
}

RunTakenUp::RunTakenUp(const JobSetup& setup, FoundRun found, const std::string& token, const std::string& ca_file,
                       LossRule loss)
    : setup_(setup), found_(std::move(found)), loss_(loss), clients_(urls_of(found_.addresses), token, ca_file) {
  measure_clocks(clients_, found_.members);
}

RunPlan RunTakenUp::plan() {
  // Begun now, those that are not ready would be late, and look at the target when others change it already.
  if (std::any_of(found_.tasks.begin(), found_.tasks.end(), [](const json& task) {
        return !task.is_null() && is_held(task) && task.value("state", "") != "ready";
      }))
    throw_without_load();
  RunPlan plan = plan_without_groups(setup_, found_.members.size());
  for (const json& task : found_.tasks)
    if (!task.is_null() && !task.at("groups").empty()) add_groups(plan, setup_, task["groups"], plan.groups.empty());
  if (plan.groups.empty()) throw_without_load();
  first_ = first_groups(plan);
  return plan;
}

void RunTakenUp::throw_without_load() const {
  Failures reasons;
  bool ended = true;
  for (std::size_t m = 0; m < found_.tasks.size(); m++) {
    const json& task = found_.tasks[m];
    if (task.is_null()) {
      reasons.add(found_.members[m].name, found_.members[m].lost);
      continue;
    }
    ended = ended && has_ended(task);
    const std::string state = task.value("state", ""), phase = task.value("phase", "");
    reasons.add(found_.members[m].name,
                task.value("error", phase.empty() ? state : fmt::format("{}, {}", state, phase)));
  }
  throw Error(fmt::format("the run {} {}\n{}", found_.id,
                          ended ? "ended before its load; there is nothing to take up:"
                                : "has not come to its load yet; ask again:",
                          reasons.text()),
              ExitCode::unreachable);
}

std::map<std::string, std::string> RunTakenUp::options_in_force() {
  for (const json& task : found_.tasks)
    if (!task.is_null()) return task.value("in_force", std::map<std::string, std::string>());
  return {};
}

RunOutcome RunTakenUp::run(const RunPlan& plan, std::stop_token stop, RunObserver& observer) {
  std::size_t held = 0, there = 0;
  std::optional<WallTime> begin;
  for (std::size_t m = 0; m < found_.members.size(); m++) {
    const json& task = found_.tasks[m];
    Member& member = found_.members[m];
    if (task.is_null()) continue;
    there++;
    if (task.contains("start_at_unix_ns")) {
      member.told_begin = WallTime(Nanos(std::stoll(task["start_at_unix_ns"].get<std::string>())));
      if (!begin) begin = *member.told_begin - member.clock_offset;
    } else if (is_held(task)) {
      held++;
    }
    if (!has_ended(task)) continue;
    if (task.at("has_result").get<bool>())
      member.state = "ended";
    else
      member.lost = task.value("error", "it ended without a result");
  }
  if (held > 0 && held == there && there == found_.members.size()) {
    begin = begin_together(clients_, found_.members);
  } else if (!begin || held > 0) {
    stop_tasks(clients_, found_.members);
    throw Error(fmt::format("the coordinator was lost while it began the run {}: {} of {} agents wait for their begin; "
                            "they were stopped",
                            found_.id, held, found_.members.size()),
                ExitCode::unreachable);
  }
  Watch watch(plan, observer, clients_, found_.members, loss_, *begin);
  watch.follow(stop);
  return watch.gather();
}

Statements RunTakenUp::conclude(const RunPlan& plan, const RunOutcome& outcome) {
  return conclude_whole(clients_, found_.members, plan, outcome, no_figures_);
}

void RunTakenUp::complete(Document& document) {
  add_agents(document, found_.members);
  for (const Member& member : found_.members) {
    if (!member.result || member.result->targets.empty() || document.targets.empty()) continue;
    if (!setup_.parts.empty()) {
      describe_parts(document, setup_, first_, std::vector<ServerFacts>(setup_.parts.size()), options_in_force());
      document.targets = member.result->targets;
      break;
    }
    const TargetFacts& told = member.result->targets.front();
    document.targets.front().server = told.server;
    document.targets.front().server_version = told.server_version;
    document.targets.front().settings = told.settings;
    break;
  }
  document.warnings.push_back(
      fmt::format("the run was taken up by another coordinator than the one that began it ({}): what was to be done "
                  "around it, a check for one, is not part of this result",
                  found_.id));
  if (!found_.newer.empty())
    document.warnings.push_back(
        fmt::format("the run {} is the last that these agents came to; since then they were asked for {}", found_.id,
                    found_.newer));
  // Changes of the load were told to the agents when it began.
  for (const std::string& command : found_.commands) {
    if (document.verdict.verdict == Verdict::pass) document.verdict.verdict = Verdict::fail;
    document.verdict.reasons.push_back(fmt::format(
        "the action {} was for the coordinator that began the run; whether it was carried out is not known", command));
  }
  if (!no_figures_.empty()) add_unjudged(document, no_figures_);
}

}  // namespace assay::coordinator
