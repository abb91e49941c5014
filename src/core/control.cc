#include "core/control.h"

#include "base/error.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace assay {

void RunControl::change(GroupChange change) {
  const std::lock_guard lock(mutex_);
  if (state_ != State::running)
    throw Error(state_ == State::over ? "the run is over: nothing of it can be changed any more"
                                      : "the run has not begun: change its plan instead");
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
  if (group->removed) throw Error(fmt::format("the group '{}' was removed", change.group));
  if (!change.schedule && !change.clients && !change.remove)
    throw Error(fmt::format(
        "the change of the group '{}' changes nothing; expected a schedule, clients, or its removal", change.group));
  if (change.clients && *change.clients < group->least_clients)
    throw Error(fmt::format("{} clients for the group '{}'; expected at least {}, one for each event loop",
                            *change.clients, change.group, group->least_clients));
  if (change.at < Nanos(0)) throw Error("a change before the run began; expected an instant of its time line");
  group->removed = change.remove;
  asked_.push_back(std::move(change));
}

void ControlledRun::add_group(std::string name, bool triggered, std::uint64_t least_clients) {
  if (control_ == nullptr) return;
  const std::lock_guard lock(control_->mutex_);
  control_->groups_.push_back({std::move(name), triggered, least_clients, false});
}

void ControlledRun::begin() {
  if (control_ == nullptr) return;
  const std::lock_guard lock(control_->mutex_);
  control_->state_ = RunControl::State::running;
}

void ControlledRun::end() {
  if (control_ == nullptr) return;
  const std::lock_guard lock(control_->mutex_);
  control_->state_ = RunControl::State::over;
}

std::vector<GroupChange> ControlledRun::take() {
  if (control_ == nullptr) return {};
  const std::lock_guard lock(control_->mutex_);
  return std::exchange(control_->asked_, {});
}

}  // namespace assay
