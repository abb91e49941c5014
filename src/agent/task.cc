#include "agent/task.h"

#include "base/error.h"
#include "base/units.h"
#include "job/document.h"
#include "job/outcome.h"
#include "results/file.h"
#include "runtime/wait.h"

#include <algorithm>

namespace assay::agent {
namespace {

using nlohmann::json;

constexpr Nanos kLongestHold = std::chrono::minutes(5);
constexpr Nanos kTellProgress = std::chrono::milliseconds(500);

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : "; ") + text;
  return out;
}

}  // namespace

Task::Task(TaskRequest request, std::filesystem::path folder, const MakeExecutor& executor)
    : request_(std::move(request)),
      folder_(std::move(folder)),
      own_setup_(setup_of(request_)),
      setup_(*own_setup_),
      id_(setup_.id) {
  if (request_.verb == kRun) {
    require_of_workloads(setup_);
    conditions_ = std::make_unique<LoadConditions>(setup_.own());
  } else if (request_.hold || request_.start_at) {
    throw Error(fmt::format("{} begins at once; only a run takes hold and start_at_unix_ns", verb_name(request_.verb)));
  }
  make_executor(executor);
  record_ = new_record(id_, request_, setup_);
  start_at_ = request_.start_at;
}

Task::Task(const JobSetup& setup, const MakeExecutor& executor, JobObserver& beside)
    : request_(request_of(setup)),
      beside_(&beside),
      setup_(setup),
      id_(setup_.id),
      conditions_(std::make_unique<LoadConditions>(setup.own())) {
  make_executor(executor);
  record_ = new_record(id_, request_, setup_);
}

Task::~Task() {
  stop_.request_stop();
  changed_.notify_all();
}

void Task::make_executor(const MakeExecutor& make) {
  const bool held = request_.hold || request_.start_at;
  if (make) {
    if (held) throw Error("hold and start_at_unix_ns are for runs of this process, and here agents carry them out");
    executor_ = make(setup_, *this, control_);
    return;
  }
  Gate gate;
  if (held) gate = [this](const std::stop_token& stop) { return wait_for_start(stop); };
  executor_ = executor_here(setup_, progress_, &control_, std::move(gate));
}

TaskRecord Task::record() const {
  const std::lock_guard lock(mutex_);
  return record_;
}

void Task::begin() {
  keep();
  thread_ = std::jthread([this] { go_through(); });
}

JobEnd Task::carry_out() {
  if (const std::exception_ptr thrown = go_through()) std::rethrow_exception(thrown);
  return std::move(*end_);
}

void Task::start_at(WallTime at) {
  {
    const std::lock_guard lock(mutex_);
    if (!request_.hold || start_at_ || has_ended(record_.state))
      throw Error(fmt::format("the task {} does not wait for its start", id_));
    start_at_ = record_.start_at = at;
  }
  keep();
  changed_.notify_all();
}

void Task::stop() {
  stop_.request_stop();
  changed_.notify_all();
}

void Task::change(GroupChange change, const IdempotencyKey& key) {
  const std::lock_guard one(changing_);
  if (const auto before = change_keys_.find(key.key); before != change_keys_.end())
    return require_same(key, before->second);
  if (request_.verb != kRun) throw Error(fmt::format("{} has no groups to change", verb_name(request_.verb)));
  const bool at_once = change.at == Nanos(0);
  std::string text;
  {
    const std::lock_guard lock(mutex_);
    if (change.at >= measured_until_)
      throw Error(
          fmt::format("at is {}; expected an instant before the end of the measured time, which is {} after the "
                      "begin of the run",
                      format_duration(change.at), format_duration(measured_until_)));
    control_.change(change);
    text = take_effect(change, at_once);
    if (!at_once)
      asked_.insert(std::upper_bound(asked_.begin(), asked_.end(), change.at,
                                     [](Nanos at, const GroupChange& other) { return at < other.at; }),
                    change);
  }
  if (!key.key.empty()) change_keys_.emplace(key.key, key.fingerprint);
  if (!at_once) log("info", fmt::format("change asked, for {}: {}", format_duration(change.at), text));
  tell_state();
}

std::string Task::take_effect(const GroupChange& change, bool now) {
  for (json& group : record_.groups) {
    if (group["name"] != change.group) continue;
    GroupInForce in_force{.schedule = group["schedule"].get<std::string>(),
                          .clients = group["clients"].get<std::uint64_t>()};
    std::string text = in_force.take(change);
    if (!now) return text;
    group["schedule"] = in_force.schedule;
    group["clients"] = in_force.clients;
    return text;
  }
  return change.group;
}

void Task::take_asked(Nanos until) {
  std::size_t taken = 0;
  {
    const std::lock_guard lock(mutex_);
    taken = std::erase_if(asked_, [&](const GroupChange& change) {
      if (change.at <= until) take_effect(change, true);
      return change.at <= until;
    });
  }
  if (taken > 0) tell_state();
}

bool Task::wait_ended(Nanos patience) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return has_ended(record_.state); });
}

std::exception_ptr Task::go_through() {
  const runtime::StopScope scope(stop_.get_token());
  {
    const std::lock_guard lock(mutex_);
    record_.state = TaskState::running;
    record_.started = real_clock().wall();
  }
  tell_state();
  try {
    carry_out_verb();
    return nullptr;
  } catch (const Error& error) {
    const bool stopped = error.code() == ExitCode::interrupted || stop_.stop_requested();
    end(stopped ? TaskState::stopped : TaskState::failed, static_cast<int>(error.code()), error.what());
    return std::current_exception();
  } catch (const std::exception& error) {
    end(TaskState::failed, static_cast<int>(ExitCode::internal), fmt::format("this is a bug: {}", error.what()));
    return std::current_exception();
  }
}

void Task::carry_out_verb() {
  const std::stop_token stop = stop_.get_token();
  if (request_.verb == kRun) return conclude_run(carry_out_run(setup_, *executor_, *conditions_, *this, stop, {}));
  step(JobStep::opening);
  executor_->facts();
  if (request_.verb == kCleanup) {
    step(JobStep::cleanup);
    executor_->cleanup(stop);
    return end(TaskState::done, 0, "");
  }
  if (request_.verb == kPrepare) {
    step(JobStep::prepare);
    executor_->prepare(stop);
    if (!setup_.verify() || request_.sharded) return end(TaskState::done, 0, "");
  }
  step(JobStep::check);
  const CheckOutcome outcome = executor_->check(stop);
  checked(outcome, "of " + request_.workload);
  std::vector<std::string> why;
  for (const Finding& finding : outcome.findings)
    why.push_back(fmt::format("{}: {} ({})", finding.condition, finding.text, finding.violations));
  end(why.empty() ? TaskState::done : TaskState::failed,
      static_cast<int>(why.empty() ? ExitCode::ok : ExitCode::check_failed),
      why.empty() ? "" : "not consistent: " + joined(why));
}

void Task::conclude_run(JobEnd done) {
  if (!folder_.empty()) write_document(result_file(), done.document);
  {
    const std::lock_guard lock(mutex_);
    record_.has_result = !folder_.empty();
    record_.verdict = assay::to_string(done.document.verdict.verdict);
    record_.summary = summary_of(done.document);
  }
  // Not to have met a condition is a result, not a failure of the task.
  const bool judged =
      done.code == ExitCode::ok || done.code == ExitCode::thresholds_failed || done.code == ExitCode::run_invalid;
  const std::string why = judged ? "" : joined(done.document.verdict.reasons);
  const TaskState state = done.document.partial ? TaskState::stopped : judged ? TaskState::done : TaskState::failed;
  const int code = static_cast<int>(done.code);
  if (beside_ != nullptr) end_ = std::move(done);
  end(state, code, why);
}

void Task::end(TaskState state, int exit_code, std::string error) {
  {
    const std::lock_guard lock(mutex_);
    record_.state = state;
    record_.exit_code = exit_code;
    record_.error = std::move(error);
    record_.phase.clear();
    record_.progress = nullptr;
    record_.ended = real_clock().wall();
  }
  tell_intervals(std::numeric_limits<std::int64_t>::max());
  if (const std::string why = record().error; !why.empty()) log("error", why);
  keep();
  events_.add("end", text_of(to_json(record())));
  events_.close();
  changed_.notify_all();
}

void Task::keep() const {
  if (!folder_.empty()) keep_record(folder_, record());
}

void Task::tell_state() { events_.add("state", text_of(to_json(record()))); }

void Task::log(std::string_view level, std::string_view text) {
  const TaskRecord now = record();
  const Nanos since = real_clock().wall() - now.accepted.value_or(WallTime());
  events_.add("log", text_of({{"at_s", to_seconds(since)}, {"level", level}, {"text", text}}));
}

TimePoint Task::wait_for_start(const std::stop_token& stop) {
  {
    const std::lock_guard lock(mutex_);
    if (request_.hold) record_.state = TaskState::ready;
    record_.phase = "ready";
  }
  tell_state();
  WallTime at{};
  {
    std::unique_lock lock(mutex_);
    const bool told = changed_.wait_for(lock, stop, kLongestHold, [&] { return start_at_.has_value(); });
    if (!told)
      throw Error(stop.stop_requested() ? "stopped before it began"
                                        : fmt::format("nobody started it within {}", format_duration(kLongestHold)),
                  ExitCode::interrupted);
    at = *start_at_;
    record_.state = TaskState::running;
    record_.phase = "opening";
  }
  tell_state();
  const Instant here = read_together(real_clock());
  const TimePoint begin = here.now + (at - here.wall);
  // The engine waits for the instant by itself; a far one can be stopped before.
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, stop, begin - std::chrono::milliseconds(200), [] { return false; });
  if (stop.stop_requested()) throw Error("stopped before it began", ExitCode::interrupted);
  return begin;
}

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
