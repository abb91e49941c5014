#include "coordinator/run_changes.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace assay::coordinator {
namespace {

constexpr Nanos kAhead = std::chrono::milliseconds(500), kAnswerWithin = std::chrono::seconds(2);

/// Clients that all together must have, so that each agent has one for each of its event loops.
std::uint64_t least_clients(const GroupPlan& group, int threads, std::uint32_t agents) {
  std::uint64_t least = agents;
  if (group.waiting != Waiting::fiber) return least;
  for (std::uint32_t i = 0; i < agents; i++) {
    const Shard shard{i, agents};
    const std::uint64_t loops = std::min(
        {static_cast<std::uint64_t>(threads) / agents, shard.share(group.sessions), shard.share(group.clients)});
    if (loops > 0) least = std::max(least, (loops - 1) * agents + i + 1);
  }
  return least;
}

}  // namespace

RunChanges::RunChanges(RunControl* control, const RunPlan& plan, AgentClients& clients)
    : plan_(plan), clients_(clients), control_(control), untold_(clients.count()) {}

void RunChanges::begin(TimePoint at, std::vector<std::string> tasks) {
  tasks_ = std::move(tasks);
  for (const GroupPlan& group : plan_.groups) {
    in_force_.push_back({.schedule = group.schedule.describe(), .clients = group.clients});
    control_.add_group(group.group.name, group.group.triggered,
                       least_clients(group, plan_.threads, static_cast<std::uint32_t>(clients_.count())));
  }
  control_.begin(at);
}

void RunChanges::share_out(const GroupChange& change) {
  shared_++;
  nlohmann::json body{{"group", change.group}, {"at", fmt::format("{}ns", change.at.count())}};
  if (change.remove) body["remove"] = true;
  if (change.schedule) {
    const Schedule::Text text = change.schedule->text();
    if (change.schedule->closed()) {
      body["think_time"] = text.think;
    } else {
      body["rate"] = text.rate;
      body["arrival"] = text.arrival;
    }
  }
  for (std::size_t m = 0; m < untold_.size(); m++) {
    if (change.clients)
      body["clients"] =
          Shard{static_cast<std::uint32_t>(m), static_cast<std::uint32_t>(untold_.size())}.share(*change.clients);
    untold_[m].push_back({.key = fmt::format("change {}", shared_), .body = body.dump()});
  }
}

/// In the order of the instants, as the agents do.
void RunChanges::take_effect(Nanos until, std::vector<Event>& events) {
  const auto past =
      std::find_if(coming_.begin(), coming_.end(), [&](const GroupChange& change) { return change.at > until; });
  for (auto change = coming_.begin(); change != past; ++change)
    for (std::size_t g = 0; g < plan_.groups.size(); g++)
      if (plan_.groups[g].group.name == change->group)
        events.push_back({change->at, Nanos(0), "change", in_force_[g].take(*change)});
  coming_.erase(coming_.begin(), past);
}

std::vector<Event> RunChanges::carry_out(Nanos since_start, const std::vector<bool>& there) {
  std::vector<Event> events;
  if (since_start < Nanos(0)) return events;  // agents take no change before the run begins
  for (GroupChange& change : control_.take(Nanos::max())) {
    change.at = std::max(change.at, since_start + kAhead);
    instants_.insert(change.at);
    share_out(change);
    const auto behind = std::upper_bound(coming_.begin(), coming_.end(), change.at,
                                         [](Nanos at, const GroupChange& other) { return at < other.at; });
    coming_.insert(behind, std::move(change));
  }
  take_effect(since_start, events);
  std::vector<bool> asks = there;
  for (;;) {  // each agent is told one after the other, all agents at once
    std::vector<AgentRequest> requests;
    for (std::size_t m = 0; m < untold_.size(); m++)
      if (asks[m] && !untold_[m].empty())
        requests.push_back({.agent = m,
                            .method = "POST",
                            .path = "/api/v1/tasks/" + tasks_[m] + "/change",
                            .body = untold_[m].front().body,
                            .timeout = kAnswerWithin,
                            .key = untold_[m].front().key});
    if (requests.empty()) return events;
    const std::vector<AgentAnswer> answers = clients_.ask(requests);
    for (std::size_t i = 0; i < requests.size(); i++) {
      const std::size_t m = requests[i].agent;
      if (answers[i].status == 0) {
        asks[m] = false;
        continue;
      }
      untold_[m].pop_front();
      if (!answers[i].ok())
        events.push_back({since_start, Nanos(0), "change",
                          fmt::format("{} does not carry it out: {}", clients_.url(m), answers[i].failure)});
    }
  }
}

std::vector<Event> RunChanges::take_out(std::vector<RunOutcome>& parts) const {
  std::map<Nanos, std::vector<std::string>> together;  // texts by instant; each agent says what its share is
  for (const RunOutcome& part : parts)
    for (const Event& event : part.events)
      if (event.kind == "change") together[event.at].push_back(event.text);
  // One that was carried out late has another instant than the others, and stays: its agent's share began later.
  std::erase_if(together,
                [&](const auto& entry) { return entry.second.size() < 2 && !instants_.contains(entry.first); });
  for (RunOutcome& part : parts)
    std::erase_if(part.events,
                  [&](const Event& event) { return event.kind == "change" && together.contains(event.at); });
  std::vector<Event> untold;
  for (const auto& entry : together) {
    const std::vector<std::string>& texts = entry.second;
    if (instants_.contains(entry.first)) continue;
    // Of clients each agent says how many are its own.
    const bool same = std::all_of(texts.begin(), texts.end(), [&](const std::string& text) {
      return text == texts.front() && text.find(" clients") == std::string::npos;
    });
    untold.push_back(
        {entry.first, Nanos(0), "change", same ? texts.front() : fmt::format("by agent: {}", fmt::join(texts, "; "))});
  }
  return untold;
}

}  // namespace assay::coordinator
