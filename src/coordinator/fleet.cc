#include "coordinator/fleet.h"

#include "base/error.h"
#include "base/units.h"
#include "coordinator/instant.h"
#include "coordinator/shared_plan.h"
#include "coordinator/watch.h"
#include "coordinator/whole.h"
#include "results/file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace assay::coordinator {
namespace {

using nlohmann::json;

constexpr Nanos kLookAgain = std::chrono::milliseconds(50);
constexpr Nanos kOpening = std::chrono::minutes(2);  // how long agents may take to open their sessions

constexpr const char* kDropData = "drop-data";

/// What the coordinator does itself, or what is of its own command line.
const std::set<std::string, std::less<>> kNotForAgents{
    "prepare",          "check",        "cleanup",       kDropData,  "strict", "fail-if",
    "abort-if",         "until-steady", "steady-limit",  "find-max", "json",   "find-max-precision",
    "find-max-steps",   "result",       "encrypt-to",    "quiet",    "shard",  "agents",
    "agent-token-file", "agent-ca",     "on-agent-loss", "ui",       "target"};

/// Of the command line, and not of a run that goes on.
const std::set<std::string, std::less<>> kNotOfRun{
    "target",           "json",     "result",   "encrypt-to",         "quiet",          "agents",
    "agent-token-file", "agent-ca", "find-max", "find-max-precision", "find-max-steps", "ui"};

}  // namespace

std::string agent_url(const std::string& address) {
  const bool whole = address.starts_with("http://") || address.starts_with("https://");
  std::string url = whole ? address : "http://" + address;
  const std::string_view rest = std::string_view(url).substr(url.find("://") + 3);
  const std::size_t colon = rest.rfind(':');
  if (rest.empty() || rest.find_first_of(" /?#") != std::string_view::npos ||
      (!whole && (colon == std::string_view::npos || colon + 1 == rest.size())))
    throw Error(fmt::format("'{}' is no address of an agent; expected HOST:PORT or https://HOST:PORT", address));
  return url;
}

std::vector<std::string> urls_of(const std::vector<std::string>& addresses) {
  std::vector<std::string> urls;
  urls.reserve(addresses.size());
  for (const std::string& address : addresses) urls.push_back(agent_url(address));
  return urls;
}

Fleet::Fleet(const JobSetup& setup, std::unique_ptr<Backend> backend, FleetOptions options, JobObserver& observer,
             RunControl* control)
    : setup_(setup),
      options_(std::move(options)),
      observer_(observer),
      control_(control),
      backend_(std::move(backend)),
      addresses_(backend_->start()),
      clients_(urls_of(addresses_.all), addresses_.token, addresses_.ca_file) {
  std::set<std::string> names;
  for (const std::string& address : addresses_.all) {
    if (!names.insert(address).second) throw Error(fmt::format("--agents: {} stands there twice", address));
    members_.push_back({.name = address});
  }
  const auto n = static_cast<std::int64_t>(members_.size());
  for (const char* shared : {"clients", "sessions", "count"})
    if (const Options& own = setup_.own(); own.find(shared) != nullptr)
      if (const std::int64_t value = own.count(shared); value > 0 && value < n)
        throw Error(fmt::format("--{} is {} for {} agents; it is of all together: expected at least one for each",
                                shared, value, n));
  if (setup_.shard.count > 1) throw Error("--shard and --agents: the coordinator gives each agent its shard");
}

json Fleet::task_body(std::string_view verb, std::size_t shard, const RunPlan* plan) const {
  json options = json::object();
  const JobRequest& request = setup_.request;
  const Verb bits = static_cast<Verb>(verb_of(verb));
  for (const Options* table : {&request.common, &request.job, &request.own, &request.workload_options}) {
    if (table == &request.own && bits != kRun) continue;
    for (const OptionSpec& spec : table->table())
      if (const std::string name(spec.name);
          table->given(name) && !kNotForAgents.contains(name) && (spec.verbs & bits) != 0)
        options[name] = table->text(name);
  }
  if (bits == kRun && setup_.driver->info().in_process && setup_.own().flag("prepare")) options["prepare"] = "true";
  if (plan != nullptr) {  // a search tries other rates, for other times
    const Schedule& schedule = plan->groups.front().schedule;
    if (!schedule.closed() && schedule.describe() != planned_schedule_) {
      options["rate"] = fmt::format("{}", schedule.rate_at(plan->ramp_up + plan->warmup));
      if (!options.contains("arrival") && request.own.given("arrival"))
        options["arrival"] = request.own.text("arrival");
    }
    if (plan->duration != Nanos::max()) options["duration"] = fmt::format("{}ns", plan->duration.count());
  }
  const std::size_t shards = bits == kCleanup ? 1 : members_.size();
  json body{{"verb", verb}, {"workload", setup_.type->info().name}, {"target", setup_.url()}, {"options", options}};
  if (bits != kCleanup) body["shard"] = fmt::format("{}/{}", shard, shards);
  body["sharded"] = true;
  return body;
}

ServerFacts Fleet::facts() {
  std::vector<AgentRequest> requests;
  for (std::size_t m = 0; m < members_.size(); m++) requests.push_back({.agent = m, .path = "/api/v1/catalogue"});
  Failures gone;
  std::set<std::string> versions;
  const std::vector<AgentAnswer> answers = clients_.ask(requests);
  for (std::size_t m = 0; m < members_.size(); m++) {
    if (answers[m].ok())
      versions.insert(answers[m].json.value("version", "?"));
    else
      gone.add(members_[m].name, answers[m].failure);
  }
  if (!gone.none()) throw Error(gone.text(), ExitCode::unreachable);
  if (versions.size() > 1 || *versions.begin() != ASSAY_VERSION)
    throw Error(fmt::format("the agents are of the versions {}, and this is {}; expected one version",
                            fmt::join(versions, ", "), ASSAY_VERSION));
  measure_clocks(clients_, members_);
  const bool prepares = setup_.request.verb == kRun && setup_.own().flag("prepare");
  const AgentAnswer described =
      clients_.ask_one({.agent = 0,
                        .method = "POST",
                        .path = "/api/v1/describe",
                        .body = task_body(prepares ? "prepare" : verb_name(setup_.request.verb), 0, nullptr).dump()});
  if (!described.ok())
    throw Error(fmt::format("agent {}: {}", members_[0].name, described.failure),
                described.status == 400 ? ExitCode::usage : ExitCode::unreachable);
  const json& server = described.json.at("server");
  return {.server = server.at("name").get<std::string>(),
          .version = server.at("version").get<std::string>(),
          .settings = server.at("settings").get<std::map<std::string, std::string>>()};
}

std::vector<json> Fleet::carry_out(std::string_view verb, std::size_t count, const std::stop_token& stop) {
  std::vector<AgentRequest> requests;
  for (std::size_t m = 0; m < count; m++)
    requests.push_back(
        {.agent = m, .method = "POST", .path = "/api/v1/tasks", .body = task_body(verb, m, nullptr).dump()});
  std::vector<AgentAnswer> started = clients_.ask(requests);
  Failures failed;
  for (std::size_t m = 0; m < count; m++) {
    members_[m].task = started[m].ok() ? started[m].json.at("id").get<std::string>() : "";
    if (!started[m].ok()) failed.add(members_[m].name, started[m].failure);
  }
  std::vector<json> records(count);
  ExitCode code = ExitCode::usage;
  bool stopping = false;
  std::vector<TimePoint> answered(count, real_clock().now());
  for (std::size_t open = count; open > 0;) {
    if ((stop.stop_requested() || !failed.none()) && !stopping) {
      stopping = true;
      stop_tasks(clients_, members_);
    }
    requests.clear();
    for (std::size_t m = 0; m < count; m++)
      if (!members_[m].task.empty() && records[m].is_null())
        requests.push_back({.agent = m, .path = "/api/v1/tasks/" + members_[m].task + "?wait=1s"});
    open = requests.size();
    const std::vector<AgentAnswer> answers = clients_.ask(requests);
    for (std::size_t i = 0; i < requests.size(); i++) {
      const std::size_t m = requests[i].agent;
      if (!answers[i].ok()) {
        if (real_clock().now() - answered[m] < options_.loss.patience) continue;
        failed.add(members_[m].name, answers[i].failure);
        code = ExitCode::unreachable;
        records[m] = json::object();
      } else if (has_ended(answers[i].json)) {
        records[m] = answers[i].json;
        const bool check_found = verb == "check" && records[m].contains("check");
        if (records[m].value("state", "") == "failed" && !check_found) {
          failed.add(members_[m].name, records[m].value("error", ""));
          code = static_cast<ExitCode>(records[m].value("exit_code", 1));
        }
      }
      if (answers[i].ok()) answered[m] = real_clock().now();
    }
    if (std::any_of(answers.begin(), answers.end(), [](const AgentAnswer& a) { return !a.ok(); }))
      pause(kLookAgain, {});  // who is not there is refused at once
    open = static_cast<std::size_t>(std::count_if(
        members_.begin(), members_.begin() + static_cast<std::ptrdiff_t>(count), [&](const Member& member) {
          const auto m = static_cast<std::size_t>(&member - members_.data());
          return !member.task.empty() && records[m].is_null();
        }));
  }
  if (stop.stop_requested() && failed.none()) throw Error("interrupted", ExitCode::interrupted);
  if (!failed.none()) throw Error(failed.text(), stop.stop_requested() ? ExitCode::interrupted : code);
  return records;
}

void Fleet::prepare(std::stop_token stop) {
  if (setup_.driver->info().in_process) return;  // each agent does so in its run
  const TimePoint begin = real_clock().now();
  // What is there is dropped once, before any of them loads its shard.
  if (const Options& options = setup_.request.workload_options;
      options.find(kDropData) != nullptr && options.flag(kDropData))
    carry_out("cleanup", 1, stop);
  carry_out("prepare", members_.size(), stop);
  observer_.progress().note(
      fmt::format("{} agents prepared in {:.1f} s", members_.size(), to_seconds(real_clock().now() - begin)));
}

CheckOutcome Fleet::check(std::stop_token stop) {
  CheckOutcome out;
  const std::vector<json> records = carry_out("check", members_.size(), stop);
  for (std::size_t m = 0; m < records.size(); m++) {
    const json& check = records[m].at("check");
    out.conditions = std::max(out.conditions, check.at("conditions").get<std::uint64_t>());
    for (const json& finding : check.at("findings"))
      out.findings.push_back(
          {.condition = finding.at("condition").get<std::string>(),
           .text = fmt::format("{} (agent {})", finding.at("text").get<std::string>(), members_[m].name),
           .rows = finding.at("rows").get<std::vector<std::string>>(),
           .violations = finding.at("violations").get<std::uint64_t>()});
  }
  return out;
}

void Fleet::cleanup(std::stop_token stop) { carry_out("cleanup", 1, stop); }

RunPlan Fleet::plan() {
  RunPlan plan = plan_without_groups(setup_, members_.size());
  std::vector<AgentRequest> requests;
  for (std::size_t m = 0; m < members_.size(); m++)
    requests.push_back({.agent = m,
                        .method = "POST",
                        .path = "/api/v1/describe?groups=true",
                        .body = task_body("run", m, nullptr).dump(),
                        .timeout = std::chrono::seconds(60)});
  const std::vector<AgentAnswer> answers = clients_.ask(requests);
  Failures failed;
  for (std::size_t m = 0; m < members_.size(); m++)
    if (!answers[m].ok()) failed.add(members_[m].name, answers[m].failure);
  if (!failed.none()) throw Error(failed.text(), answers[0].status == 400 ? ExitCode::usage : ExitCode::unreachable);
  for (std::size_t m = 0; m < members_.size(); m++) add_groups(plan, setup_, answers[m].json.at("groups"), m == 0);
  in_force_ = answers[0].json.at("in_force").get<std::map<std::string, std::string>>();
  planned_schedule_ = plan.groups.front().schedule.describe();
  return plan;
}

/// What is needed to take the run up again: the command as it was given, of this one run of it.
json Fleet::whole_request(const RunPlan& plan) const {
  json options = json::object();
  const JobRequest& request = setup_.request;
  for (const Options* table : {&request.common, &request.job, &request.own, &request.workload_options})
    for (const OptionSpec& spec : table->table())
      if (const std::string name(spec.name); table->given(name) && !kNotOfRun.contains(name))
        options[name] = table->text(name);
  for (const auto& [name, text] : task_body("run", 0, &plan).at("options").items())
    if (name == "rate" || name == "arrival" || name == "duration") options[name] = text;
  for (const auto& [name, conditions] : options_.conditions) options[name] = conditions;
  return options;
}

void Fleet::hold_run(const RunPlan& plan, const std::stop_token& stop) {
  run_id_ = result_id(real_clock().wall(), setup_.type->info().name, setup_.driver->info().name, unique_part());
  json whole{{"id", run_id_}, {"agents", members_.size()}, {"options", whole_request(plan)}};
  if (!options_.benchmark.empty()) whole["benchmark"] = options_.benchmark;
  std::vector<AgentRequest> requests;
  for (std::size_t m = 0; m < members_.size(); m++) {
    members_[m].begin_anew();
    json body = task_body("run", m, &plan);
    body["hold"] = true;
    body["run"] = whole;
    requests.push_back({.agent = m, .method = "POST", .path = "/api/v1/tasks", .body = body.dump()});
  }
  const std::vector<AgentAnswer> started = clients_.ask(requests);
  Failures failed;
  ExitCode code = ExitCode::unreachable;
  for (std::size_t m = 0; m < members_.size(); m++) {
    if (started[m].ok()) {
      members_[m].task = started[m].json.at("id").get<std::string>();
      continue;
    }
    if (started[m].status == 400) code = ExitCode::usage;
    failed.add(members_[m].name, started[m].failure);
  }
  const TimePoint limit = real_clock().now() + kOpening;
  for (bool all_ready = false; failed.none() && !all_ready && !stop.stop_requested();) {
    requests.clear();
    for (std::size_t m = 0; m < members_.size(); m++)
      if (members_[m].state != "ready") requests.push_back({.agent = m, .path = "/api/v1/tasks/" + members_[m].task});
    const std::vector<AgentAnswer> answers = clients_.ask(requests);
    for (std::size_t i = 0; i < requests.size(); i++) {
      Member& member = members_[requests[i].agent];
      if (answers[i].ok()) member.state = answers[i].json.value("state", "");
      if (has_ended(answers[i].json) || !answers[i].ok()) {
        failed.add(member.name, answers[i].ok() ? answers[i].json.value("error", "") : answers[i].failure);
        if (answers[i].ok()) code = static_cast<ExitCode>(answers[i].json.value("exit_code", 1));
      }
    }
    all_ready = std::all_of(members_.begin(), members_.end(), [](const Member& m) { return m.state == "ready"; });
    if (!all_ready && real_clock().now() > limit)
      for (const Member& member : members_)
        if (member.state != "ready")
          failed.add(member.name, fmt::format("was not ready within {}", format_duration(kOpening)));
    if (!all_ready) pause(kLookAgain, stop);
  }
  if (failed.none() && !stop.stop_requested()) return;
  stop_tasks(clients_, members_);
  if (stop.stop_requested()) throw Error("interrupted", ExitCode::interrupted);
  throw Error(failed.text(), code);
}

RunOutcome Fleet::run(const RunPlan& plan, std::stop_token stop, RunObserver& observer) {
  hold_run(plan, stop);
  begin_ = begin_together(clients_, members_);
  Watch watch(plan, observer, clients_, members_, options_.loss, begin_, control_);
  watch.follow(stop);
  return watch.gather();
}

Statements Fleet::conclude(const RunPlan& plan, const RunOutcome& outcome) {
  std::string why;
  Statements out = conclude_whole(clients_, members_, plan, outcome, why);
  if (!why.empty()) observer_.progress().note("the figures of the workload could not be had: " + why);
  return out;
}

void Fleet::complete(Document& document) { add_agents(document, members_, begin_); }

}  // namespace assay::coordinator
