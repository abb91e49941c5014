#include "core/slot.h"

#include "base/error.h"

#include <algorithm>

namespace assay {
namespace {

bool retried(FailureKind kind) noexcept { return kind == FailureKind::conflict || kind == FailureKind::overloaded; }

/// After such a failure the state of the conversation is unknown: the session is given up.
bool loses_session(FailureKind kind) noexcept {
  return kind == FailureKind::disconnected || kind == FailureKind::timeout || kind == FailureKind::cancelled;
}

}  // namespace

Slot::Slot(GroupRun& group, const Environment& environment, std::uint64_t seed)
    : group_(group), environment_(environment), random_(seed), counts_(group.plan.group.counters.size()) {}

Slot::~Slot() { close_session(); }

Result<> Slot::open() {
  Result<std::unique_ptr<Session>> opened = group_.plan.target->connect();
  if (!opened) return tl::unexpected(std::move(opened.error()));
  std::unique_ptr<Session> session = std::move(*opened);
  if (QueryFacet* query = session->query()) query->declare(group_.plan.group.statements);
  if (group_.plan.group.set_up)
    if (Result<> set_up = group_.plan.group.set_up(*session); !set_up) return set_up;
  const std::lock_guard lock(session_mutex_);
  owned_ = std::move(session);
  session_ = owned_.get();
  return {};
}

void Slot::close_session() noexcept {
  if (owned_ == nullptr) return;
  group_.round_trips += owned_->round_trips();
  const std::lock_guard lock(session_mutex_);
  owned_.reset();
  session_ = nullptr;
}

void Slot::interrupt() noexcept {
  const std::lock_guard lock(session_mutex_);
  if (owned_ != nullptr) owned_->interrupt();
}

void Slot::start(const Phases& phases, Recorder& recorder) noexcept {
  phases_ = &phases;
  recorder_ = &recorder;
  free_since_ = phases.start();
}

void Slot::count(CounterId counter, std::uint64_t n) noexcept {
  counts_[static_cast<std::size_t>(counter)] += n;
  counted_ = true;
}

void Slot::record(OperationId operation, TimePoint due, TimePoint end) noexcept {
  recorder_->timed(operation, due, end);
}

void Slot::trigger(std::size_t group, std::uint64_t payload) { environment_.trigger(group, payload, now()); }

[[gnu::always_inline]] inline Result<> Slot::attempt(const Roster::Lease& lease) {
  items_ = 1;
  bytes_ = 0;
  if (counted_) {
    std::fill(counts_.begin(), counts_.end(), 0);
    counted_ = false;
  }
  return lease.client->run(*this, lease.operation);
}

bool Slot::back_off(int tries) {
  const Nanos most = std::min(group_.retry.cap, group_.retry.first * (std::int64_t{1} << std::min(tries, 20)));
  const Nanos pause(static_cast<std::int64_t>(random_.unit() * static_cast<double>(most.count())));
  return environment_.sleep_until(environment_.clock.now() + pause);
}

[[gnu::hot]] TimePoint Slot::perform(const Roster::Lease& lease, TimePoint now) {
  const TimePoint free = std::max(free_since_, lease.free_since);
  Completion completion{.due = lease.due,
                        .sent = now,
                        .end = now,
                        .wait = std::max(free - lease.due, Nanos(0)),
                        .lag = std::max(now - std::max(lease.due, free), Nanos(0))};
  if (const Nanos ours = std::min(completion.wait, group_.standstills.within(lease.due, now)); ours > Nanos(0)) {
    completion.wait -= ours;
    completion.lag += ours;
  }
  due_ = lease.due;
  Result<> result = attempt(lease);
  int tries = 0;
  while (!result && retried(result.error().kind) && !result.error().in_doubt && tries < group_.retry.most) {
    if (Result<> reset = session_->reset(); !reset) {
      result = std::move(reset);
      break;
    }
    if (!back_off(tries++)) break;
    completion.retries++;
    result = attempt(lease);
  }
  completion.end = environment_.clock.now();
  if (result) {
    completion.items = items_;
    completion.bytes = bytes_;
    recorder_->succeeded(lease.operation, completion);
    if (counted_)
      for (std::size_t i = 0; i < counts_.size(); i++)
        if (counts_[i] != 0)
          recorder_->count(CounterId{static_cast<std::uint16_t>(i)}, counts_[i], lease.due, completion.end);
    if (group_.outages.in_spell())
      group_.outages.succeeded(on_time_line(completion.sent), on_time_line(completion.end));
    free_since_ = completion.end;
    // A lease returned with something open is rolled back; costs nothing when nothing is.
    if (Result<> reset = session_->reset())
      return completion.end;
    else
      result = std::move(reset);
  } else {
    recorder_->failed(lease.operation, completion, result.error());
    if (!loses_session(result.error().kind)) result = session_->reset();
  }
  if (!result) lose_session(free_since_, result.error());
  free_since_ = environment_.clock.now();
  return completion.end;
}

void Slot::lose_session(TimePoint worked, const Failure& failure) {
  close_session();
  if (failure.kind == FailureKind::cancelled) return;
  group_.outages.lost(on_time_line(worked), on_time_line(environment_.clock.now()), failure.message);
}

[[gnu::hot]] bool Slot::ready(TimePoint& now) {
  if (owned_ != nullptr) return true;
  for (Nanos pause = std::chrono::milliseconds(20);; pause = std::min<Nanos>(pause * 2, std::chrono::seconds(1))) {
    const Result<> opened = open();
    if (opened) break;
    if (opened.error().kind == FailureKind::cancelled) return false;
    group_.outages.refused(on_time_line(environment_.clock.now()), opened.error().message);
    // Jitter, so that hundreds of sessions do not come back in step.
    const Nanos jittered(static_cast<std::int64_t>((0.5 + random_.unit()) * static_cast<double>(pause.count())));
    if (!environment_.sleep_until(environment_.clock.now() + jittered)) return false;
  }
  free_since_ = now = environment_.clock.now();
  group_.outages.reopened(on_time_line(now));
  return true;
}

}  // namespace assay
