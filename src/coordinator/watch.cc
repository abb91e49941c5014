#include "coordinator/watch.h"

#include "job/outcome.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace assay::coordinator {
namespace {

using nlohmann::json;

constexpr Nanos kLook = std::chrono::milliseconds(100), kPoll = std::chrono::milliseconds(250),
                kPollForEnd = std::chrono::milliseconds(100);
constexpr Nanos kTick = std::chrono::seconds(1);
constexpr std::size_t kMostPieces = 500;  // of an answer, as the agent has it
constexpr Nanos kPollTimeout = std::chrono::seconds(2);
constexpr Nanos kHandOver = std::chrono::milliseconds(200);
constexpr Nanos kStopping = std::chrono::seconds(30);

TimePoint on_our_clock(WallTime at) {
  const Instant here = read_together(real_clock());
  return here.now + (at - here.wall);
}

}  // namespace

void pause(Nanos time, const std::stop_token& stop) {
  const TimePoint end = real_clock().now() + time;
  while (!stop.stop_requested() && real_clock().now() < end)
    std::this_thread::sleep_for(std::min(Nanos(std::chrono::milliseconds(20)), end - real_clock().now()));
}

void stop_tasks(AgentClients& clients, const std::vector<Member>& members) {
  std::vector<AgentRequest> requests;
  for (std::size_t m = 0; m < members.size(); m++)
    if (!members[m].task.empty())
      requests.push_back({.agent = m,
                          .method = "POST",
                          .path = "/api/v1/tasks/" + members[m].task + "/stop",
                          .timeout = kPollTimeout});
  clients.ask(requests);
}

Watch::Watch(const RunPlan& plan, RunObserver& observer, AgentClients& clients, std::vector<Member>& members,
             LossRule rule, WallTime begin, RunControl* control)
    : plan_(plan),
      observer_(observer),
      clients_(clients),
      members_(members),
      rule_(rule),
      begin_(begin),
      start_(on_our_clock(begin)),
      measure_begin_(plan.ramp_up + plan.warmup),
      measure_end_(plan.duration == Nanos::max() ? TimePoint::max() : start_ + measure_begin_ + plan.duration),
      live_(plan, members.size()),
      changes_(control, plan, clients),
      told_(start_) {
  std::vector<std::string> tasks;
  for (Member& member : members_) {
    member.answered = std::max(start_, real_clock().now());
    tasks.push_back(member.task);
  }
  changes_.begin(start_, std::move(tasks));
}

Phase Watch::phase(TimePoint at) const {
  const Nanos since = since_start(at);
  return since < plan_.ramp_up    ? Phase::ramp
         : since < measure_begin_ ? Phase::warmup
         : at < measure_end_      ? Phase::measure
                                  : Phase::drain;
}

void Watch::note(Event event) {
  observer_.event(event);
  events_.push_back(std::move(event));
}

void Watch::stop_run(TimePoint now, bool partial) {
  stopping_ = true;
  partial_ = partial_ || partial;
  stopped_at_ = now;
  stop_tasks(clients_, members_);
}

void Watch::take_pieces(std::size_t m, const json& answer, TimePoint at) {
  Member& member = members_[m];
  if (member.lost_since) {  // it is back
    events_.push_back({since_start(*member.lost_since), at - *member.lost_since, "agent_lost",
                       fmt::format("{} did not answer: {}", member.name, member.lost)});
    member.lost_since.reset();
    member.lost.clear();
  }
  member.answered = at;
  live_.tell_cpu(m, from_seconds(answer.value("cpu_s", 0.0)), at);
  const json& pieces = answer.at("pieces");
  for (const json& piece : pieces) live_.add(m, json::parse(piece.get<std::string>()), observer_);
  member.seen = answer.at("last").get<std::uint64_t>();
  // Its state is from before its pieces; a full answer is perhaps not all of them.
  if (pieces.size() < kMostPieces && has_ended(answer)) member.state = "ended";
}

/// Agents close an interval each second, and it is asked for a little later, once; before the begin, and behind the end or when
/// it is not known, they are asked more often.
bool Watch::is_time_to_poll(TimePoint now) const {
  const bool any_moment = measure_end_ == TimePoint::max() && plan_.count > 0;
  if (now >= measure_end_ || stopping_) return now - polled_ >= kPollForEnd;
  if (now < start_ || any_moment) return now - polled_ >= kPoll;
  return since_start(now) % kTick >= kHandOver && since_start(now) / kTick != since_start(polled_) / kTick;
}

/// Asks all for what they measured since the last time.
void Watch::poll() {
  std::vector<AgentRequest> requests;
  for (std::size_t m = 0; m < members_.size(); m++)
    if (members_[m].task.empty()) {  // it did not answer when the run was taken up
      if (!members_[m].lost_since) members_[m].lost_since = members_[m].answered;
    } else if (members_[m].state != "ended") {
      requests.push_back(
          {.agent = m,
           .path = fmt::format("/api/v1/tasks/{}/intervals?since={}", members_[m].task, members_[m].seen),
           .timeout = kPollTimeout});
    }
  const std::vector<AgentAnswer> answers = clients_.ask(requests);
  const TimePoint asked = polled_ = real_clock().now();
  for (std::size_t i = 0; i < requests.size(); i++) {
    Member& member = members_[requests[i].agent];
    if (answers[i].ok()) {
      take_pieces(requests[i].agent, answers[i].json, asked);
    } else if (!member.lost_since && asked - member.answered >= rule_.patience) {
      member.lost_since = member.answered;
      member.lost = answers[i].failure;
      observer_.event(
          {since_start(member.answered), Nanos(0), "agent_lost", fmt::format("{}: {}", member.name, member.lost)});
      if (rule_.stop && !stopping_) stop_run(asked, true);
    }
  }
}

void Watch::pass_on_changes() {
  const TimePoint now = real_clock().now();
  std::vector<bool> there;
  for (const Member& member : members_)
    there.push_back(member.state != "ended" && now - member.answered < kTick + kPoll);
  // What the run ends before is no event.
  for (Event& event : changes_.carry_out(since_start(now), there))
    if (event.at < since_start(measure_end_)) note(std::move(event));
}

void Watch::name_agents(std::vector<LiveAgent>& agents) const {
  for (std::size_t m = 0; m < members_.size(); m++) {
    const Member& member = members_[m];
    agents[m].name = member.name;
    agents[m].clock_offset = member.clock_offset;
    agents[m].state = member.state == "ended" ? LiveAgent::State::ended
                      : member.lost_since     ? LiveAgent::State::lost
                                              : LiveAgent::State::running;
  }
}

void Watch::tell_live(TimePoint now) {
  const Nanos left = measure_end_ == TimePoint::max() ? Nanos::max() : std::max(Nanos(0), measure_end_ - now);
  const TimePoint until = stopping_ ? std::min(measure_end_, stopped_at_) : measure_end_;
  Live live = live_.take_live(phase(now), since_start(now), left,
                              until == TimePoint::max() ? Nanos::max() : since_start(until));
  name_agents(live.agents);
  observer_.live(live);
  told_ = now;
}

/// The live figures once a second, and whether the run is to end.
void Watch::tell() {
  const TimePoint now = real_clock().now();
  const Nanos since = since_start(now);
  if (now < start_ || now - told_ < kTick || since % kTick < kHandOver) return;
  tell_live(now);
  const Nanos whole = since / kTick * kTick;
  if (phase(now) != Phase::measure || whole <= measure_begin_ || stopping_) return;
  SoFar so_far{
      .groups = live_.merged(), .events = events_, .measure_begin = measure_begin_, .measured = whole - measure_begin_};
  for (const Member& member : members_)
    if (member.lost_since)
      so_far.events.push_back({since_start(*member.lost_since), now - *member.lost_since, "agent_lost", member.name});
  if (const std::optional<Ending> ending = observer_.ends_for(so_far)) {
    note({since, Nanos(0), ending->kind, ending->text});
    stop_run(now, ending->partial);
  }
}

/// Whether anything more is waited for: agents that are lost are, as long as the run lasts.
bool Watch::is_over() const {
  const auto ended = [](const Member& m) { return m.state == "ended"; };
  if (std::all_of(members_.begin(), members_.end(), ended)) return true;
  const TimePoint now = real_clock().now();
  const bool timed = measure_end_ != TimePoint::max();
  const bool late =
      (timed && now > measure_end_ + plan_.drain + kStopping) || (stopping_ && now > stopped_at_ + kStopping);
  if (late) return true;
  const bool others_ended =
      std::all_of(members_.begin(), members_.end(), [&](const Member& m) { return ended(m) || m.lost_since; });
  return others_ended && (stopping_ || !timed || now > measure_end_ + rule_.patience);
}

void Watch::follow(const std::stop_token& stop) {
  while (!is_over()) {
    if (stop.stop_requested() && !stopping_) {
      const TimePoint now = real_clock().now();
      note({since_start(now), Nanos(0), "interrupted", "stopped by the coordinator"});
      stop_run(now, true);
    }
    if (is_time_to_poll(real_clock().now())) poll();
    pass_on_changes();
    tell();
    if (!is_over()) pause(kLook, stopping_ ? std::stop_token() : stop);
  }
  tell_live(real_clock().now());  // so that what was told adds up to what was done
}

RunOutcome Watch::gather() {
  const TimePoint done = real_clock().now();
  for (Member& member : members_) {
    if (member.state == "ended") continue;
    if (!member.lost_since) member.lost_since = member.answered;
    if (member.lost.empty()) member.lost = "it did not end";
    events_.push_back(
        {since_start(*member.lost_since), std::max(Nanos(1), done - *member.lost_since), "agent_lost",
         fmt::format("{} is lost: {}; what it told until then is in the result", member.name, member.lost)});
  }
  std::vector<RunOutcome> parts = fetch_results();
  for (Event& change : changes_.take_out(parts)) events_.push_back(std::move(change));
  std::vector<std::string> names;
  names.reserve(members_.size());
  for (const Member& member : members_) names.push_back(member.name);
  RunOutcome outcome = merged(parts, names);
  // Agents that are stopped because the figures were steady were not interrupted.
  const bool ended_well = stopping_ && !partial_;
  if (ended_well) std::erase_if(outcome.events, [](const Event& e) { return e.kind == "interrupted"; });
  outcome.partial = !ended_well && (outcome.partial || partial_);
  const Nanos measured = outcome.ramp_up + outcome.warmup + outcome.measure, end = measured + outcome.drain;
  std::erase_if(events_, [&](const Event& e) { return e.kind == "change" && e.at > measured; });
  for (Event& event : events_) {
    if (event.kind != "agent_lost") continue;  // it is, or was, lost for longer than the run lasted
    event.at = std::min(event.at, std::max(Nanos(0), end - Nanos(1)));
    event.length = std::min(event.length, end - event.at);
  }
  outcome.events.insert(outcome.events.end(), events_.begin(), events_.end());
  std::stable_sort(outcome.events.begin(), outcome.events.end(),
                   [](const Event& a, const Event& b) { return a.at < b.at; });
  return outcome;
}

std::vector<RunOutcome> Watch::fetch_results() {
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
  RunOutcome phases;
  bool any = false;
  for (const Member& member : members_) {
    if (!member.result) continue;
    any = true;
    const RunOutcome outcome = outcome_of(*member.result);
    for (Nanos RunOutcome::*length :
         {&RunOutcome::ramp_up, &RunOutcome::warmup, &RunOutcome::measure, &RunOutcome::drain})
      phases.*length = std::max(phases.*length, outcome.*length);
  }
  if (!any) phases = phases_told();
  std::vector<RunOutcome> parts;
  parts.reserve(members_.size());
  for (std::size_t m = 0; m < members_.size(); m++)
    parts.push_back(members_[m].result ? outcome_of(*members_[m].result) : told_by(m, phases));
  return parts;
}

/// As far as they answered.
RunOutcome Watch::phases_told() const {
  TimePoint last = start_;
  for (const Member& member : members_) last = std::max(last, member.answered);
  RunOutcome out;
  Nanos left = last - start_;
  const auto take = [&left](Nanos most) {
    const Nanos length = std::min(most, left);
    left -= length;
    return length;
  };
  out.ramp_up = take(plan_.ramp_up);
  out.warmup = take(plan_.warmup);
  out.measure = take(plan_.duration);
  out.drain = left;
  return out;
}

RunOutcome Watch::told_by(std::size_t m, const RunOutcome& phases) {
  RunOutcome told = live_.of_agent(m);
  told.started = begin_;
  told.ended = real_clock().wall();
  told.ramp_up = phases.ramp_up;
  told.warmup = phases.warmup;
  told.measure = phases.measure;
  told.drain = phases.drain;
  Member& member = members_[m];
  member.told = {};
  for (std::size_t g = 0; g < told.groups.size(); g++) {
    const GroupStats& measured = told.groups[g].phases[static_cast<std::size_t>(Phase::measure)];
    for (std::size_t o = 0; o < measured.operations.size(); o++)
      if (!plan_.groups[g].group.operations[o].nested) member.told.add(measured.operations[o]);
  }
  return told;
}

}  // namespace assay::coordinator
