// What a task is told by its job, and what of that its readers are told.
#include "agent/task.h"
#include "base/error.h"
#include "base/units.h"
#include "job/document.h"
#include "job/outcome.h"
#include "results/file.h"

#include <algorithm>

namespace assay::agent {
namespace {

using nlohmann::json;

constexpr Nanos kTellProgress = std::chrono::milliseconds(500);

}  // namespace

void Task::step(JobStep step) {
  if (beside_ != nullptr) beside_->step(step);
  {
    const std::lock_guard lock(mutex_);
    record_.phase = assay::to_string(step);
    record_.progress = nullptr;
  }
  tell_state();
}

void Task::checked(const CheckOutcome& outcome, std::string_view when) {
  if (beside_ != nullptr) beside_->checked(outcome, when);
  json findings = json::array();
  for (const Finding& f : outcome.findings)
    findings.push_back({{"condition", f.condition}, {"text", f.text}, {"violations", f.violations}, {"rows", f.rows}});
  {
    const std::lock_guard lock(mutex_);
    record_.check = {
        {"conditions", outcome.conditions}, {"looked_at", outcome.looked_at}, {"findings", std::move(findings)}};
  }
  if (outcome.findings.empty()) return log("info", fmt::format("check {}: consistent", when));
  for (const Finding& finding : outcome.findings)
    log("error", fmt::format("check {}: {}: {} ({})", when, finding.condition, finding.text, finding.violations));
}

void Task::run_begins(const RunPlan& plan) {
  if (beside_ != nullptr) beside_->run_begins(plan);
  {
    const std::lock_guard lock(mutex_);
    record_.groups = groups_json(plan);
    record_.in_force = executor_->options_in_force();
    time_line_.begin(plan);
    asked_.clear();
    measured_until_ = plan.duration == Nanos::max() ? Nanos::max() : plan.ramp_up + plan.warmup + plan.duration;
  }
  tell_state();
}

void Task::run_ended() {
  if (beside_ != nullptr) beside_->run_ended();
  const std::vector<GroupChange> left = [this] {
    const std::lock_guard lock(mutex_);
    return std::exchange(asked_, {});
  }();
  for (const GroupChange& change : left)
    log("warning", fmt::format("the change of {} that was asked for {} was not made: the run ended before that",
                               change.group, format_duration(change.at)));
}

void Task::live(const Live& live) {
  if (beside_ != nullptr) beside_->live(live);
  std::string text;
  bool phase_changed = false;
  Nanos interval{};
  {
    const std::lock_guard lock(mutex_);
    live_ = live_json(live, time_line_.failures());
    text = text_of(live_);
    phase_changed = record_.phase != assay::to_string(live.phase);
    record_.phase = assay::to_string(live.phase);
    interval = time_line_.interval();
  }
  if (phase_changed) tell_state();
  // What agents tell of an interval comes a little later than what this process measures itself.
  tell_intervals(live.since_start / interval - (live.agents.empty() ? 0 : 1));
  events_.add("live", std::move(text));
}

void Task::event(const Event& event) {
  if (beside_ != nullptr) beside_->event(event);
  if (event.kind == "change") take_asked(event.at);
  log(event.kind == "change" || event.kind == "steady" ? "info" : "warning",
      fmt::format("{}: {}", event.kind, event.text));
}

void Task::interval(std::size_t group, const Interval& interval) {
  if (beside_ != nullptr) beside_->interval(group, interval);
  // Only a coordinator asks for pieces.
  std::string piece = request_.sharded ? text_of(assay::to_json(group, interval)) : std::string();
  const std::lock_guard lock(mutex_);
  time_line_.add(group, interval);
  if (request_.sharded) time_line_.add_piece(std::move(piece));
}

/// Readers are told of intervals when they are over, each once.
void Task::tell_intervals(std::int64_t before) {
  const std::lock_guard lock(mutex_);  // of the events too: past() must see both or neither
  for (std::string& interval : time_line_.take(before)) events_.add("interval", std::move(interval));
}

Task::Past Task::past() const {
  const std::lock_guard lock(mutex_);
  return {.record = record_, .intervals = time_line_.told(), .event = events_.last()};
}

json Task::pieces(std::uint64_t since, std::size_t most) const {
  const std::lock_guard lock(mutex_);
  return time_line_.pieces(since, most);
}

Totals Task::totals() const {
  const std::lock_guard lock(mutex_);
  return time_line_.totals();
}

json Task::live_figures() const {
  const std::lock_guard lock(mutex_);
  return live_;
}

void Task::save(const Document& document) {
  if (beside_ != nullptr) beside_->save(document);
  if (folder_.empty()) return;
  try {
    write_document(result_file(), document);
  } catch (const Error& error) {  // it may be better when all is done
    log("warning", error.what());
  }
}

Statements Task::conclude(const Document& whole) {
  {
    const std::lock_guard lock(mutex_);
    if (request_.verb != kRun || !record_.has_result)
      throw Error(fmt::format("the task {} has no result to conclude from", id_));
  }
  RunOutcome outcome = outcome_of(whole);
  outcome.of_whole_job = true;
  return executor_->conclude(plan_of(whole), outcome);
}

void Task::TaskProgress::start(std::string_view what, std::string_view unit, std::uint64_t total) {
  if (task_.beside_ != nullptr) task_.beside_->progress().start(what, unit, total);
  const std::lock_guard lock(mutex_);
  what_ = what;
  unit_ = unit;
  total_ = total;
  done_ = 0;
  begin_ = real_clock().now();
  tell();
}

void Task::TaskProgress::advance(std::uint64_t units) {
  if (task_.beside_ != nullptr) task_.beside_->progress().advance(units);
  const std::lock_guard lock(mutex_);
  done_ += units;
  if (done_ >= total_ || real_clock().now() - told_ >= kTellProgress) tell();
}

void Task::TaskProgress::tell() {
  told_ = real_clock().now();
  const double seconds = to_seconds(told_ - begin_);
  json progress{{"what", what_},
                {"unit", unit_},
                {"done", done_},
                {"total", total_},
                {"rate", seconds > 0 ? static_cast<double>(done_) / seconds : 0}};
  task_.events_.add("progress", text_of(progress));
  const std::lock_guard lock(task_.mutex_);
  task_.record_.progress = std::move(progress);
}

void Task::TaskProgress::note(std::string_view line) {
  if (task_.beside_ != nullptr) task_.beside_->progress().note(line);
  task_.log("info", line);
}

}  // namespace assay::agent
