#include "core/crew.h"

#include "base/error.h"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <system_error>

namespace assay {
namespace {

/// Operations that were due and never begun count as timed out: their time until now is what a user would have waited.
/// Which operations they would have been is drawn by a client made for that: the group's own may be in the middle of one.
std::uint64_t record_abandoned(Roster& roster, TimePoint now, const Group& group, Recorder& recorder) {
  const Failure failure{FailureKind::timeout, "", "due in the measured time and not begun when the drain ended"};
  std::unique_ptr<Client> drawing;
  std::uint64_t count = 0;
  roster.abandon(now, [&](const Roster::Abandoned& one) {
    count++;
    if (!one.operation && drawing == nullptr) drawing = group.make_client(0);
    OperationId operation = one.operation ? *one.operation : drawing->next(one.payload);
    if (operation == kNothingMore) operation = OperationId{0};
    recorder.failed(operation, {.due = one.due, .sent = now, .end = now, .wait = now - one.due}, failure);
  });
  return count;
}

}  // namespace

void Muster::opened(const Result<>& result) {
  const std::lock_guard lock(mutex_);
  if (!result && !failure_) failure_ = result.error();
  opening_--;
  changed_.notify_all();
}

std::optional<Failure> Muster::wait_opened(const std::stop_token& stop, const std::function<void()>& cancel) {
  std::unique_lock lock(mutex_);
  const auto all = [this] { return opening_ == 0; };
  if (!changed_.wait(lock, stop, all)) {
    lock.unlock();
    cancel();
    lock.lock();
    changed_.wait(lock, all);
    if (!failure_) failure_ = Failure{FailureKind::cancelled, "", "the run was stopped before it began"};
  }
  return failure_;
}

bool Muster::all_opened() const {
  const std::lock_guard lock(mutex_);
  return opening_ == 0;
}

std::optional<Failure> Muster::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

// --------------------------------------------------------------------------------------------------------------
// FiberCrew

FiberCrew::FiberCrew(runtime::Loop& loop, GroupRun& group, std::unique_ptr<Roster> roster, std::size_t sessions,
                     Muster& muster, TriggerFunction trigger, std::uint64_t seed)
    : loop_(loop),
      group_(group),
      roster_(std::move(roster)),
      roster_triggered_(group.plan.group.triggered),
      environment_{loop.clock(), [this](TimePoint t) { return loop_.sleep_until(t) != runtime::Ready::cancelled; },
                   std::move(trigger)},
      working_(sessions) {
  alarm_.fire = [this] { wake_for_due(loop_.clock().now()); };
  loop_.add_alarm(alarm_);
  loop_.add_alarm(roll_);
  for (std::size_t i = 0; i < sessions; i++) {
    slots_.push_back(std::make_unique<Slot>(group_, environment_, hash_of(seed, 0x5107, i)));
    loop_.spawn([this, slot = slots_.back().get(), &muster] { serve(*slot, muster); });
  }
}

FiberCrew::~FiberCrew() {
  loop_.remove_alarm(alarm_);
  loop_.remove_alarm(roll_);
}

void FiberCrew::serve(Slot& slot, Muster& muster) {
  const Result<> opened = slot.open();
  mustered_.push_back(&loop_.self());
  muster.opened(opened);
  loop_.park();
  std::erase(mustered_, &loop_.self());
  if (!dismissed_ && phases_ != nullptr) {
    slot.start(*phases_, *recorder_);
    work(slot);
  }
  if (working_ == 1) recorder_.reset();  // hands over the last interval
  ended_at_ = loop_.clock().now();
  working_--;
}

[[gnu::hot]] void FiberCrew::work(Slot& slot) {
  TimePoint now = loop_.clock().now();
  Roster::Lease lease;
  for (unsigned operations = 0;;) {
    if (!slot.ready(now) || loop_.cancelled()) break;
    if (roster_->take(now, lease)) {
      if (!idle_.empty()) wake_for_due(now);
      now = slot.perform(lease, now);
      roster_->give_back(lease.seat, now);
      if (!idle_.empty()) wake_for_due(now);
      if ((++operations & 1023) ==
          0) {  // a target that never makes us wait must not keep the loop from its other duties
        loop_.yield();
        now = loop_.clock().now();
      }
      continue;
    }
    if (over()) break;
    idle_.push_back(&loop_.self());
    alarm_.at = roster_->next_due();
    const runtime::Ready ready = loop_.park();
    std::erase(idle_, &loop_.self());
    if (ready == runtime::Ready::cancelled) break;
    now = loop_.clock().now();
  }
  if (loop_.cancelled()) abandon();
  wake_all();
}

[[gnu::hot]] void FiberCrew::wake_for_due(TimePoint now) {
  const TimePoint due = roster_->next_due();
  if (due <= now && !idle_.empty()) {
    runtime::Loop::Task* task = idle_.front();  // the longest idle, so that every session is used
    idle_.pop_front();
    loop_.unpark(*task);
  }
  alarm_.at = idle_.empty() ? TimePoint::max() : std::max(due, now + Nanos(1));
  if (due == TimePoint::max() && over()) wake_all();
}

void FiberCrew::wake_all() {
  for (runtime::Loop::Task* task : idle_) loop_.unpark(*task);
  idle_.clear();
  alarm_.at = TimePoint::max();
}

void FiberCrew::abandon() {
  if (abandoned_done_ || !recorder_) return;
  abandoned_done_ = true;
  const TimePoint now = loop_.clock().now();
  abandoned_ = record_abandoned(*roster_, now, group_.plan.group, *recorder_);
}

void FiberCrew::start(const Phases& phases, TimePoint begin, Nanos ramp_up, Nanos interval) {
  loop_.post([this, &phases, begin, ramp_up, interval] {
    phases_ = &phases;
    recorder_.emplace(phases, interval, group_.mailbox);
    roster_->start(begin, ramp_up);
    roll_.at = recorder_->closes();
    roll_.fire = [this, interval] {
      const TimePoint now = loop_.clock().now();
      if (recorder_) recorder_->roll(now);
      roll_.at = recorder_ ? std::min(recorder_->closes(), now + interval) : TimePoint::max();
    };
    for (runtime::Loop::Task* task : mustered_) loop_.unpark(*task);
  });
}

void FiberCrew::dismiss() {
  loop_.post([this] {
    dismissed_ = true;
    for (runtime::Loop::Task* task : mustered_) loop_.unpark(*task);
  });
}

void FiberCrew::trigger(std::uint64_t payload, TimePoint due) {
  const auto take_in = [this, payload, due] {
    roster_->trigger(payload, due);
    wake_for_due(std::max(due, loop_.clock().now()));
  };
  if (runtime::Loop::current() == &loop_)
    take_in();
  else
    loop_.post(take_in);
}

void FiberCrew::limit(TimePoint from, std::uint64_t operations) {
  loop_.post([this, from, operations] { roster_->limit(from, operations); });
}

void FiberCrew::close(TimePoint end) {
  loop_.post([this, end] {
    roster_->close(end);
    wake_for_due(loop_.clock().now());
  });
}

void FiberCrew::change(Roster::Change change) {
  // Actions of a loop are copied.
  loop_.post([this, shared = std::make_shared<Roster::Change>(std::move(change))] {
    roster_->change(std::move(*shared));
    wake_for_due(loop_.clock().now());
  });
}

void FiberCrew::no_more_triggers() {
  loop_.post([this] {
    no_more_triggers_ = true;
    if (over()) wake_all();
  });
}

void FiberCrew::cancel() { loop_.cancel(); }

// -------------------------------------------------------------------------------------------------------------
// ThreadCrew

ThreadCrew::ThreadCrew(const Clock& clock, GroupRun& group, std::unique_ptr<Roster> roster, std::size_t sessions,
                       Muster& muster, TriggerFunction trigger, std::uint64_t seed)
    : clock_(clock),
      group_(group),
      roster_(std::move(roster)),
      roster_triggered_(group.plan.group.triggered),
      environment_{clock, [this](TimePoint t) { return sleep_until(t); }, std::move(trigger)},
      working_(sessions) {
  for (std::size_t i = 0; i < sessions; i++) {
    slots_.push_back(std::make_unique<Slot>(group_, environment_, hash_of(seed, 0x5107, i)));
    try {
      threads_.emplace_back([this, slot = slots_.back().get(), &muster] { serve(*slot, muster); });
    } catch (const std::system_error& error) {
      for (std::size_t missing = i; missing < sessions; missing++) {
        working_--;
        muster.opened(fail(FailureKind::overloaded, fmt::format("this machine gives no thread for session {} of {}: {}",
                                                                i + 1, sessions, error.what())));
      }
      break;
    }
  }
}

ThreadCrew::~ThreadCrew() {
  if (working_ > 0) {  // whoever made it failed
    dismiss();
    cancel();
  }
  threads_.clear();
}

void ThreadCrew::serve(Slot& slot, Muster& muster) {
  prctl(PR_SET_TIMERSLACK, 1UL);
  muster.opened(slot.open());
  bool go = false;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return phases_ != nullptr || dismissed_; });
    go = !dismissed_;
  }
  if (go) {
    Recorder recorder(*phases_, interval_, group_.mailbox, true);
    slot.start(*phases_, recorder);
    work(slot, recorder);
  }
  ended_at_ = clock_.now();
  working_--;
}

void ThreadCrew::work(Slot& slot, Recorder& recorder) {
  TimePoint now = clock_.now();
  Roster::Lease lease;
  std::unique_lock lock(mutex_);
  for (;;) {
    lock.unlock();
    const bool ready = slot.ready(now);
    lock.lock();
    if (!ready || cancelled_) break;
    if (roster_->take(now, lease)) {
      if (roster_->next_due() <= now) led_.notify_one();  // there is more to do than for this slot
      lock.unlock();
      now = slot.perform(lease, now);
      lock.lock();
      roster_->give_back(lease.seat, now);
      if (over() || roster_->next_due() > now)
        changed_.notify_one();  // the leader may have to wait for another time now
      continue;
    }
    if (over()) break;
    wait_for_due(lock);
    now = clock_.now();
  }
  now = clock_.now();
  if (cancelled_) abandoned_ += record_abandoned(*roster_, now, group_.plan.group, recorder);
  changed_.notify_all();
  led_.notify_all();
}

void ThreadCrew::wait_for_due(std::unique_lock<std::mutex>& lock) {
  if (leader_) {
    led_.wait(lock);
    return;
  }
  leader_ = true;
  const TimePoint due = roster_->next_due();
  if (due == TimePoint::max())
    changed_.wait(lock);
  else
    changed_.wait_until(lock, due);
  leader_ = false;
  led_.notify_one();  // the next leader; it goes back to waiting when nothing is due
}

bool ThreadCrew::sleep_until(TimePoint at) {
  std::unique_lock lock(mutex_);
  while (!cancelled_ && clock_.now() < at) stopped_.wait_until(lock, at);
  return !cancelled_;
}

void ThreadCrew::start(const Phases& phases, TimePoint begin, Nanos ramp_up, Nanos interval) {
  const std::lock_guard lock(mutex_);
  roster_->start(begin, ramp_up);
  interval_ = interval;
  phases_ = &phases;
  changed_.notify_all();
}

void ThreadCrew::dismiss() {
  const std::lock_guard lock(mutex_);
  dismissed_ = true;
  changed_.notify_all();
}

void ThreadCrew::trigger(std::uint64_t payload, TimePoint due) {
  const std::lock_guard lock(mutex_);
  roster_->trigger(payload, due);
  changed_.notify_all();
  led_.notify_one();
}

void ThreadCrew::limit(TimePoint from, std::uint64_t operations) {
  const std::lock_guard lock(mutex_);
  roster_->limit(from, operations);
}

void ThreadCrew::close(TimePoint end) {
  const std::lock_guard lock(mutex_);
  roster_->close(end);
  changed_.notify_all();
  led_.notify_all();
}

void ThreadCrew::change(Roster::Change change) {
  const std::lock_guard lock(mutex_);
  roster_->change(std::move(change));
  changed_.notify_all();
  led_.notify_all();
}

void ThreadCrew::no_more_triggers() {
  const std::lock_guard lock(mutex_);
  no_more_triggers_ = true;
  changed_.notify_all();
  led_.notify_all();
}

void ThreadCrew::cancel() {
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    stopped_.notify_all();
    changed_.notify_all();
    led_.notify_all();
  }
  for (const auto& slot : slots_) slot->interrupt();
}

}  // namespace assay
