#include "job/actions.h"

#include "base/error.h"
#include "base/process.h"
#include "base/units.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <condition_variable>
#include <thread>

namespace assay {
namespace {

constexpr std::string_view kTooLate = "the load ended before its instant";

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// False: the stop was requested before.
bool wait_until(TimePoint time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, time - real_clock().now(), [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

WithActions::WithActions(std::vector<TimedAction> actions, std::unique_ptr<RunControl> control,
                         std::unique_ptr<Executor> inner)
    : actions_(std::move(actions)), control_(std::move(control)), inner_(std::move(inner)) {
  std::stable_sort(actions_.begin(), actions_.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
}

RunPlan WithActions::plan() {
  RunPlan plan = inner_->plan();
  std::vector<std::string> scheduled;
  for (const GroupPlan& group : plan.groups)
    if (!group.group.triggered) scheduled.push_back(group.group.name);
  for (TimedAction& action : actions_) {
    if (!action.change) continue;
    std::string& group = action.change->group;
    if (group.empty() && scheduled.size() == 1) group = scheduled.front();
    if (std::find(scheduled.begin(), scheduled.end(), group) == scheduled.end())
      throw Error(group.empty() ? fmt::format("the action {} does not say which group it changes; expected one of {}",
                                              action.name, fmt::join(scheduled, ", "))
                                : fmt::format("the action {} changes the group '{}', which the run does not have; "
                                              "expected one of {}",
                                              action.name, group, fmt::join(scheduled, ", ")));
  }
  return plan;
}

void WithActions::fail(const TimedAction& action, std::string_view why) {
  const std::lock_guard lock(mutex_);
  failures_.push_back(fmt::format("the action {}: {}", action.name, why));
}

void WithActions::ask_for_changes(const std::stop_token& over) {
  if (!control_->wait_begun(over)) return;
  for (const TimedAction& action : actions_) {
    if (!action.change) continue;
    try {
      GroupChange change = *action.change;
      change.at = action.at;
      control_->change(std::move(change));
    } catch (const Error& error) {
      fail(action, error.what());
    }
  }
}

void WithActions::carry_out(const TimedAction& action, const std::stop_token& over) {
  const std::optional<TimePoint> begin = control_->wait_begun(over);
  if (!begin) return;  // there was no load
  if (!wait_until(*begin + action.at, over)) return fail(action, kTooLate);
  const TimePoint started = real_clock().now();
  std::string told;
  try {
    const ProcessOutcome outcome =
        run_process(action.command, "", "install it, or name it with its folder", kLongestCommand);
    told = fmt::format("{} ended with {}", fmt::join(action.command, " "), outcome.exit_code);
    if (outcome.exit_code != 0) {
      if (!outcome.err.empty()) told += ": " + first_line(outcome.err);
      fail(action, told);
    }
  } catch (const Error& error) {
    told = error.what();
    fail(action, told);
  }
  const std::lock_guard lock(mutex_);
  events_.push_back({.at = started - *begin,
                     .length = real_clock().now() - started,
                     .kind = "command",
                     .text = action.name + ": " + told});
}

RunOutcome WithActions::run(const RunPlan& plan, std::stop_token stop, RunObserver& observer) {
  events_.clear();
  failures_.clear();
  std::stop_source over;
  std::vector<std::jthread> threads;  // joined before what they use goes
  const auto end_all = [&] {
    over.request_stop();
    threads.clear();
  };
  threads.emplace_back([&] { ask_for_changes(over.get_token()); });
  for (const TimedAction& action : actions_)
    if (!action.change) threads.emplace_back([&] { carry_out(action, over.get_token()); });
  RunOutcome outcome;
  try {
    outcome = inner_->run(plan, std::move(stop), observer);
  } catch (...) {
    end_all();
    throw;
  }
  end_all();
  const Nanos length = outcome.ramp_up + outcome.warmup + outcome.measure;
  for (const TimedAction& action : actions_) {
    if (!action.change || action.at < length) continue;
    std::erase_if(outcome.events, [&](const Event& e) { return e.kind == "change" && e.at == action.at; });
    fail(action, kTooLate);
  }
  outcome.events.insert(outcome.events.end(), events_.begin(), events_.end());
  std::stable_sort(outcome.events.begin(), outcome.events.end(),
                   [](const Event& a, const Event& b) { return a.at < b.at; });
  return outcome;
}

void WithActions::complete(Document& document) {
  inner_->complete(document);
  if (failures_.empty()) return;
  if (document.verdict.verdict == Verdict::pass) document.verdict.verdict = Verdict::fail;
  document.verdict.reasons.insert(document.verdict.reasons.end(), failures_.begin(), failures_.end());
}

}  // namespace assay
