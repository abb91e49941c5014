#include "core/run_mark.h"

#include "base/error.h"
#include "base/process.h"
#include "core/parallel.h"
#include "runtime/wait.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace assay {
namespace {

constexpr std::string_view kRunMarks = "run/", kEndedMarks = "ended/";
constexpr Nanos kLook = std::chrono::milliseconds(200);
constexpr Nanos kLastTry = std::chrono::seconds(1);

std::string begun(std::string_view id) { return fmt::format("{}{}", kRunMarks, id); }
std::string ended(std::string_view id) { return fmt::format("{}{}", kEndedMarks, id); }
std::string_view process_of(std::string_view value) { return value.substr(value.rfind(' ') + 1); }

}  // namespace

RunMark::RunMark(std::string_view owner) : owner_(owner), process_(ProcessIdentity::own_name()) {}

std::string RunMark::value(std::uint64_t beat) const {
  return fmt::format("{}/{} {} {}", shard_.index, shard_.count, beat, process_);
}

RunMark::~RunMark() {
  stop_beating();
  if (!marked_) return;
  try {
    const runtime::TimeLimit limit(kLastTry);
    const std::unique_ptr<Session> session = open_session(*target_);
    Meta(*session, owner_).put(ended(id_), "");
  } catch (const Error&) {  // the next run finds that it does not beat
  }
}

void RunMark::begin(Target& target, Session& session, Shard shard) {
  stop_beating();
  target_ = &target;
  shard_ = shard;
  alive_.clear();
  ended_.clear();
  std::random_device random;
  id_ = fmt::format("{:08x}{:08x}", random(), random());
  Meta meta(session, owner_);
  // First of all, so that of two that begin at once at least one sees the other.
  meta.put(begun(id_), value(0));
  marked_ = true;
  thread_ = std::jthread([this, &target](const std::stop_token& stop) { keep_alive(stop, target); });
  for (const std::string& id : the_dead(meta)) meta.erase(begun(id));
  for (const auto& [name, value] : meta.all(kEndedMarks)) ended_.insert(name.substr(kEndedMarks.size()));
  alive_ = under_way(meta);
  if (!alive_.empty()) return;
  for (const std::string& id : ended_) {
    meta.erase(begun(id));
    meta.erase(ended(id));
  }
}

RunMark::Beats RunMark::under_way(Meta& meta) const {
  Beats found;
  for (auto& [name, value] : meta.all(kRunMarks)) found.emplace(name.substr(kRunMarks.size()), value);
  found.erase(id_);
  for (const auto& [name, value] : meta.all(kEndedMarks)) found.erase(name.substr(kEndedMarks.size()));
  return found;
}

/// A look that took long says nothing of the time it took: the target may have stood still, and with it those who beat.
std::set<std::string> RunMark::the_dead(Meta& meta) const {
  const Beats first = under_way(meta);
  std::set<std::string> gone, still;  // those that have not moved yet
  for (const auto& [id, value] : first) (ProcessIdentity::is_gone(process_of(value)) ? gone : still).insert(id);
  TimePoint looked = real_clock().now();
  for (Nanos watched{}; !still.empty() && watched < kPatience;) {
    if (runtime::sleep_until(looked + kLook) == runtime::Ready::cancelled)
      throw Error("interrupted", ExitCode::interrupted);
    const Beats now = under_way(meta);
    const TimePoint then = std::exchange(looked, real_clock().now());
    watched += std::min(looked - then, 2 * kLook);
    std::erase_if(still, [&](const std::string& id) { return !now.contains(id) || now.at(id) != first.at(id); });
  }
  still.merge(gone);
  return still;
}

std::size_t RunMark::count_under_way(Session& session, std::string_view owner) {
  const RunMark nobody(owner);
  Meta meta(session, owner);
  const std::set<std::string> dead = nobody.the_dead(meta);
  Beats found = nobody.under_way(meta);
  for (const std::string& id : dead) found.erase(id);
  return found.size();
}

void RunMark::keep_alive(const std::stop_token& stop, Target& target) {
  const runtime::StopScope scope(stop);
  std::unique_lock lock(mutex_);
  for (std::uint64_t beat = 1;; beat++) {
    wake_.wait_for(lock, stop, kBeat, [] { return false; });
    if (stop.stop_requested()) return;
    lock.unlock();
    // Only this thread replaces the session; another one interrupts it at most.
    Session* session = beating_.get();
    try {
      if (session == nullptr) {
        std::unique_ptr<Session> opened = open_session(target);
        lock.lock();
        beating_ = std::move(opened);
        session = beating_.get();
        lock.unlock();
      }
      if (!stop.stop_requested()) Meta(*session, owner_).put(begun(id_), value(beat));
      lock.lock();
    } catch (const Error&) {  // the target is away, or busy: with the next beat anew
      if (!lock.owns_lock()) lock.lock();
      beating_.reset();
    }
  }
}

void RunMark::stop_beating() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  {
    const std::lock_guard lock(mutex_);
    if (beating_ != nullptr) beating_->interrupt();
  }
  thread_.join();
  beating_.reset();
}

bool RunMark::own_job(std::string_view value) const {
  const std::string_view shard = value.substr(0, value.find(' '));
  return shard_.count > 1 && shard.ends_with(fmt::format("/{}", shard_.count)) &&
         !shard.starts_with(fmt::format("{}/", shard_.index));
}

std::size_t RunMark::others() const {
  return static_cast<std::size_t>(
      std::count_if(alive_.begin(), alive_.end(), [&](const auto& other) { return !own_job(other.second); }));
}

void RunMark::withdraw(Session& session) {
  stop_beating();
  if (std::exchange(marked_, false)) Meta(session, owner_).erase(begun(id_));
}

std::size_t RunMark::end(Session& session) {
  stop_beating();
  marked_ = false;  // whatever comes now is tried once
  Meta meta(session, owner_);
  Beats others;
  for (const auto& [name, value] : meta.all(kRunMarks)) others.emplace(name.substr(kRunMarks.size()), value);
  for (const std::string& id : ended_) others.erase(id);
  others.insert(alive_.begin(), alive_.end());  // also one that died meanwhile, and was removed by a third
  others.erase(id_);
  meta.put(ended(id_), "");
  return static_cast<std::size_t>(
      std::count_if(others.begin(), others.end(), [&](const auto& other) { return !own_job(other.second); }));
}

}  // namespace assay
