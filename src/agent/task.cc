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
  record_ = new_record(id_, request_, setup_);
  make_executor(executor);
  start_at_ = request_.start_at;
}

Task::Task(const JobSetup& setup, const MakeExecutor& executor, JobObserver& beside)
    : request_(request_of(setup)),
      beside_(&beside),
      setup_(setup),
      id_(setup_.id),
      conditions_(std::make_unique<LoadConditions>(setup.own())) {
  record_ = new_record(id_, request_, setup_);
  make_executor(executor);
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

std::shared_ptr<const std::string> Task::unwritten_result() const {
  const std::lock_guard lock(mutex_);
  return unwritten_;
}

void Task::begin() {
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
  if (request_.verb != kPrepare || !setup_.workload->leaves_target_alone()) executor_->facts();
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
  std::string lost;  // why the result is not on disk
  try {
    if (!folder_.empty()) write_document(result_file(), done.document);
  } catch (const Error& error) {
    lost = fmt::format("{}; the result is held in memory until the next task", error.what());
  }
  {
    const std::lock_guard lock(mutex_);
    if (!lost.empty()) unwritten_ = std::make_shared<const std::string>(to_json(done.document));
    record_.has_result = !folder_.empty();
    record_.verdict = assay::to_string(done.document.verdict.verdict);
    record_.summary = summary_of(done.document);
  }
  // Not to have met a condition is a result, not a failure of the task.
  const bool judged =
      done.code == ExitCode::ok || done.code == ExitCode::thresholds_failed || done.code == ExitCode::run_invalid;
  std::string why = judged ? "" : joined(done.document.verdict.reasons);
  TaskState state = done.document.partial ? TaskState::stopped : judged ? TaskState::done : TaskState::failed;
  int code = static_cast<int>(done.code);
  if (!lost.empty()) {
    state = TaskState::failed;
    code = static_cast<int>(ExitCode::output_failed);
    why = lost + (why.empty() ? "" : "; " + why);
  }
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

}  // namespace assay::agent
