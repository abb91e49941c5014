#include "coordinator/fleet.h"

#include "base/error.h"
#include "base/units.h"
#include "coordinator/instant.h"
#include "coordinator/shared_plan.h"
#include "coordinator/shared_progress.h"
#include "coordinator/task_bodies.h"
#include "coordinator/watch.h"
#include "coordinator/whole.h"
#include "core/shared_options.h"
#include "job/groups.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace assay::coordinator {
namespace {

using nlohmann::json;

constexpr Nanos kLookAgain = std::chrono::milliseconds(50);
constexpr Nanos kOpening = std::chrono::minutes(2);  // how long agents may take to open their sessions

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
  const auto require_for_each = [&](const Options& own, std::string_view of) {
    for (const TooLittle& wrong : too_little_for(members_.size(), own))
      throw Error(fmt::format("{}{}", of, wrong.text));
  };
  require_for_each(setup_.own(), "");
  for (const GroupPart& part : setup_.parts) require_for_each(part.setup->own(), fmt::format("group {}: ", part.name));
  if (setup_.shard.count > 1) throw Error("--shard and --agents: the coordinator gives each agent its shard");
}

ServerFacts Fleet::facts() {
  std::vector<AgentRequest> requests;
  for (std::size_t m = 0; m < members_.size(); m++) requests.push_back({.agent = m, .path = "/api/v1/catalogue"});
  Failures gone, twice;
  std::set<std::string> versions;
  std::map<std::string, std::string> processes;  // the name of each
  const std::vector<AgentAnswer> answers = clients_.ask(requests);
  for (std::size_t m = 0; m < members_.size(); m++) {
    if (!answers[m].ok()) {
      gone.add(members_[m].name, answers[m].failure);
      continue;
    }
    versions.insert(answers[m].json.value("version", "?"));
    const std::string process = answers[m].json.value("process", members_[m].name);
    if (const auto [one, fresh] = processes.emplace(process, members_[m].name); !fresh)
      twice.add(members_[m].name,
                fmt::format("it is the same agent as {}; expected the address of each agent once", one->second));
  }
  if (!gone.none()) throw Error(gone.text(), ExitCode::unreachable);
  if (!twice.none()) throw Error(twice.text());
  if (versions.size() > 1 || *versions.begin() != ASSAY_VERSION)
    throw Error(fmt::format("the agents are of the versions {}, and this is {}; expected one version",
                            fmt::join(versions, ", "), ASSAY_VERSION));
  measure_clocks(clients_, members_);
  const bool prepares = setup_.request.verb == kRun && setup_.own().flag("prepare");
  const AgentAnswer described = clients_.ask_one(
      {.agent = 0,
       .method = "POST",
       .path = "/api/v1/describe",
       .body = task_body(setup_, prepares ? "prepare" : verb_name(setup_.request.verb), 0, members_.size()).dump()});
  if (!described.ok())
    throw Error(fmt::format("agent {}: {}", members_[0].name, described.failure),
                described.status == 400 ? ExitCode::usage : ExitCode::unreachable);
  const auto facts_in = [](const json& server) -> ServerFacts {
    return {.server = server.at("name").get<std::string>(),
            .version = server.at("version").get<std::string>(),
            .settings = server.at("settings").get<std::map<std::string, std::string>>()};
  };
  part_facts_.clear();
  for (const GroupPart& part : setup_.parts)
    part_facts_.push_back(facts_in(described.json.at("servers").at(part.name)));
  return facts_in(described.json.at("server"));
}

std::vector<json> Fleet::carry_out(std::string_view verb, std::size_t count, const std::stop_token& stop,
                                   const Which& which) {
  std::vector<AgentRequest> requests;
  for (std::size_t m = 0; m < count; m++)
    requests.push_back({.agent = m,
                        .method = "POST",
                        .path = "/api/v1/tasks",
                        .body = task_body(setup_, verb, m, members_.size(), which).dump()});
  std::vector<AgentAnswer> started = clients_.ask(requests);
  Failures failed;
  ExitCode code = ExitCode::usage;
  for (std::size_t m = 0; m < count; m++) {
    members_[m].task = started[m].ok() ? started[m].json.at("id").get<std::string>() : "";
    if (!started[m].ok()) failed.add(members_[m].name, started[m].failure);
    if (!started[m].ok() && started[m].status != 400) code = ExitCode::unreachable;
  }
  std::vector<json> records(count);
  bool stopping = false;
  SharedProgress progress(observer_.progress(), count);
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
      if (!answers[i].ok()) continue;
      answered[m] = real_clock().now();
      progress.take(m, answers[i].json);
    }
    progress.tell();
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

namespace {

/// Whether its data outlives a task: else each agent makes its own in its run.
bool keeps_data(const JobSetup& load) { return !load.driver->info().in_process; }

bool some_load(const JobSetup& setup, const Which& which) {
  const std::vector<const JobSetup*> loads = setup.loads();
  return std::any_of(loads.begin(), loads.end(), [&](const JobSetup* load) { return which(*load); });
}

}  // namespace

void Fleet::prepare(std::stop_token stop) {
  if (!some_load(setup_, keeps_data)) {
    if (setup_.request.verb != kPrepare) return;
    throw Error(fmt::format("the data of {} is in the process of each agent, which makes it in a run with --prepare",
                            setup_.driver->info().name));
  }
  const Which dropped = [](const JobSetup& load) { return keeps_data(load) && load.drops_data(); };
  const TimePoint begin = real_clock().now();
  // What is there is dropped once, before any of them loads its shard.
  if (some_load(setup_, dropped)) carry_out("cleanup", 1, stop, dropped);
  carry_out("prepare", members_.size(), stop, keeps_data);
  observer_.progress().note(
      fmt::format("{} agents prepared in {:.1f} s", members_.size(), to_seconds(real_clock().now() - begin)));
}

CheckOutcome Fleet::check(std::stop_token stop) {
  if (!some_load(setup_, keeps_data))
    throw Error(fmt::format("a check by agents: the data of {} is in the process of each, and gone when its run ends",
                            setup_.driver->info().name));
  CheckOutcome out;
  const std::vector<json> records = carry_out("check", members_.size(), stop, keeps_data);
  for (std::size_t m = 0; m < records.size(); m++) {
    const json& check = records[m].at("check");
    out.conditions = std::max(out.conditions, check.at("conditions").get<std::uint64_t>());
    // Of the whole, or each of what is its own.
    if (const auto looked_at = check.at("looked_at").get<std::string>(); out.looked_at.empty())
      out.looked_at = looked_at;
    else if (out.looked_at.find(looked_at) == std::string::npos)
      out.looked_at += "; " + looked_at;
    for (const json& finding : check.at("findings"))
      out.findings.push_back(
          {.condition = finding.at("condition").get<std::string>(),
           .text = fmt::format("{} (agent {})", finding.at("text").get<std::string>(), members_[m].name),
           .rows = finding.at("rows").get<std::vector<std::string>>(),
           .violations = finding.at("violations").get<std::uint64_t>()});
  }
  for (const GroupPart& part : setup_.parts)
    if (!keeps_data(*part.setup))
      out.looked_at += fmt::format("; not the data of {}, which each agent has in its process", part.name);
  return out;
}

void Fleet::cleanup(std::stop_token stop) {
  if (some_load(setup_, keeps_data)) carry_out("cleanup", 1, stop, keeps_data);
}

RunPlan Fleet::plan() {
  RunPlan plan = plan_without_groups(setup_, members_.size());
  std::vector<AgentRequest> requests;
  for (std::size_t m = 0; m < members_.size(); m++)
    requests.push_back({.agent = m,
                        .method = "POST",
                        .path = "/api/v1/describe?groups=true",
                        .body = task_body(setup_, "run", m, members_.size()).dump(),
                        .timeout = std::chrono::seconds(60)});
  const std::vector<AgentAnswer> answers = clients_.ask(requests);
  Failures failed;
  for (std::size_t m = 0; m < members_.size(); m++)
    if (!answers[m].ok()) failed.add(members_[m].name, answers[m].failure);
  if (!failed.none()) throw Error(failed.text(), answers[0].status == 400 ? ExitCode::usage : ExitCode::unreachable);
  for (std::size_t m = 0; m < members_.size(); m++) add_groups(plan, setup_, answers[m].json.at("groups"), m == 0);
  first_ = first_groups(plan);
  in_force_ = answers[0].json.at("in_force").get<std::map<std::string, std::string>>();
  planned_schedule_ = plan.groups.front().schedule.describe();
  return plan;
}

void Fleet::hold_run(const RunPlan& plan, const std::stop_token& stop) {
  // Of the job and its result, and each further one of a search its own: "ID.2".
  const std::string run = ++runs_ == 1 ? setup_.id : fmt::format("{}.{}", setup_.id, runs_);
  const json whole = whole_run({.id = run,
                                .agents = members_.size(),
                                .benchmark = options_.benchmark,
                                .conditions = options_.conditions,
                                .commands = options_.commands,
                                .stop_on_loss = options_.loss.stop},
                               setup_, plan, planned_schedule_);
  std::vector<AgentRequest> requests;
  for (std::size_t m = 0; m < members_.size(); m++) {
    members_[m].begin_anew();
    json body = task_body(setup_, "run", m, members_.size());
    set_searched(body["options"], setup_, plan, planned_schedule_);
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
  const WallTime begin = begin_together(clients_, members_);
  Watch watch(plan, observer, clients_, members_, options_.loss, begin, control_);
  watch.follow(stop);
  return watch.gather();
}

Statements Fleet::conclude(const RunPlan& plan, const RunOutcome& outcome) {
  return conclude_whole(clients_, members_, plan, outcome, no_figures_);
}

void Fleet::complete(Document& document) {
  if (!setup_.parts.empty()) describe_parts(document, setup_, first_, part_facts_, in_force_);
  add_agents(document, members_);
  if (!no_figures_.empty()) add_unjudged(document, no_figures_);
}

}  // namespace assay::coordinator
