#include "agent/task.h"

#include "base/error.h"
#include "base/units.h"
#include "core/url.h"
#include "job/document.h"
#include "job/outcome.h"
#include "registry/registry.h"
#include "results/file.h"
#include "runtime/wait.h"

#include <algorithm>

namespace assay::agent {
namespace {

using nlohmann::json;

constexpr std::size_t kMostPieces = 5000, kMostPieceBytes = 32 << 20;
constexpr Nanos kLongestHold = std::chrono::minutes(5);
constexpr Nanos kTellProgress = std::chrono::milliseconds(500);
constexpr std::string_view kStates[] = {"waiting", "ready", "running", "done", "failed", "stopped"};

class SilentProgress final : public Progress {
  void start(std::string_view, std::string_view, std::uint64_t) override {}
  void advance(std::uint64_t) override {}
  void note(std::string_view) override {}
};

std::string text_of(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

double ms(Nanos time) { return static_cast<double>(time.count()) / 1e6; }

void put_time(json& into, const std::string& name, const std::optional<WallTime>& time) {
  if (!time) return;
  into[name] = format_wall(*time);
  into[name + "_unix_ns"] = std::to_string(time->time_since_epoch().count());
}

std::optional<WallTime> time_from(const json& from, const std::string& name) {
  const auto found = from.find(name + "_unix_ns");
  if (found == from.end()) return std::nullopt;
  return WallTime(Nanos(std::stoll(found->get<std::string>())));
}

/// No secret of the options is told: none but the URL has one.
std::map<std::string, std::string> without_secrets_of(std::map<std::string, std::string> options) {
  if (const auto target = options.find("target"); target != options.end())
    target->second = without_secrets(target->second);
  return options;
}

/// Throws one Error for all mistakes.
std::unique_ptr<JobSetup> setup_of(const TaskRequest& asked) {
  std::vector<std::string> mistakes = asked.mistakes;
  const auto none_in = [&](const auto& step) {
    try {
      step();
    } catch (const Error& error) {
      if (error.code() != ExitCode::usage) throw;
      mistakes.emplace_back(error.what());
    }
  };
  const WorkloadType* type = nullptr;
  none_in([&] { type = &find_workload(asked.workload); });
  if (type == nullptr) refuse_mistakes(mistakes);
  JobRequest request = JobRequest::of(asked.verb, *type);
  request.sharded = asked.sharded;
  none_in([&] { request.set_all(asked.options); });
  return JobSetup::open(std::move(request), std::move(mistakes));
}

json groups_json(const RunPlan& plan) {
  json groups = json::array();
  for (const GroupPlan& group : plan.groups) {
    json operations = json::array(), nested = json::array();
    for (const OperationInfo& operation : group.group.operations) {
      operations.push_back(operation.name);
      nested.push_back(operation.nested);
    }
    groups.push_back({{"name", group.group.name},
                      {"operations", std::move(operations)},
                      {"nested", std::move(nested)},
                      {"counters", group.group.counters},
                      {"clients", group.clients},
                      {"sessions", group.sessions},
                      {"fibers", group.waiting == Waiting::fiber},
                      {"schedule", group.group.triggered ? "when another group asks" : group.schedule.describe()},
                      {"triggered", group.group.triggered}});
  }
  return groups;
}

json cell_json(const std::string& name, std::uint64_t completed, std::uint64_t errors, std::uint64_t retries,
               const Histogram& response) {
  return {{"name", name},
          {"completed", completed},
          {"errors", errors},
          {"retries", retries},
          {"p50_ms", ms(response.quantile(0.5))},
          {"p95_ms", ms(response.quantile(0.95))},
          {"p99_ms", ms(response.quantile(0.99))},
          {"max_ms", ms(response.max())}};
}

/// One interval of one group in the form of the page.
json page_group(const SeriesInterval& interval, const std::vector<std::string>& names,
                const std::vector<bool>& nested) {
  json operations = json::array();
  Histogram all;
  std::uint64_t completed = 0, errors = 0, retries = 0;
  for (std::size_t o = 0; o < interval.operations.size(); o++) {
    const SeriesCell& cell = interval.operations[o];
    const Histogram response = cell.response.empty() ? Histogram() : Histogram::decode(cell.response);
    operations.push_back(cell_json(names[o], cell.completed, cell.errors, cell.retries, response));
    if (nested[o]) continue;
    all.merge(response);
    completed += cell.completed;
    errors += cell.errors;
    retries += cell.retries;
  }
  json group = cell_json("all", completed, errors, retries, all);
  return {{"operations", std::move(operations)}, {"all", std::move(group)}};
}

}  // namespace

std::string_view to_string(TaskState state) noexcept { return kStates[static_cast<std::size_t>(state)]; }

json to_json(const TaskRecord& record) {
  json out{{"id", record.id},
           {"verb", record.verb},
           {"workload", record.workload},
           {"target", record.target},
           {"shard", record.shard},
           {"state", to_string(record.state)},
           {"phase", record.phase},
           {"options", record.options},
           {"groups", record.groups},
           {"has_result", record.has_result},
           {"in_force", record.in_force}};
  if (!record.error.empty()) out["error"] = record.error;
  if (!record.verdict.empty()) out["verdict"] = record.verdict;
  if (record.exit_code) out["exit_code"] = *record.exit_code;
  if (!record.key.empty()) out["key"] = record.key;
  if (!record.check.is_null()) out["check"] = record.check;
  put_time(out, "accepted", record.accepted);
  put_time(out, "started", record.started);
  put_time(out, "ended", record.ended);
  put_time(out, "start_at", record.start_at);
  if (!record.run.is_null()) out["run"] = record.run;
  return out;
}

TaskRecord task_record_from_json(const json& from) {
  TaskRecord record;
  try {
    record.id = from.at("id").get<std::string>();
    record.verb = from.at("verb").get<std::string>();
    record.workload = from.at("workload").get<std::string>();
    record.target = from.at("target").get<std::string>();
    record.shard = from.at("shard").get<std::string>();
    record.phase = from.value("phase", "");
    record.error = from.value("error", "");
    record.verdict = from.value("verdict", "");
    record.key = from.value("key", "");
    record.options = from.at("options").get<std::map<std::string, std::string>>();
    record.in_force = from.value("in_force", std::map<std::string, std::string>());
    record.groups = from.at("groups");
    record.has_result = from.at("has_result").get<bool>();
    if (from.contains("exit_code")) record.exit_code = from["exit_code"].get<int>();
    if (from.contains("check")) record.check = from["check"];
    const auto state = std::find(std::begin(kStates), std::end(kStates), from.at("state").get<std::string>());
    if (state == std::end(kStates)) throw Error("its state is none");
    record.state = static_cast<TaskState>(state - std::begin(kStates));
    record.accepted = time_from(from, "accepted");
    record.started = time_from(from, "started");
    record.ended = time_from(from, "ended");
    record.start_at = time_from(from, "start_at");
    if (from.contains("run")) record.run = from["run"];
  } catch (const std::logic_error& error) {  // of numbers
    throw Error(fmt::format("the record of a task cannot be read: {}", error.what()));
  } catch (const json::exception& error) {
    throw Error(fmt::format("the record of a task cannot be read: {}", error.what()));
  }
  return record;
}

json describe(const TaskRequest& asked, bool groups) {
  const std::unique_ptr<JobSetup> setup = setup_of(asked);
  const ServerFacts facts = setup->facts();
  json out{{"server", {{"name", facts.server}, {"version", facts.version}, {"settings", facts.settings}}}};
  if (groups) {
    if (setup->driver->info().in_process && setup->own().flag("prepare")) {
      SilentProgress progress;
      Job job = setup->job_for(progress, {});
      setup->workload->prepare(job);
    }
    out["groups"] = groups_json(make_plan(*setup));
    out["in_force"] = setup->workload->options_in_force();
  }
  return out;
}

Task::Task(TaskRequest request, std::filesystem::path folder)
    : id_(result_id(real_clock().wall(), request.workload, verb_name(request.verb), unique_part())),
      request_(std::move(request)),
      folder_(std::move(folder)) {
  setup_ = setup_of(request_);
  if (request_.verb == kRun) {
    setup_->workload->require_of_run(run_options_of(*setup_));
    conditions_ = std::make_unique<LoadConditions>(setup_->own());
  } else if (request_.hold || request_.start_at) {
    throw Error(fmt::format("{} begins at once; only a run takes hold and start_at_unix_ns", verb_name(request_.verb)));
  }
  record_.id = id_;
  record_.verb = verb_name(request_.verb);
  record_.workload = request_.workload;
  record_.target = without_secrets(setup_->url());
  record_.shard = fmt::format("{}/{}", setup_->shard.index, setup_->shard.count);
  record_.options = without_secrets_of(request_.options);
  record_.key = request_.key;
  record_.run = request_.run;
  record_.accepted = real_clock().wall();
  start_at_ = record_.start_at = request_.start_at;
}

Task::~Task() {
  stop_.request_stop();
  changed_.notify_all();
}

TaskRecord Task::record() const {
  const std::lock_guard lock(mutex_);
  return record_;
}

void Task::begin() {
  keep();
  thread_ = std::jthread([this] { carry_out(); });
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

void Task::change(GroupChange change) {
  if (request_.verb != kRun) throw Error(fmt::format("{} has no groups to change", verb_name(request_.verb)));
  control_.change(change);
  {
    const std::lock_guard lock(mutex_);
    for (json& group : record_.groups) {
      if (group["name"] != change.group) continue;
      if (change.schedule) group["schedule"] = change.schedule->describe();
      if (change.clients) group["clients"] = *change.clients;
    }
  }
  tell_state();
}

bool Task::wait_ended(Nanos patience) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return has_ended(record_.state); });
}

void Task::carry_out() {
  const runtime::StopScope scope(stop_.get_token());
  {
    const std::lock_guard lock(mutex_);
    record_.state = TaskState::running;
    record_.started = real_clock().wall();
  }
  tell_state();
  try {
    carry_out_verb();
  } catch (const Error& error) {
    const bool stopped = error.code() == ExitCode::interrupted || stop_.stop_requested();
    end(stopped ? TaskState::stopped : TaskState::failed, static_cast<int>(error.code()), error.what());
  } catch (const std::exception& error) {
    end(TaskState::failed, static_cast<int>(ExitCode::internal), fmt::format("this is a bug: {}", error.what()));
  }
}

void Task::carry_out_verb() {
  LocalExecutor executor(*setup_, progress_, &control_);
  if (request_.verb == kRun) {
    if (request_.hold || request_.start_at)
      executor.set_gate([this](const std::stop_token& stop) { return wait_for_start(stop); });
    const JobEnd done = carry_out_run(*setup_, executor, *conditions_, *this, stop_.get_token(), {});
    write_document(result_file(), done.document);
    {
      const std::lock_guard lock(mutex_);
      record_.has_result = true;
      record_.verdict = assay::to_string(done.document.verdict.verdict);
    }
    std::string why;
    for (const std::string& reason : done.document.verdict.reasons) why += (why.empty() ? "" : "; ") + reason;
    // Not to have met a condition is a result, not a failure of the task.
    const bool judged =
        done.code == ExitCode::ok || done.code == ExitCode::thresholds_failed || done.code == ExitCode::run_invalid;
    end(done.document.partial ? TaskState::stopped
        : judged              ? TaskState::done
                              : TaskState::failed,
        static_cast<int>(done.code), judged ? "" : why);
    return;
  }
  step(JobStep::opening);
  executor.facts();
  const std::stop_token stop = stop_.get_token();
  if (request_.verb == kCleanup) {
    step(JobStep::cleanup);
    executor.cleanup(stop);
    return end(TaskState::done, 0, "");
  }
  if (request_.verb == kPrepare) {
    step(JobStep::prepare);
    executor.prepare(stop);
    if (!setup_->verify() || request_.sharded) return end(TaskState::done, 0, "");
  }
  step(JobStep::check);
  const CheckOutcome outcome = executor.check(stop);
  checked(outcome, "of " + request_.workload);
  std::string why;
  for (const Finding& finding : outcome.findings)
    why += fmt::format("{}{}: {} ({})", why.empty() ? "" : "; ", finding.condition, finding.text, finding.violations);
  end(outcome.findings.empty() ? TaskState::done : TaskState::failed,
      static_cast<int>(outcome.findings.empty() ? ExitCode::ok : ExitCode::check_failed),
      outcome.findings.empty() ? "" : "not consistent: " + why);
}

void Task::end(TaskState state, int exit_code, std::string error) {
  {
    const std::lock_guard lock(mutex_);
    record_.state = state;
    record_.exit_code = exit_code;
    record_.error = std::move(error);
    record_.phase.clear();
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
  try {
    write_atomically(folder_ / "tasks" / (id_ + ".json"), text_of(to_json(record())) + "\n");
  } catch (const Error& error) {
    fmt::print(stderr, "assay: the record of a task is not kept: {}\n", error.what());
  }
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
  const TimePoint begin = real_clock().now() + (at - real_clock().wall());
  // The engine waits for the instant by itself; a far one can be stopped before.
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, stop, begin - std::chrono::milliseconds(200), [] { return false; });
  if (stop.stop_requested()) throw Error("stopped before it began", ExitCode::interrupted);
  return begin;
}

void Task::step(JobStep step) {
  {
    const std::lock_guard lock(mutex_);
    record_.phase = assay::to_string(step);
  }
  tell_state();
}

void Task::checked(const CheckOutcome& outcome, std::string_view when) {
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
  {
    const std::lock_guard lock(mutex_);
    record_.groups = groups_json(plan);
    record_.in_force = setup_->workload->options_in_force();
    plan_ = RunPlan();
    plan_.interval = plan.interval;
    operations_.clear();
    nested_.clear();
    series_.clear();
    totals_.clear();
    told_interval_ = -1;
    for (const GroupPlan& group : plan.groups) {
      GroupPlan kept;
      kept.group.name = group.group.name;
      kept.group.operations = group.group.operations;
      kept.group.counters = group.group.counters;
      plan_.groups.push_back(std::move(kept));
      std::vector<std::string>& names = operations_.emplace_back();
      std::vector<bool>& nested = nested_.emplace_back();
      for (const OperationInfo& operation : group.group.operations) {
        names.push_back(operation.name);
        nested.push_back(operation.nested);
      }
      series_.emplace_back(plan.interval, names.size());
      totals_.emplace_back(names.size(), group.group.counters.size());
    }
  }
  tell_state();
}

void Task::live(const Live& live) {
  json groups = json::array();
  for (const LiveGroup& group : live.groups)
    groups.push_back({{"name", group.name},
                      {"rate", group.rate},
                      {"p50_ms", ms(group.p50)},
                      {"p99_ms", ms(group.p99)},
                      {"max_ms", ms(group.max)},
                      {"errors", group.errors},
                      {"retries", group.retries}});
  json out{{"at_s", to_seconds(live.since_start)},
           {"phase", assay::to_string(live.phase)},
           {"left_s", live.left == Nanos::max() ? json(nullptr) : json(to_seconds(live.left))},
           {"operations", live.operations},
           {"errors", live.errors},
           {"groups", std::move(groups)}};
  bool phase_changed = false;
  Nanos interval = std::chrono::seconds(1);
  {
    const std::lock_guard lock(mutex_);
    out["failures"] = failures_so_far();
    phase_changed = record_.phase != assay::to_string(live.phase);
    record_.phase = assay::to_string(live.phase);
    live_ = out;
    if (!series_.empty()) interval = plan_.interval;
  }
  if (phase_changed) tell_state();
  tell_intervals(live.since_start / interval);
  events_.add("live", text_of(out));
}

json Task::failures_so_far() const {
  json out = json::array();
  for (std::size_t g = 0; g < totals_.size(); g++)
    for (std::size_t o = 0; o < totals_[g].operations.size(); o++)
      for (int kind = 0; kind < kFailureKinds; kind++)
        if (const std::uint64_t count = totals_[g].operations[o].failures[kind]; count > 0)
          out.push_back({{"group", plan_.groups[g].group.name},
                         {"operation", operations_[g][o]},
                         {"kind", assay::to_string(static_cast<FailureKind>(kind))},
                         {"count", count}});
  return out;
}

void Task::event(const Event& event) {
  log(event.kind == "change" || event.kind == "steady" ? "info" : "warning",
      fmt::format("{}: {}", event.kind, event.text));
}

void Task::interval(std::size_t group, const Interval& interval) {
  // Only a coordinator asks for pieces.
  std::string text = request_.sharded ? text_of(assay::to_json(group, interval)) : std::string();
  const std::lock_guard lock(mutex_);
  if (group < series_.size()) {
    series_[group].add(interval.index, interval.phase, interval.stats);
    totals_[group].merge(interval.stats);
    for (const auto& [phase, stats] : interval.strays) {
      series_[group].add(interval.index, interval.phase, stats);
      totals_[group].merge(stats);
    }
    std::vector<Series*> all;
    for (Series& series : series_) all.push_back(&series);
    Series::keep_within(Series::kMostBytes, all);
  }
  if (!request_.sharded) return;
  piece_bytes_ += text.size();
  pieces_.push_back({++last_piece_, std::move(text)});
  while (pieces_.size() > kMostPieces || piece_bytes_ > kMostPieceBytes) {
    piece_bytes_ -= pieces_.front().text.size();
    pieces_.pop_front();
  }
}

/// Readers are told of intervals when they are over, each once.
void Task::tell_intervals(std::int64_t before) {
  const std::lock_guard lock(mutex_);  // of the events too: past() must see both or neither
  for (const auto& [index, out] : page_intervals(told_interval_ + 1, before)) {
    told_interval_ = std::max(told_interval_, index);
    events_.add("interval", text_of(out));
  }
}

/// Under mutex_: the intervals of the time line with numbers from `first` and below `before`.
std::map<std::int64_t, json> Task::page_intervals(std::int64_t first, std::int64_t before) const {
  std::map<std::int64_t, json> found;
  for (std::size_t g = 0; g < series_.size(); g++)
    for (auto at = series_[g].intervals().rbegin(); at != series_[g].intervals().rend(); ++at) {
      const std::int64_t base = at->index * (series_[g].interval() / plan_.interval);
      if (base < first) break;
      if (base >= before) continue;
      json& out = found[base];
      if (out.is_null())
        out = {{"index", base},
               {"start_s", to_seconds(series_[g].interval() * at->index)},
               {"length_s", to_seconds(series_[g].interval())},
               {"phase", assay::to_string(at->phase)},
               {"groups", json::array()}};
      json group = page_group(*at, operations_[g], nested_[g]);
      group["name"] = plan_.groups[g].group.name;
      out["groups"].push_back(std::move(group));
    }
  return found;
}

Task::Past Task::past() const {
  const std::lock_guard lock(mutex_);
  Past past{.record = record_, .intervals = {}, .event = events_.last()};
  for (const auto& [index, out] : page_intervals(0, told_interval_ + 1)) past.intervals.push_back(text_of(out));
  return past;
}

json Task::pieces(std::uint64_t since, std::size_t most) const {
  json out = json::array();
  const std::lock_guard lock(mutex_);
  std::uint64_t last = since;
  for (const Piece& piece : pieces_)
    if (piece.number > since && out.size() < most) {
      out.push_back(piece.text);
      last = piece.number;
    }
  const std::uint64_t first = pieces_.empty() ? last_piece_ + 1 : pieces_.front().number;
  return {{"pieces", std::move(out)}, {"last", last}, {"lost", since + 1 < first ? first - since - 1 : 0}};
}

json Task::live_figures() const {
  const std::lock_guard lock(mutex_);
  return live_;
}

Task::Totals Task::totals() const {
  Totals out;
  const std::lock_guard lock(mutex_);
  for (std::size_t g = 0; g < totals_.size(); g++)
    for (std::size_t o = 0; o < totals_[g].operations.size(); o++)
      out.operations.push_back({plan_.groups[g].group.name, operations_[g][o], totals_[g].operations[o]});
  return out;
}

void Task::save(const Document& document) {
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
  const RunOutcome outcome = outcome_of(whole);
  const RunPlan plan = plan_of(whole);
  RunSummary summary = summarize_run(plan, outcome);
  summary.of_whole_job = true;
  return setup_->workload->conclude(summary);
}

void Task::TaskProgress::start(std::string_view what, std::string_view unit, std::uint64_t total) {
  const std::lock_guard lock(mutex_);
  what_ = what;
  unit_ = unit;
  total_ = total;
  done_ = 0;
  begin_ = real_clock().now();
  tell();
}

void Task::TaskProgress::advance(std::uint64_t units) {
  const std::lock_guard lock(mutex_);
  done_ += units;
  if (done_ >= total_ || real_clock().now() - told_ >= kTellProgress) tell();
}

void Task::TaskProgress::tell() {
  told_ = real_clock().now();
  const double seconds = to_seconds(told_ - begin_);
  task_.events_.add("progress", text_of({{"what", what_},
                                         {"unit", unit_},
                                         {"done", done_},
                                         {"total", total_},
                                         {"rate", seconds > 0 ? static_cast<double>(done_) / seconds : 0}}));
}

void Task::TaskProgress::note(std::string_view line) { task_.log("info", line); }

}  // namespace assay::agent
