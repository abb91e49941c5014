#include "runtime/loop.h"

#include "base/error.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <span>
#include <string_view>
#include <thread>
#include <utility>

namespace assay::runtime {
namespace {

thread_local Loop* current_loop = nullptr;
constexpr Nanos kDeadlineGranularity = std::chrono::milliseconds(100);
// A time so far away is left to the ring, once for all turns until half of this before it: a limit of the wait costs the kernel
// a timer each turn.
constexpr Nanos kFarAway = std::chrono::milliseconds(10);

constexpr std::uint32_t kEnd = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

// What a completion of the ring is about: the number of a reception, its descriptor, and whether of what was sent meanwhile.
constexpr std::uint64_t kEpollIsReady = Ring::kMostAbout, kTimeOut = kEpollIsReady - 1;
enum Half : std::uint64_t { kReceive = 0, kSend = 1 };
constexpr std::uint64_t about(std::uint32_t reception, int fd, Half half) noexcept {
  return (static_cast<std::uint64_t>(reception) << 32) | (static_cast<std::uint64_t>(fd) << 1) | half;
}
// So much may come that nobody waits for, until the peer has to wait.
constexpr std::size_t kMostEarly = 1 << 20;

bool transfers_wanted() {
  const char* said = std::getenv("ASSAY_IO_URING");
  return said == nullptr || std::string_view(said) != "off";
}

timespec to_timespec(Nanos t) {
  return {.tv_sec = static_cast<time_t>(t.count() / 1'000'000'000),
          .tv_nsec = static_cast<long>(t.count() % 1'000'000'000)};
}

/// epoll_pwait2 is of Linux 5.11. Where it is missing, or a sandbox has not heard of it, poll() of the epoll itself waits to the
/// same nanosecond, for one system call more.
int wait_for_events(int epoll, std::span<epoll_event> events, const timespec* limit) {
  static std::atomic<bool> missing = false;
  if (!missing.load(std::memory_order_relaxed)) {
    const int n = epoll_pwait2(epoll, events.data(), static_cast<int>(events.size()), limit, nullptr);
    if (n >= 0 || (errno != ENOSYS && errno != EPERM)) return n;
    missing = true;
  }
  pollfd whole{.fd = epoll, .events = POLLIN, .revents = 0};
  if (const int n = ppoll(&whole, 1, limit, nullptr); n <= 0) return n;
  return epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 0);
}

}  // namespace

struct Loop::Task {
  std::unique_ptr<Fiber> fiber;
  bool waiting = false;
  Ready result = Ready::ready;
  std::uint64_t wait_number = 0;  // so that a timer knows whether it still means this wait
  int fd = -1;                    // the descriptor waited for, or -1
  TimePoint deadline = TimePoint::max();
  bool transferring = false;
  std::span<char> room;   // of the transfer
  bool given_up = false;  // ends as soon as its message is handed over
  Ready why_given_up = Ready::ready;
  Received received{};  // what became of it
};

Loop::Loop(const Clock& clock, Transfers transfers)
    : clock_(clock),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      may_transfer_(transfers == Transfers::automatic && transfers_wanted()) {
  if (epoll_ < 0 || wake_fd_ < 0)
    throw Error("cannot make an epoll or event descriptor: is the limit of open files reached?", ExitCode::internal);
  epoll_event event{.events = EPOLLIN, .data = {.fd = wake_fd_}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_fd_, &event);
}

Loop::~Loop() {
  ASSAY_ASSERT(alive_ == 0 || current_loop == nullptr);
  close(epoll_);
  close(wake_fd_);
}

Loop* Loop::current() noexcept { return current_loop; }

void Loop::spawn(std::function<void()> body) {
  if (free_.empty()) {
    tasks_.push_back(std::make_unique<Task>());
    free_.push_back(tasks_.back().get());
  }
  Task* task = free_.back();
  free_.pop_back();
  task->fiber = std::make_unique<Fiber>(std::move(body));
  task->waiting = false;
  alive_++;
  ready_.push_back(task);
}

void Loop::run() {
  ASSAY_ASSERT(current_loop == nullptr);
  current_loop = this;
  prctl(PR_SET_TIMERSLACK, 1UL);  // else the kernel may wake us 50 µs late
  while (alive_ > 0) turn();
  end_all_receptions();
  current_loop = nullptr;
}

[[gnu::hot]] void Loop::turn() {
  for (std::size_t n = ready_.size(); n > 0; n--) {
    Task* task = ready_.front();
    ready_.pop_front();
    running_ = task;
    task->fiber->resume();
    running_ = nullptr;
    if (task->fiber->done()) {
      task->fiber.reset();
      free_.push_back(task);
      alive_--;
    }
  }
  if (alive_ > 0) poll();
}

[[gnu::hot]] TimePoint Loop::next_time() const noexcept {
  TimePoint next = next_deadline_check_;
  if (!timers_.empty()) next = std::min(next, timers_.top().at);
  for (const Alarm* alarm : alarms_) next = std::min(next, alarm->at);
  return next;
}

[[gnu::hot]] void Loop::poll() {
  const TimePoint next = next_time();
  bool block = ready_.empty();
  timespec timeout{};
  const timespec* limit = block ? limit_of_wait(next, timeout) : &timeout;
  block = limit == nullptr || timeout.tv_sec != 0 || timeout.tv_nsec != 0;
  if (uses_ring())
    poll_ring(block, limit);
  else
    poll_epoll(limit);
  if (next != TimePoint::max()) {
    looked_at_ = clock_.now();
    if (looked_at_ >= next) fire_due(looked_at_);
  }
}

/// nullptr where none is needed. Until it is near, a time is only approached: what is sent while the wait is handed over takes
/// time, in which the limit does not run.
[[gnu::hot]] const timespec* Loop::limit_of_wait(TimePoint until, timespec& limit) {
  if (until == TimePoint::max()) return nullptr;
  // The ring's own time-out is on its way, unless it is late or the clock has jumped.
  if (uses_ring() && ring_wakes_for_ <= until && looked_at_ < ring_wakes_for_ - kFarAway / 2) return nullptr;
  looked_at_ = clock_.now();
  Nanos left = until - looked_at_;
  if (uses_ring() && left >= kFarAway) {
    left -= kFarAway / 2;
    if (ring_wakes_for_ == TimePoint::max()) {
      ring_->time_out(to_timespec(left), kTimeOut);
      ring_wakes_for_ = until;
      return nullptr;
    }
  } else if (uses_ring() && left > Nanos(0) && !ring_->handed_over()) {
    ring_->submit();
    left = until - clock_.now();
  }
  limit = to_timespec(std::max(left, Nanos(0)));
  return &limit;
}

void Loop::poll_epoll(const timespec* limit) {
  std::array<epoll_event, 256> events;
  const int n = wait_for_events(epoll_, events, limit);
  if (n < 0 && errno != EINTR) throw Error(fmt::format("epoll failed: {}", std::strerror(errno)), ExitCode::internal);
  for (int i = 0; i < n; i++) {
    const int fd = events[static_cast<std::size_t>(i)].data.fd;
    if (fd == wake_fd_) {
      std::uint64_t count = 0;
      while (read(wake_fd_, &count, sizeof count) > 0) {
      }
      drain_posted();
      continue;
    }
    Registration& registration = registrations_[static_cast<std::size_t>(fd)];
    // Nobody waits, or for the ring: stay silent until somebody does. An end is told once only where news are waited for, perhaps
    // with the last bytes before it: registered anew, it is told to the next wait, too.
    const bool waited_for = registration.waiter != nullptr && !registration.waiter->transferring;
    if (!waited_for || (events[static_cast<std::size_t>(i)].events & kEnd) != 0) set_events(fd, registration, 0);
    if (waited_for) wake(*registration.waiter, Ready::ready);
  }
}

/// The kernel looks at the epoll for us, too: what it has to say is a completion.
[[gnu::hot]] void Loop::poll_ring(bool block, const timespec* limit) {
  if (!ring_watches_epoll_) {
    ring_->watch(epoll_, kEpollIsReady);
    ring_watches_epoll_ = true;
  }
  std::array<Ring::Completion, 256> room;
  for (const Ring::Completion& completion : ring_->wait(block, limit, room)) completed(completion);
  if (!ring_watches_epoll_) {
    static constexpr timespec kNow{};
    poll_epoll(&kNow);
  }
}

[[gnu::hot]] void Loop::completed(const Ring::Completion& completion) {
  if (completion.about == kEpollIsReady) {
    ring_watches_epoll_ = false;
    return;
  }
  if (completion.about == kTimeOut) {
    ring_wakes_for_ = TimePoint::max();
    return;
  }
  const int fd = static_cast<int>((completion.about & 0xffffffffu) >> 1);
  Registration& registration = registrations_[static_cast<std::size_t>(fd)];
  const bool of_send = (completion.about & 1u) == kSend;
  if (!of_send && completion.last) receptions_--;
  if (registration.reception != completion.about >> 32) {               // forgotten
    if (!of_send && !completion.last) ring_->cancel(completion.about);  // was not found
    return;
  }
  if (!of_send) return received(fd, registration, completion);
  registration.unsent =
      registration.sent - std::min(registration.sent, static_cast<std::size_t>(std::max(completion.result, 0)));
  Task* const task = registration.waiter;
  if (task == nullptr || !task->transferring) return;  // the next one tells
  // No answer may come to a part of a message.
  task->received = {Ready::ready, -EAGAIN, 0};
  wake(*task, Ready::ready);
}

[[gnu::hot]] void Loop::received(int fd, Registration& registration, const Ring::Completion& completion) {
  Task* const task = registration.waiter;
  const bool awaited = task != nullptr && task->transferring;
  std::string_view bytes = completion.bytes;
  if (completion.result > 0) {
    if (awaited) {
      const std::size_t taken = std::min(bytes.size(), task->room.size());
      std::memcpy(task->room.data(), bytes.data(), taken);
      bytes.remove_prefix(taken);
      task->received = {Ready::ready, static_cast<int>(taken), 0};
      wake(*task, Ready::ready);
    }
    if (!bytes.empty()) {
      registration.early += bytes;
      if (registration.early.size() > kMostEarly && !completion.last) ring_->cancel(completion.about);
    }
  }
  if (!completion.last) return;
  registration.receiving = false;
  const bool end = completion.result <= 0 && completion.result != -ENOBUFS && completion.result != -EINTR &&
                   completion.result != -ECANCELED;
  if (end) registration.end = completion.result;
  if (task != nullptr && !task->transferring) {  // end_transfers()
    wake(*task, Ready::ready);
  } else if (awaited && end) {
    task->received = take_early(registration, task->room);
    wake(*task, Ready::ready);
  } else if (awaited && completion.result <= 0) {
    receive(fd, registration);
  }
}

/// A transfer ends when its message, which is memory of others, is not in our hands any more.
void Loop::give_up(Task& task, Ready why) {
  if (!task.transferring) return wake(task, why);
  if (!task.given_up) task.why_given_up = why;  // the first reason counts
  task.given_up = true;
  if (!ring_->handed_over()) ring_->submit();
  if (ring_->handed_over()) {
    task.received = {task.why_given_up, -EAGAIN, 0};
    return wake(task, task.why_given_up);
  }
  next_deadline_check_ = std::min(next_deadline_check_, clock_.now() + kDeadlineGranularity);
}

bool Loop::open_ring() {
  ring_ = Ring::open();
  may_transfer_ = false;  // is not asked again
  uses_io_uring_.store(ring_ != nullptr, std::memory_order_relaxed);
  return ring_ != nullptr;
}

void Loop::fire_due(TimePoint now) {
  while (!timers_.empty() && timers_.top().at <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    if (timer.task->waiting && timer.task->wait_number == timer.wait_number) wake(*timer.task, Ready::timed_out);
  }
  for (std::size_t i = 0; i < alarms_.size(); i++)
    if (alarms_[i]->at <= now) alarms_[i]->fire();
  if (now >= next_deadline_check_) check_deadlines(now);
}

void Loop::check_deadlines(TimePoint now) {
  bool more = false;
  for (const auto& task : tasks_) {
    if (!task->waiting || task->fd < 0) continue;
    if (task->deadline <= now)
      give_up(*task, Ready::timed_out);
    else if (task->transferring && task->given_up)
      give_up(*task, task->why_given_up);
    more = more || (task->waiting && (task->deadline != TimePoint::max() || (task->transferring && task->given_up)));
  }
  next_deadline_check_ = more ? now + kDeadlineGranularity : TimePoint::max();
}

void Loop::drain_posted() {
  std::vector<std::function<void()>> actions;
  {
    const std::lock_guard lock(mutex_);
    actions.swap(posted_);
  }
  for (auto& action : actions) action();
}

void Loop::post(std::function<void()> action) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(action));
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(wake_fd_, &one, sizeof one);
}

void Loop::cancel() {
  post([this] {
    cancelled_.store(true, std::memory_order_relaxed);
    for (const auto& task : tasks_)
      if (task->waiting) give_up(*task, Ready::cancelled);
  });
}

void Loop::add_alarm(Alarm& alarm) { alarms_.push_back(&alarm); }
void Loop::remove_alarm(Alarm& alarm) { std::erase(alarms_, &alarm); }

[[gnu::hot]] void Loop::wake(Task& task, Ready result) {
  if (!task.waiting) return;
  task.waiting = false;
  task.result = result;
  if (task.fd >= 0) registrations_[static_cast<std::size_t>(task.fd)].waiter = nullptr;
  task.fd = -1;
  task.transferring = false;
  ready_.push_back(&task);
}

[[gnu::hot]] Ready Loop::suspend() {
  Task& task = *running_;
  task.waiting = true;
  task.wait_number++;
  Fiber::suspend();
  return task.result;
}

[[gnu::hot]] void Loop::set_events(int fd, Registration& registration, unsigned events) {
  if (events == registration.events) return;
  epoll_event event{.events = events, .data = {.fd = fd}};
  const int operation = events == 0 ? EPOLL_CTL_DEL : registration.events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (epoll_ctl(epoll_, operation, fd, &event) != 0 && operation != EPOLL_CTL_DEL)
    throw Error("cannot watch a descriptor: is it a regular file, or was it closed without forget()?",
                ExitCode::internal);
  registration.events = events;
}

[[gnu::hot]] inline Loop::Registration& Loop::registration(int fd) {
  if (registrations_.size() <= static_cast<std::size_t>(fd)) registrations_.resize(static_cast<std::size_t>(fd) + 1);
  Registration& registration = registrations_[static_cast<std::size_t>(fd)];
  ASSAY_ASSERT(registration.waiter == nullptr);
  return registration;
}

[[gnu::hot]] inline void Loop::await(int fd, Registration& registration, TimePoint deadline) {
  running_->fd = fd;
  running_->deadline = deadline;
  registration.waiter = running_;
  if (deadline != TimePoint::max() && next_deadline_check_ == TimePoint::max())
    next_deadline_check_ = clock_.now() + kDeadlineGranularity;
}

[[gnu::hot]] Ready Loop::wait(int fd, Interest interest, TimePoint deadline, bool stay_registered) {
  if (cancelled()) return Ready::cancelled;
  const unsigned bits = static_cast<unsigned>(interest);
  const unsigned wanted = ((bits & 1u) != 0 ? EPOLLIN : 0u) | ((bits & 2u) != 0 ? EPOLLOUT : 0u) |
                          ((bits & 4u) != 0 ? EPOLLET | EPOLLRDHUP : 0u);
  Registration& waited = registration(fd);
  set_events(fd, waited, wanted);
  await(fd, waited, deadline);
  const Ready result = suspend();
  if (!stay_registered) forget(fd);
  return result;
}

void Loop::receive(int fd, Registration& registration) {
  ring_->receive(fd, about(registration.reception, fd, kReceive));
  registration.receiving = true;
  receptions_++;
}

[[gnu::hot]] Received Loop::transfer(int fd, std::string_view bytes, std::span<char> room, TimePoint deadline) {
  if (cancelled()) return {Ready::cancelled, 0, bytes.size()};
  ASSAY_ASSERT(ring_ != nullptr && bytes.size() <= kMostSentByTransfer);
  Registration& waited = registration(fd);
  if (waited.has_come()) {
    Received early = take_early(waited, room);
    early.unsent = bytes.size();
    return early;
  }
  if (const std::size_t unsent = std::exchange(waited.unsent, 0); unsent != 0 && bytes.empty())
    return {Ready::ready, -EAGAIN, unsent};
  set_events(fd, waited, 0);  // else what the ring takes makes the epoll ready, too, for nothing
  if (!waited.receiving) waited.reception++;
  if (!bytes.empty()) {  // before what is received: that it was not sent is to be known first
    waited.sent = bytes.size();
    ring_->send(fd, bytes, about(waited.reception, fd, kSend));
  }
  if (!waited.receiving) receive(fd, waited);
  await(fd, waited, deadline);
  Task& task = *running_;
  task.transferring = true;
  task.room = room;
  task.given_up = false;
  suspend();
  task.received.unsent = std::exchange(registrations_[static_cast<std::size_t>(fd)].unsent, 0);
  return task.received;
}

Received Loop::take_early(Registration& registration, std::span<char> room) {
  if (registration.early.empty()) return {Ready::ready, std::exchange(registration.end, Registration::kNotYet), 0};
  const std::size_t taken = registration.early.copy(room.data(), room.size());
  registration.early.erase(0, taken);
  if (registration.early.empty()) registration.early = {};
  return {Ready::ready, static_cast<int>(taken), 0};
}

std::string Loop::end_transfers(int fd) {
  if (static_cast<std::size_t>(fd) >= registrations_.size()) return {};
  while (registrations_[static_cast<std::size_t>(fd)].receiving) {
    Registration& ended = registration(fd);
    ring_->cancel(about(ended.reception, fd, kReceive));
    await(fd, ended, clock_.now() + kDeadlineGranularity);  // then asks again
    suspend();
  }
  return std::exchange(registrations_[static_cast<std::size_t>(fd)].early, {});
}

/// What is received behind the last fiber belongs to nobody.
void Loop::end_all_receptions() {
  std::array<Ring::Completion, 256> room;
  const timespec limit = to_timespec(kDeadlineGranularity);
  while (uses_ring()) {
    ring_->cancel_all();
    for (const Ring::Completion& completion : ring_->wait(true, &limit, room)) completed(completion);
  }
  for (Registration& registration : registrations_) {
    registration.early = {};
    registration.end = Registration::kNotYet;
    registration.unsent = 0;
  }
}

Ready Loop::sleep_until(TimePoint at) {
  if (cancelled()) return Ready::cancelled;
  timers_.push({at, running_, running_->wait_number + 1});
  return suspend();
}

Ready Loop::park() {
  if (cancelled()) return Ready::cancelled;
  return suspend();
}

void Loop::unpark(Task& task) { wake(task, Ready::ready); }

void Loop::yield() {
  ready_.push_back(running_);
  Fiber::suspend();
}

void Loop::forget(int fd) noexcept {
  if (fd < 0 || static_cast<std::size_t>(fd) >= registrations_.size()) return;
  Registration& registration = registrations_[static_cast<std::size_t>(fd)];
  if (registration.events != 0) epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  if (registration.receiving) {
    if (!ring_->handed_over()) ring_->submit();  // what means this descriptor, whose number another one may have soon
    ring_->cancel(about(registration.reception, fd, kReceive));
  }
  registration.reception++;  // what still comes is of no interest
  registration.receiving = false;
  registration.early = {};
  registration.end = Registration::kNotYet;
  registration.unsent = 0;
  registration.waiter = nullptr;
  registration.events = 0;
}

// ------------------------------------------------------------------------------------------------------------
// runtime/wait.h

[[gnu::hot]] bool on_fiber() noexcept { return Fiber::current() != nullptr; }

namespace {

constexpr Nanos kLookForStop = std::chrono::milliseconds(50);
thread_local const std::stop_token* thread_stop = nullptr;

bool stop_requested() noexcept { return thread_stop != nullptr && thread_stop->stop_requested(); }

/// In slices where somebody may ask for a stop.
Ready poll_thread(int fd, Interest interest, TimePoint deadline) {
  const short events = static_cast<short>((static_cast<unsigned>(interest) & 1u ? POLLIN : 0) |
                                          (static_cast<unsigned>(interest) & 2u ? POLLOUT : 0));
  for (;;) {
    if (stop_requested()) return Ready::cancelled;
    const TimePoint now = std::chrono::steady_clock::now();
    TimePoint until = deadline;
    if (thread_stop != nullptr) until = std::min(until, now + kLookForStop);
    pollfd entry{.fd = fd, .events = events, .revents = 0};
    const timespec timeout = to_timespec(std::max(until == TimePoint::max() ? Nanos(0) : until - now, Nanos(0)));
    const int n = ppoll(&entry, 1, until == TimePoint::max() ? nullptr : &timeout, nullptr);
    if (n > 0) return Ready::ready;
    if (n == 0 && until == deadline) return Ready::timed_out;
    if (n < 0 && errno != EINTR) return Ready::ready;  // the next read or write tells what is wrong
  }
}

}  // namespace

StopScope::StopScope(std::stop_token stop) noexcept : stop_(std::move(stop)), outer_(thread_stop) {
  thread_stop = stop_.stop_possible() ? &stop_ : nullptr;
}

StopScope::~StopScope() { thread_stop = outer_; }

TimeLimit::TimeLimit(Nanos limit)
    : scope_(source_.get_token()), timer_([this, limit](const std::stop_token& over) {
        std::mutex mutex;
        std::condition_variable_any woken;
        std::unique_lock lock(mutex);
        woken.wait_for(lock, over, limit, [] { return false; });
        if (!over.stop_requested()) source_.request_stop();
      }) {}

TimeLimit::~TimeLimit() = default;

[[gnu::hot]] Ready wait(int fd, Interest interest, TimePoint deadline) {
  return on_fiber() ? current_loop->wait(fd, interest, deadline, true) : poll_thread(fd, interest, deadline);
}

[[gnu::hot]] bool can_transfer() { return on_fiber() && current_loop->can_transfer(); }

[[gnu::hot]] Received transfer(int fd, std::string_view bytes, std::span<char> room, TimePoint deadline) {
  return current_loop->transfer(fd, bytes, room, deadline);
}

Ready wait_once(int fd, Interest interest, TimePoint deadline) {
  return on_fiber() ? current_loop->wait(fd, interest, deadline, false) : poll_thread(fd, interest, deadline);
}

[[gnu::hot]] bool has_come(int fd) noexcept { return current_loop != nullptr && current_loop->has_come(fd); }

std::string end_transfers(int fd) { return on_fiber() ? current_loop->end_transfers(fd) : std::string(); }

void forget(int fd) noexcept {
  if (current_loop != nullptr) current_loop->forget(fd);
}

Ready sleep_until(TimePoint at) {
  if (on_fiber()) return current_loop->sleep_until(at);
  for (TimePoint now = std::chrono::steady_clock::now(); now < at; now = std::chrono::steady_clock::now()) {
    if (stop_requested()) return Ready::cancelled;
    std::this_thread::sleep_until(thread_stop == nullptr ? at : std::min(at, now + kLookForStop));
  }
  return Ready::timed_out;
}

void yield() {
  if (on_fiber()) current_loop->yield();
}

}  // namespace assay::runtime
