#include "agent/tasks.h"

#include "base/error.h"
#include "net/http_server.h"
#include "results/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace assay::agent {

namespace fs = std::filesystem;

namespace {

constexpr Nanos kTelling = std::chrono::seconds(2);
constexpr std::size_t kHeldShares = 4;  // each has its whole time line

/// Of a result that was saved before its task had ended.
void take_verdict(TaskRecord& record, const fs::path& result) {
  try {
    const Document document = read_document(result);
    record.verdict = to_string(document.verdict.verdict);
    record.summary = summary_of(document);
  } catch (const Error& error) {
    record.error += fmt::format("; its result cannot be read: {}", error.what());
    record.has_result = false;
  }
}

}  // namespace

Tasks::Tasks(fs::path folder, MakeExecutor executor) : folder_(std::move(folder)), executor_(std::move(executor)) {
  std::error_code failed;
  for (const char* part : {"tasks", "results"}) {
    fs::create_directories(folder_ / part, failed);
    if (failed)
      throw Error(fmt::format("the folder {} cannot be made: {}", (folder_ / part).string(), failed.message()),
                  ExitCode::output_failed);
  }
  lock_ = open((folder_ / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0 || flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    if (lock_ >= 0) close(lock_);
    throw Error(fmt::format("the folder {} is in use by another agent or page; expected a folder of its own",
                            folder_.string()));
  }
  read_records();
}

Tasks::~Tasks() {
  shut_down(std::chrono::seconds(60));
  current_.reset();
  last_run_.reset();
  if (lock_ >= 0) close(lock_);
}

void Tasks::read_records() {
  for (const auto& entry : fs::directory_iterator(folder_ / "tasks")) {
    if (entry.path().extension() != ".json") continue;
    try {
      TaskRecord record = read_record(entry.path());
      if (!has_ended(record.state)) {
        record.state = TaskState::failed;
        record.phase.clear();
        record.error = "the agent ended while the task was under way";
        record.has_result = fs::exists(result_file(record.id));
        if (record.has_result) take_verdict(record, result_file(record.id));
      }
      record.has_result = record.has_result && fs::exists(result_file(record.id));  // it may have been held in memory
      ended_.push_back(std::move(record));
    } catch (const std::exception& error) {
      fmt::print(stderr, "assay: {} is left out: {}\n", entry.path().string(), error.what());
    }
  }
  std::sort(ended_.begin(), ended_.end(), [](const TaskRecord& a, const TaskRecord& b) {
    return std::tie(a.accepted, a.id) < std::tie(b.accepted, b.id);
  });
}

Tasks::Started Tasks::start(TaskRequest request) {
  if (!starts_) throw net::HttpError{409, "this process carries out one run, and ends with it; assay ui starts others"};
  const std::lock_guard lock(mutex_);
  if (const std::optional<TaskRecord> before = begun_with(request.key.key)) {
    require_same(request.key, before->fingerprint);
    return {before->id, false};
  }
  if (current_ != nullptr) {
    const TaskRecord now = current_->record();
    if (!has_ended(now.state))
      throw net::HttpError{409, fmt::format("{} of {} is under way (task {}); stop it, or wait for its end", now.verb,
                                            now.workload, now.id)};
  }
  auto next =
      std::make_shared<Task>(std::move(request), folder_, executor_);  // throws for mistakes; then nothing has changed
  try {
    write_record(folder_, next->record());
  } catch (const Error& error) {
    throw net::HttpError{500, fmt::format("nothing was begun, as nothing of it could be kept: {}", error.what())};
  }
  if (current_ != nullptr) {
    ended_.push_back(current_->record());
    if (current_->is_share()) shares_.push_back(current_);
    if (current_->is_run()) last_run_ = current_;
    if (shares_.size() > kHeldShares) shares_.pop_front();
  }
  current_ = next;
  next->begin();
  return {next->id(), true};
}

std::optional<TaskRecord> Tasks::begun_with(const std::string& key) const {
  if (key.empty()) return std::nullopt;
  if (current_ != nullptr)
    if (TaskRecord record = current_->record(); record.key == key) return record;
  for (const TaskRecord& record : ended_)
    if (record.key == key) return record;
  return std::nullopt;
}

std::string Tasks::result_text(const std::string& id) const {
  if (const std::shared_ptr<Task> task = find_held(id))
    if (const std::shared_ptr<const std::string> text = task->unwritten_result()) return *text;
  std::ifstream file(result_file(id), std::ios::binary);
  if (!file) throw net::HttpError{404, fmt::format("the task {} has no result", id)};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::shared_ptr<Task> Tasks::last_run() const {
  const std::lock_guard lock(mutex_);
  return current_ != nullptr && current_->is_run() ? current_ : last_run_;
}

std::shared_ptr<Task> Tasks::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

std::shared_ptr<Task> Tasks::find_held(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  if (current_ != nullptr && current_->id() == id) return current_;
  const auto share = std::find_if(shares_.begin(), shares_.end(), [&](const auto& task) { return task->id() == id; });
  return share == shares_.end() ? nullptr : *share;
}

std::vector<TaskRecord> Tasks::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<TaskRecord> out;
  if (current_ != nullptr) out.push_back(current_->record());
  out.insert(out.end(), ended_.rbegin(), ended_.rend());
  return out;
}

std::optional<TaskRecord> Tasks::find(const std::string& id) const {
  for (TaskRecord& record : all())
    if (record.id == id) return std::move(record);
  return std::nullopt;
}

TaskRecord Tasks::require(const std::string& id) const {
  std::optional<TaskRecord> found = find(id);
  if (!found) throw net::HttpError{404, fmt::format("there is no task '{}'", id)};
  return *std::move(found);
}

void Tasks::shut_down(Nanos patience) {
  const std::shared_ptr<Task> task = current();
  if (task == nullptr) return;
  task->stop();
  if (!starts_ && task->record().state == TaskState::waiting) return;  // whose it is has not begun it, and will not
  if (task->wait_ended(patience)) task->events().wait_unfollowed(kTelling);
}

}  // namespace assay::agent
