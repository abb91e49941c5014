#include "coordinator/fleet.h"

#include "base/error.h"
#include "base/units.h"
#include "coordinator/live_run.h"
#include "core/url.h"
#include "job/document.h"
#include "job/load_options.h"
#include "job/outcome.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <thread>

namespace assay::coordinator {
namespace {

using nlohmann::json;

constexpr Nanos kPoll = std::chrono::milliseconds(250), kTick = std::chrono::seconds(1);
constexpr Nanos kHeadStart = std::chrono::milliseconds(500), kPollTimeout = std::chrono::seconds(2);
constexpr Nanos kHandOver = std::chrono::milliseconds(150);
constexpr Nanos kOpening = std::chrono::minutes(2);  // how long agents may take to open their sessions
constexpr Nanos kStopping = std::chrono::seconds(30);
constexpr Nanos kLateNotice = std::chrono::milliseconds(50);
constexpr int kClockSamples = 7;

/// What the coordinator does itself, or what is of its own command line.
const std::set<std::string, std::less<>> kNotForAgents{"prepare",
                                                       "check",
                                                       "cleanup",
                                                       "strict",
                                                       "fail-if",
                                                       "abort-if",
                                                       "until-steady",
                                                       "steady-limit",
                                                       "find-max",
                                                       "json",
                                                       "find-max-precision",
                                                       "find-max-steps",
                                                       "result",
                                                       "encrypt-to",
                                                       "quiet",
                                                       "shard",
                                                       "agents",
                                                       "agent-token-file",
                                                       "agent-ca",
                                                       "on-agent-loss",
                                                       "target"};

std::string instant(WallTime at) { return std::to_string(at.time_since_epoch().count()); }

/// Sleeps unless a stop is asked for.
void pause(Nanos time, const std::stop_token& stop) {
  const TimePoint end = real_clock().now() + time;
  while (!stop.stop_requested() && real_clock().now() < end)
    std::this_thread::sleep_for(std::min(Nanos(std::chrono::milliseconds(20)), end - real_clock().now()));
}

bool ended(const json& task) {
  const std::string state = task.value("state", "");
  return state == "done" || state == "failed" || state == "stopped";
}

Requirement::Verdict verdict_from(const std::string& text) {
  for (const auto verdict :
       {Requirement::Verdict::pass, Requirement::Verdict::fail, Requirement::Verdict::not_applicable})
    if (to_string(verdict) == text) return verdict;
  return Requirement::Verdict::not_applicable;
}

}  // namespace

struct Fleet::Member {
  std::string name = {}, task = {};  // task: the ID of the one under way
  std::string lost = {};             // why; empty: it is there
  std::optional<TimePoint> lost_since = {};
  TimePoint answered{};
  std::uint64_t seen = 0;  // number of the last piece
  std::string state = {};
  Nanos clock_offset{}, clock_error{};
  std::optional<Document> result = {};
};

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

Fleet::Fleet(const JobSetup& setup, FleetOptions options, JobObserver& observer)
    : setup_(setup),
      options_(std::move(options)),
      observer_(observer),
      clients_(
          [&] {
            std::vector<std::string> urls;
            for (const std::string& address : options_.addresses) urls.push_back(agent_url(address));
            return urls;
          }(),
          options_.token, options_.ca_file) {
  std::set<std::string> names;
  for (const std::string& address : options_.addresses) {
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

Fleet::~Fleet() = default;

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

void Fleet::measure_clocks() {
  for (std::size_t m = 0; m < members_.size(); m++) {
    Nanos best = Nanos::max();
    for (int i = 0; i < kClockSamples; i++) {
      const TimePoint sent = real_clock().now();
      const WallTime before = real_clock().wall();
      const AgentAnswer answer = clients_.ask_one({.agent = m, .path = "/api/v1/time"});
      const Nanos took = real_clock().now() - sent;
      if (!answer.ok())
        throw Error(fmt::format("agent {}: {}", members_[m].name, answer.failure), ExitCode::unreachable);
      // As NTP has it: the answer was made in the middle, give or take half of the time it took.
      if (took >= best) continue;
      best = took;
      const WallTime there(Nanos(std::stoll(answer.json.at("unix_ns").get<std::string>())));
      members_[m].clock_offset = there - (before + took / 2);
      members_[m].clock_error = took / 2;
    }
  }
}

ServerFacts Fleet::facts() {
  std::vector<AgentRequest> requests;
  for (std::size_t m = 0; m < members_.size(); m++) requests.push_back({.agent = m, .path = "/api/v1/catalogue"});
  std::string gone;
  std::set<std::string> versions;
  const std::vector<AgentAnswer> answers = clients_.ask(requests);
  for (std::size_t m = 0; m < members_.size(); m++) {
    if (answers[m].ok())
      versions.insert(answers[m].json.value("version", "?"));
    else
      gone += fmt::format("{}agent {}: {}", gone.empty() ? "" : "\n", members_[m].name, answers[m].failure);
  }
  if (!gone.empty()) throw Error(gone, ExitCode::unreachable);
  if (versions.size() > 1 || *versions.begin() != ASSAY_VERSION)
    throw Error(fmt::format("the agents are of the versions {}, and this is {}; expected one version",
                            fmt::join(versions, ", "), ASSAY_VERSION));
  measure_clocks();
  const AgentAnswer described =
      clients_.ask_one({.agent = 0,
                        .method = "POST",
                        .path = "/api/v1/describe",
                        .body = task_body(setup_.own().flag("prepare") ? "prepare" : "run", 0, nullptr).dump()});
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
  std::string failed;
  for (std::size_t m = 0; m < count; m++) {
    members_[m].task = started[m].ok() ? started[m].json.at("id").get<std::string>() : "";
    if (!started[m].ok())
      failed += fmt::format("{}agent {}: {}", failed.empty() ? "" : "\n", members_[m].name, started[m].failure);
  }
  std::vector<json> records(count);
  ExitCode code = ExitCode::usage;
  bool stopping = false;
  TimePoint last_answer = real_clock().now();
  for (std::size_t open = count; open > 0;) {
    if ((stop.stop_requested() || !failed.empty()) && !stopping) {
      stopping = true;
      stop_all();
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
        if (real_clock().now() - last_answer < options_.patience) continue;
        failed += fmt::format("{}agent {}: {}", failed.empty() ? "" : "\n", members_[m].name, answers[i].failure);
        code = ExitCode::unreachable;
        records[m] = json::object();
      } else if (ended(answers[i].json)) {
        records[m] = answers[i].json;
        const bool check_found = verb == "check" && records[m].contains("check");
        if (records[m].value("state", "") == "failed" && !check_found) {
          failed += fmt::format("{}agent {}: {}", failed.empty() ? "" : "\n", members_[m].name,
                                records[m].value("error", ""));
          code = static_cast<ExitCode>(records[m].value("exit_code", 1));
        }
      }
      if (answers[i].ok()) last_answer = real_clock().now();
    }
    open = static_cast<std::size_t>(std::count_if(
        members_.begin(), members_.begin() + static_cast<std::ptrdiff_t>(count), [&](const Member& member) {
          const auto m = static_cast<std::size_t>(&member - members_.data());
          return !member.task.empty() && records[m].is_null();
        }));
  }
  if (stop.stop_requested() && failed.empty()) throw Error("interrupted", ExitCode::interrupted);
  if (!failed.empty()) throw Error(failed, stop.stop_requested() ? ExitCode::interrupted : code);
  return records;
}

void Fleet::stop_all() {
  std::vector<AgentRequest> requests;
  for (std::size_t m = 0; m < members_.size(); m++)
    if (!members_[m].task.empty())
      requests.push_back({.agent = m,
                          .method = "POST",
                          .path = "/api/v1/tasks/" + members_[m].task + "/stop",
                          .timeout = kPollTimeout});
  clients_.ask(requests);
}

void Fleet::prepare(std::stop_token stop) {
  if (setup_.driver->info().in_process) return;  // each agent does so in its run
  const TimePoint begin = real_clock().now();
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
  RunPlan plan;
  const Options& own = setup_.own();
  plan.seed = setup_.seed;
  plan.ramp_up = own.duration("ramp-up");
  plan.warmup = own.duration("warmup");
  plan.count = static_cast<std::uint64_t>(own.count("count"));
  plan.duration = plan.count > 0 && !own.given("duration") ? Nanos::max() : own.duration("duration");
  plan.drain = own.duration("drain");
  plan.threads = static_cast<int>(own.count("threads")) * static_cast<int>(members_.size());
  const Schedule schedule =
      Schedule::parse(own.text("rate"), own.text("arrival"), own.text("think-time"), plan.ramp_up);
  std::vector<AgentRequest> requests;
  for (std::size_t m = 0; m < members_.size(); m++)
    requests.push_back({.agent = m,
                        .method = "POST",
                        .path = "/api/v1/describe?groups=true",
                        .body = task_body("run", m, nullptr).dump(),
                        .timeout = std::chrono::seconds(60)});
  const std::vector<AgentAnswer> answers = clients_.ask(requests);
  std::string failed;
  for (std::size_t m = 0; m < members_.size(); m++)
    if (!answers[m].ok())
      failed += fmt::format("{}agent {}: {}", failed.empty() ? "" : "\n", members_[m].name, answers[m].failure);
  if (!failed.empty()) throw Error(failed, answers[0].status == 400 ? ExitCode::usage : ExitCode::unreachable);
  for (std::size_t m = 0; m < members_.size(); m++) {
    const json& groups = answers[m].json.at("groups");
    for (std::size_t g = 0; g < groups.size(); g++) {
      if (m == 0) {
        GroupPlan& group = plan.groups.emplace_back();
        group.group.name = groups[g].at("name").get<std::string>();
        for (std::size_t o = 0; o < groups[g].at("operations").size(); o++)
          group.group.operations.push_back(
              {groups[g]["operations"][o].get<std::string>(), "", groups[g].at("nested")[o].get<bool>()});
        group.group.counters = groups[g].at("counters").get<std::vector<std::string>>();
        group.group.triggered = groups[g].at("triggered").get<bool>();
        group.waiting = groups[g].at("fibers").get<bool>() ? Waiting::fiber : Waiting::thread;
        group.clients = group.sessions = 0;
        if (!group.group.triggered) group.schedule = schedule;
      }
      if (g >= plan.groups.size()) throw Error("the agents would run different groups", ExitCode::internal);
      plan.groups[g].clients += groups[g].at("clients").get<std::uint64_t>();
      plan.groups[g].sessions += groups[g].at("sessions").get<std::uint64_t>();
    }
  }
  in_force_ = answers[0].json.at("in_force").get<std::map<std::string, std::string>>();
  planned_schedule_ = schedule.describe();
  return plan;
}

void Fleet::hold_run(const RunPlan& plan, const std::stop_token& stop) {
  std::vector<AgentRequest> requests;
  for (std::size_t m = 0; m < members_.size(); m++) {
    members_[m] = {
        .name = members_[m].name, .clock_offset = members_[m].clock_offset, .clock_error = members_[m].clock_error};
    json body = task_body("run", m, &plan);
    body["hold"] = true;
    requests.push_back({.agent = m, .method = "POST", .path = "/api/v1/tasks", .body = body.dump()});
  }
  const std::vector<AgentAnswer> started = clients_.ask(requests);
  std::string failed;
  ExitCode code = ExitCode::unreachable;
  for (std::size_t m = 0; m < members_.size(); m++) {
    if (started[m].ok()) {
      members_[m].task = started[m].json.at("id").get<std::string>();
      continue;
    }
    if (started[m].status == 400) code = ExitCode::usage;
    failed += fmt::format("{}agent {}: {}", failed.empty() ? "" : "\n", members_[m].name, started[m].failure);
  }
  const TimePoint limit = real_clock().now() + kOpening;
  for (bool all_ready = false; failed.empty() && !all_ready && !stop.stop_requested();) {
    requests.clear();
    for (std::size_t m = 0; m < members_.size(); m++)
      if (members_[m].state != "ready") requests.push_back({.agent = m, .path = "/api/v1/tasks/" + members_[m].task});
    const std::vector<AgentAnswer> answers = clients_.ask(requests);
    for (std::size_t i = 0; i < requests.size(); i++) {
      Member& member = members_[requests[i].agent];
      if (answers[i].ok()) member.state = answers[i].json.value("state", "");
      if (ended(answers[i].json) || !answers[i].ok()) {
        failed += fmt::format("{}agent {}: {}", failed.empty() ? "" : "\n", member.name,
                              answers[i].ok() ? answers[i].json.value("error", "") : answers[i].failure);
        if (answers[i].ok()) code = static_cast<ExitCode>(answers[i].json.value("exit_code", 1));
      }
    }
    all_ready = std::all_of(members_.begin(), members_.end(), [](const Member& m) { return m.state == "ready"; });
    if (!all_ready && real_clock().now() > limit) failed = "the agents were not ready in time";
    if (!all_ready) pause(kPoll / 5, stop);
  }
  if (failed.empty() && !stop.stop_requested()) return;
  stop_all();
  if (stop.stop_requested()) throw Error("interrupted", ExitCode::interrupted);
  throw Error(failed, code);
}

WallTime Fleet::start_all() {
  const WallTime begin = real_clock().wall() + kHeadStart;
  std::vector<AgentRequest> requests;
  for (std::size_t m = 0; m < members_.size(); m++)
    requests.push_back({.agent = m,
                        .method = "POST",
                        .path = "/api/v1/tasks/" + members_[m].task + "/start",
                        .body = json{{"at_unix_ns", instant(begin + members_[m].clock_offset)}}.dump(),
                        .timeout = kPollTimeout});
  const std::vector<AgentAnswer> answers = clients_.ask(requests);
  for (std::size_t m = 0; m < members_.size(); m++) {
    if (answers[m].ok()) continue;
    stop_all();
    throw Error(fmt::format("agent {} did not begin: {}", members_[m].name, answers[m].failure), ExitCode::unreachable);
  }
  return begin;
}

/// A run under way, as the coordinator sees it.
struct Fleet::Watch {
  const RunPlan& plan;
  RunObserver& observer;
  TimePoint start{};
  Nanos measure_begin{};
  TimePoint measure_end{};  // max(): it has no end of its own
  LiveRun live;
  std::vector<Event> events = {};
  bool partial = false, stopping = false;
  TimePoint stopped_at{}, told{};

  Nanos since_start(TimePoint at) const { return at - start; }
  Phase phase(TimePoint at) const {
    const Nanos since = since_start(at);
    return since < plan.ramp_up    ? Phase::ramp
           : since < measure_begin ? Phase::warmup
           : at < measure_end      ? Phase::measure
                                   : Phase::drain;
  }
  void note(Event event) {
    observer.event(event);
    events.push_back(std::move(event));
  }
};

void Fleet::stop_run(Watch& watch, TimePoint now, bool partial) {
  watch.stopping = true;
  watch.partial = watch.partial || partial;
  watch.stopped_at = now;
  stop_all();
}

void Fleet::take_pieces(Watch& watch, std::size_t m, const json& answer, TimePoint at) {
  Member& member = members_[m];
  if (member.lost_since) {  // it is back
    watch.events.push_back({watch.since_start(*member.lost_since), at - *member.lost_since, "agent_lost",
                            fmt::format("{} did not answer: {}", member.name, member.lost)});
    member.lost_since.reset();
    member.lost.clear();
  }
  member.answered = at;
  const json& pieces = answer.at("pieces");
  for (const json& piece : pieces) watch.live.add(m, json::parse(piece.get<std::string>()));
  member.seen = answer.at("last").get<std::uint64_t>();
  if (pieces.empty() && ended(answer)) member.state = "ended";
}

/// Asks all for what they measured since the last time.
void Fleet::poll(Watch& watch) {
  std::vector<AgentRequest> requests;
  for (std::size_t m = 0; m < members_.size(); m++)
    if (members_[m].state != "ended")
      requests.push_back(
          {.agent = m,
           .path = fmt::format("/api/v1/tasks/{}/intervals?since={}", members_[m].task, members_[m].seen),
           .timeout = kPollTimeout});
  const std::vector<AgentAnswer> answers = clients_.ask(requests);
  const TimePoint asked = real_clock().now();
  for (std::size_t i = 0; i < requests.size(); i++) {
    Member& member = members_[requests[i].agent];
    if (answers[i].ok()) {
      take_pieces(watch, requests[i].agent, answers[i].json, asked);
    } else if (!member.lost_since && asked - member.answered >= options_.patience) {
      member.lost_since = member.answered;
      member.lost = answers[i].failure;
      watch.observer.event({watch.since_start(member.answered), Nanos(0), "agent_lost",
                            fmt::format("{}: {}", member.name, member.lost)});
      if (options_.stop_on_loss && !watch.stopping) stop_run(watch, asked, true);
    }
  }
}

/// The live figures once a second, and whether the run is to end.
void Fleet::tell(Watch& watch) {
  const TimePoint now = real_clock().now();
  const Nanos since = watch.since_start(now);
  if (now < watch.start || now - watch.told < kTick || since % kTick < kHandOver) return;
  const Phase phase = watch.phase(now);
  const Nanos left = watch.measure_end == TimePoint::max() ? Nanos::max() : std::max(Nanos(0), watch.measure_end - now);
  watch.observer.live(watch.live.take_live(phase, since, left, now - watch.told));
  watch.told = now;
  const Nanos whole = since / kTick * kTick;
  if (phase != Phase::measure || whole <= watch.measure_begin || watch.stopping) return;
  SoFar so_far{.groups = watch.live.merged(),
               .events = watch.events,
               .measure_begin = watch.measure_begin,
               .measured = whole - watch.measure_begin};
  for (const Member& member : members_)
    if (member.lost_since)
      so_far.events.push_back(
          {watch.since_start(*member.lost_since), now - *member.lost_since, "agent_lost", member.name});
  if (const std::optional<Ending> ending = watch.observer.ends_for(so_far)) {
    watch.note({since, Nanos(0), ending->kind, ending->text});
    stop_run(watch, now, ending->partial);
  }
}

/// Whether anything more is waited for: agents that are lost are, as long as the run lasts.
bool Fleet::is_over(const Watch& watch) const {
  const auto has_ended = [](const Member& m) { return m.state == "ended"; };
  if (std::all_of(members_.begin(), members_.end(), has_ended)) return true;
  const TimePoint now = real_clock().now();
  const bool timed = watch.measure_end != TimePoint::max();
  const bool late = (timed && now > watch.measure_end + watch.plan.drain + kStopping) ||
                    (watch.stopping && now > watch.stopped_at + kStopping);
  if (late) return true;
  const bool others_ended =
      std::all_of(members_.begin(), members_.end(), [&](const Member& m) { return has_ended(m) || m.lost_since; });
  return others_ended && (watch.stopping || !timed || now > watch.measure_end + options_.patience);
}

RunOutcome Fleet::run(const RunPlan& plan, std::stop_token stop, RunObserver& observer) {
  hold_run(plan, stop);
  begin_ = start_all();
  Watch watch{.plan = plan, .observer = observer, .live = LiveRun(plan, members_.size())};
  watch.start = watch.told = real_clock().now() + (begin_ - real_clock().wall());
  watch.measure_begin = plan.ramp_up + plan.warmup;
  watch.measure_end =
      plan.duration == Nanos::max() ? TimePoint::max() : watch.start + watch.measure_begin + plan.duration;
  for (Member& member : members_) member.answered = watch.start;
  while (!is_over(watch)) {
    if (stop.stop_requested() && !watch.stopping) {
      const TimePoint now = real_clock().now();
      watch.note({watch.since_start(now), Nanos(0), "interrupted", "stopped by the coordinator"});
      stop_run(watch, now, true);
    }
    poll(watch);
    tell(watch);
    if (!is_over(watch)) pause(kPoll, watch.stopping ? std::stop_token() : stop);
  }
  return gather(watch);
}

RunOutcome Fleet::gather(Watch& watch) {
  const TimePoint done = real_clock().now();
  for (Member& member : members_) {
    if (member.state == "ended") continue;
    if (!member.lost_since) member.lost_since = member.answered;
    if (member.lost.empty()) member.lost = "it did not end";
    watch.events.push_back(
        {watch.since_start(*member.lost_since), std::max(Nanos(1), done - *member.lost_since), "agent_lost",
         fmt::format("{} is lost: {}; what it told until then is in the result", member.name, member.lost)});
  }
  std::vector<RunOutcome> parts = fetch_results(watch.live);
  std::vector<std::string> names;
  for (const Member& member : members_) names.push_back(member.name);
  RunOutcome outcome = merged(parts, names);
  // Agents that are stopped because the figures were steady were not interrupted.
  const bool ended_well = watch.stopping && !watch.partial;
  if (ended_well) std::erase_if(outcome.events, [](const Event& e) { return e.kind == "interrupted"; });
  outcome.partial = !ended_well && (outcome.partial || watch.partial);
  outcome.events.insert(outcome.events.end(), watch.events.begin(), watch.events.end());
  std::stable_sort(outcome.events.begin(), outcome.events.end(),
                   [](const Event& a, const Event& b) { return a.at < b.at; });
  return outcome;
}

std::vector<RunOutcome> Fleet::fetch_results(LiveRun& live) {
  std::vector<RunOutcome> parts;
  std::vector<AgentRequest> requests;
  for (std::size_t m = 0; m < members_.size(); m++)
    if (members_[m].state == "ended")
      requests.push_back(
          {.agent = m, .path = "/api/v1/tasks/" + members_[m].task + "/result", .timeout = std::chrono::seconds(60)});
  std::vector<AgentAnswer> answers = clients_.ask(requests, true);
  for (std::size_t i = 0; i < requests.size(); i++) {
    Member& member = members_[requests[i].agent];
    if (answers[i].ok())
      member.result = from_json(answers[i].text);
    else
      member.lost = "its result could not be had: " + answers[i].failure;
    answers[i].text = {};
  }
  Nanos ramp{}, warmup{}, measure{}, drain{};
  for (const Member& member : members_)
    if (member.result) {
      const RunOutcome outcome = outcome_of(*member.result);
      ramp = std::max(ramp, outcome.ramp_up);
      warmup = std::max(warmup, outcome.warmup);
      measure = std::max(measure, outcome.measure);
      drain = std::max(drain, outcome.drain);
    }
  for (std::size_t m = 0; m < members_.size(); m++) {
    if (members_[m].result) {
      parts.push_back(outcome_of(*members_[m].result));
      continue;
    }
    RunOutcome& told = parts.emplace_back(live.of_agent(m));
    told.started = begin_;
    told.ended = real_clock().wall();
    told.ramp_up = ramp;
    told.warmup = warmup;
    told.measure = measure > Nanos(0) ? measure : told.ended - begin_ - ramp - warmup;
    told.drain = drain;
  }
  return parts;
}

Statements Fleet::conclude(const RunPlan& plan, const RunOutcome& outcome) {
  Document measured = measured_document(plan, outcome);
  measured.targets.push_back(
      {.name = "main", .driver = {}, .url = {}, .server = {}, .server_version = {}, .settings = {}});
  const std::string whole = to_json(measured);
  std::string why = "no agent is left";
  for (std::size_t m = 0; m < members_.size(); m++) {
    if (!members_[m].result) continue;
    const AgentAnswer answer = clients_.ask_one({.agent = m,
                                                 .method = "POST",
                                                 .path = "/api/v1/tasks/" + members_[m].task + "/conclude",
                                                 .body = whole,
                                                 .timeout = std::chrono::seconds(60)});
    if (!answer.ok()) {
      why = answer.failure;
      continue;
    }
    Statements out;
    for (const json& f : answer.json.at("figures"))
      out.figures.push_back(
          {f.at("name").get<std::string>(), f.at("value").is_number() ? f.at("value").get<double>() : 0,
           f.at("unit").get<std::string>(), f.at("formula").get<std::string>(), f.at("available").get<bool>()});
    for (const json& r : answer.json.at("requirements"))
      out.requirements.push_back({.name = r.at("name").get<std::string>(),
                                  .clause = r.at("clause").get<std::string>(),
                                  .limit = r.at("limit").get<std::string>(),
                                  .actual = r.at("actual").get<std::string>(),
                                  .verdict = verdict_from(r.at("verdict").get<std::string>()),
                                  .decides = r.at("decides").get<bool>(),
                                  .of_data = r.at("of_data").get<bool>()});
    combine_requirements(out);
    return out;
  }
  observer_.progress().note("the figures of the workload could not be had: " + why);
  return {};
}

/// What each agent could say only of its own shard holds of the whole when it holds of all of them.
void Fleet::combine_requirements(Statements& statements) const {
  for (Requirement& whole : statements.requirements) {
    if (whole.verdict != Requirement::Verdict::not_applicable) continue;
    std::vector<std::string> said, against;
    std::size_t judged = 0;
    for (const Member& member : members_) {
      if (!member.result) {
        said.push_back(fmt::format("{}: lost", member.name));
        continue;
      }
      for (const Requirement& own : member.result->requirements) {
        if (own.name != whole.name) continue;
        if (own.verdict != Requirement::Verdict::not_applicable) judged++;
        (own.verdict == Requirement::Verdict::fail ? against : said)
            .push_back(fmt::format("{}: {}", member.name, own.actual));
      }
    }
    if (judged == 0) continue;
    if (!against.empty()) {
      whole.verdict = Requirement::Verdict::fail;
      whole.of_data = whole.decides;
      whole.actual = fmt::format("{}", fmt::join(against, "; "));
    } else if (judged == members_.size()) {
      whole.verdict = Requirement::Verdict::pass;
      whole.actual = fmt::format("{}", fmt::join(said, "; "));
    } else {
      whole.actual = fmt::format("n/a: {}", fmt::join(said, "; "));
    }
  }
}

AgentResult Fleet::agent_result(const Member& member, WallTime begin) const {
  AgentResult out{.name = member.name, .lost = member.lost};
  out.clock_offset = member.clock_offset;
  out.clock_error = member.clock_error;
  if (!member.result) return out;
  const Document& document = *member.result;
  Histogram lag;
  for (const GroupResult& group : document.groups)
    for (const OperationResult& operation : group.operations) {
      if (operation.nested) continue;
      lag.merge(operation.measured().lag);
      out.completed += operation.measured().completed;
      out.errors += operation.measured().errors();
    }
  out.p99_lag = lag.quantile(0.99);
  out.max_lag = lag.max();
  out.late = document.started - member.clock_offset - begin;
  out.own_cost = document.own_cost;
  return out;
}

void Fleet::complete(Document& document) {
  std::uint32_t threads = 0;
  document.agents.clear();
  for (std::size_t m = 0; m < members_.size(); m++) {
    AgentResult agent = agent_result(members_[m], begin_);
    agent.shard = static_cast<std::uint32_t>(m);
    threads += agent.own_cost.threads;
    if (agent.late > kLateNotice + agent.clock_error)
      document.warnings.push_back(
          fmt::format("agent {} began {} after the instant agreed upon", agent.name, format_latency(agent.late)));
    document.agents.push_back(std::move(agent));
  }
  document.own_cost.threads = threads;
  // The load was not what was asked for.
  for (const AgentResult& agent : document.agents) {
    if (agent.lost.empty()) continue;
    if (document.verdict.verdict == Verdict::pass) document.verdict.verdict = Verdict::fail;
    document.verdict.reasons.push_back(fmt::format("the agent {} was lost: {}", agent.name, agent.lost));
  }
}

}  // namespace assay::coordinator
