#include "core/control.h"

#include "base/error.h"
#include "base/units.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace assay {

std::string GroupInForce::take(const GroupChange& change) {
  changes++;
  std::string text = change.group + ":";
  if (removed) return text + " it is removed, and what was asked for behind that is not made";
  removed = change.remove;
  if (change.remove) return text + " removed";
  if (change.schedule) {
    text += fmt::format(" {} → {}", schedule, change.schedule->describe());
    schedule = change.schedule->describe();
  }
  if (change.clients) {
    text += fmt::format("{} {} → {} clients", change.schedule ? "," : "", clients, *change.clients);
    clients = *change.clients;
  }
  return text;
}

void ComingEvents::add(Event event) { coming_.push_back(std::move(event)); }

std::vector<Event> ComingEvents::take(Nanos until) {
  const auto past =
      std::stable_partition(coming_.begin(), coming_.end(), [&](const Event& event) { return event.at < until; });
  std::vector<Event> out(std::move_iterator(coming_.begin()), std::move_iterator(past));
  coming_.erase(coming_.begin(), past);
  std::stable_sort(out.begin(), out.end(), [](const Event& a, const Event& b) { return a.at < b.at; });
  return out;
}

void RunControl::require_running() const {
  if (state_ != State::running)
    throw Error(state_ == State::over ? "the run is over: nothing of it can be changed any more"
                                      : "the run has not begun: change its plan instead");
}

void RunControl::change(GroupChange change) {
  const std::lock_guard lock(mutex_);
  require_running();
  const auto group =
      std::find_if(groups_.begin(), groups_.end(), [&](const Known& k) { return k.name == change.group; });
  if (group == groups_.end()) {
    std::vector<std::string> names;
    for (const Known& known : groups_) names.push_back(known.name);
    throw Error(fmt::format("the run has no group '{}'; expected one of {}", change.group, fmt::join(names, ", ")));
  }
  if (group->triggered)
    throw Error(fmt::format(
        "the group '{}' works when another one asks for it: it has no schedule, clients or end of its own to change",
        change.group));
  if (group->joining)
    throw Error(
        fmt::format("the group '{}' is still opening its sessions; change it when it has joined", change.group));
  if (group->removed_at && change.at >= *group->removed_at)
    throw Error(*group->removed_at == Nanos(0)
                    ? fmt::format("the group '{}' was removed", change.group)
                    : fmt::format("the group '{}' is removed {} after the begin of the run; expected an instant before",
                                  change.group, format_duration(*group->removed_at)));
  if (change.remove && (change.schedule || change.clients))
    throw Error(
        fmt::format("the removal of the group '{}' with a schedule or clients; expected one of them", change.group));
  if (!change.schedule && !change.clients && !change.remove)
    throw Error(fmt::format(
        "the change of the group '{}' changes nothing; expected a schedule, clients, or its removal", change.group));
  if (change.clients && *change.clients < group->least_clients)
    throw Error(
        fmt::format("{} clients for the group '{}'; expected at least {}, one for each of its event loops (or agents)",
                    *change.clients, change.group, group->least_clients));
  if (change.at < Nanos(0)) throw Error("a change before the run began; expected an instant of its time line");
  if (change.remove) group->removed_at = change.at;
  const auto behind = std::upper_bound(asked_.begin(), asked_.end(), change.at,
                                       [](Nanos at, const GroupChange& other) { return at < other.at; });
  asked_.insert(behind, std::move(change));
}

void RunControl::add(GroupAddition addition) {
  const std::lock_guard lock(mutex_);
  require_running();
  if (std::all_of(addition.groups.begin(), addition.groups.end(), [](const auto& g) { return g.group.triggered; }))
    throw Error("no group to add that works by itself; expected at least one with a schedule");
  if (addition.at < Nanos(0)) throw Error("groups to add before the run began; expected an instant of its time line");
  std::vector<Known> joining;
  for (const GroupPlan& plan : addition.groups) {
    const std::string& name = plan.group.name;
    if (plan.clients == 0 || plan.sessions == 0 || plan.target == nullptr)
      throw Error(
          fmt::format("{} clients, {} sessions and {} target for the new group '{}'; expected at least one each",
                      plan.clients, plan.sessions, plan.target == nullptr ? "no" : "a", name));
    for (const std::vector<Known>* known : {&groups_, &joining})
      if (std::any_of(known->begin(), known->end(), [&](const Known& k) { return k.name == name; }))
        throw Error(fmt::format("the run has a group '{}' already; expected another name", name));
    joining.push_back({name, plan.group.triggered, 1, std::nullopt, true});
  }
  groups_.insert(groups_.end(), joining.begin(), joining.end());
  joining_.push_back(std::move(addition));
}

void ControlledRun::add_group(const std::string& name, bool triggered, std::uint64_t least_clients) {
  if (control_ == nullptr) return;
  const std::lock_guard lock(control_->mutex_);
  std::erase_if(control_->groups_, [&](const RunControl::Known& known) { return known.name == name; });
  control_->groups_.push_back({name, triggered, least_clients, std::nullopt, false});
}

void ControlledRun::forget_group(const std::string& name) {
  if (control_ == nullptr) return;
  const std::lock_guard lock(control_->mutex_);
  std::erase_if(control_->groups_, [&](const RunControl::Known& known) { return known.name == name; });
}

std::optional<TimePoint> RunControl::wait_begun(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [&] { return state_ != State::not_begun; });
  return state_ == State::running ? std::optional(begin_) : std::nullopt;
}

void ControlledRun::begin(TimePoint at) {
  if (control_ == nullptr) return;
  const std::lock_guard lock(control_->mutex_);
  control_->state_ = RunControl::State::running;
  control_->begin_ = at;
  control_->changed_.notify_all();
}

void ControlledRun::end() {
  if (control_ == nullptr) return;
  const std::lock_guard lock(control_->mutex_);
  control_->state_ = RunControl::State::over;
  control_->changed_.notify_all();
}

std::vector<GroupChange> ControlledRun::take(Nanos until) {
  if (control_ == nullptr) return {};
  const std::lock_guard lock(control_->mutex_);
  std::vector<GroupChange>& asked = control_->asked_;
  const auto past =
      std::find_if(asked.begin(), asked.end(), [&](const GroupChange& change) { return change.at >= until; });
  std::vector<GroupChange> out(std::move_iterator(asked.begin()), std::move_iterator(past));
  asked.erase(asked.begin(), past);
  return out;
}

std::vector<GroupAddition> ControlledRun::take_additions() {
  if (control_ == nullptr) return {};
  const std::lock_guard lock(control_->mutex_);
  return std::exchange(control_->joining_, {});
}

}  // namespace assay
