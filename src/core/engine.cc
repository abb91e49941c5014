#include "core/engine.h"

#include "base/error.h"
#include "base/units.h"
#include "core/collector.h"
#include "core/crew.h"

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <latch>
#include <mutex>
#include <thread>

namespace assay {
namespace {

constexpr Nanos kTick = std::chrono::milliseconds(50);
constexpr Nanos kHeadStart = std::chrono::milliseconds(20);
constexpr Nanos kMostStandstill = std::chrono::milliseconds(250);  // of one, and of all in a short run
constexpr double kMostStanding = 0.01;                             // of the measured time
constexpr std::size_t kMostStalls = 20;                            // told one by one

double process_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::uint64_t peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

/// An event loop on a thread of its own.
class LoopThread {
 public:
  explicit LoopThread(const Clock& clock) : loop_(clock) {}
  runtime::Loop& loop() noexcept { return loop_; }
  void run() {
    thread_ = std::jthread([this] {
      pthread_getcpuclockid(pthread_self(), &cpu_clock_);
      started_.count_down();
      loop_.run();
      timespec t{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);  // from outside it cannot be asked any more when the thread has ended
      cpu_at_end_ = seconds_of(t);
    });
    started_.wait();
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  double cpu_seconds() const {
    if (const double at_end = cpu_at_end_; at_end > 0) return at_end;
    timespec t{};
    return clock_gettime(cpu_clock_, &t) == 0 ? seconds_of(t) : cpu_at_end_.load();
  }

 private:
  static double seconds_of(const timespec& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
  }
  runtime::Loop loop_;
  clockid_t cpu_clock_{};
  std::atomic<double> cpu_at_end_{0};
  std::latch started_{1};
  std::jthread thread_;
};

/// One run, from the opening of sessions to the outcome.
class Run {
 public:
  Run(const RunPlan& plan, std::stop_token stop, RunObserver& observer, const Clock& clock, RunControl* control)
      : plan_(plan),
        stop_(std::move(stop)),
        observer_(observer),
        clock_(clock),
        watch_(clock),
        standstills_(clock),
        control_(control) {}

  RunOutcome carry_out() {
    muster();
    start();
    measure();
    drain();
    return conclude();
  }

 private:
  std::unique_ptr<Roster> make_roster(const GroupPlan& group, Shard threads) const;
  void muster();
  void start();
  void note_interrupt();
  void measure();
  void drain();
  void tick();
  void carry_out(const GroupChange&);
  void dismantle();
  void judge_standstills();
  RunOutcome conclude();
  bool scheduled_ended() const;
  bool all_ended() const;
  TimePoint last_end() const;
  void note_cpu(double& process, std::vector<double>& loops) const;

  const RunPlan& plan_;
  std::stop_token stop_;
  RunObserver& observer_;
  const Clock& clock_;
  ClockWatch watch_;
  Standstills standstills_;
  ControlledRun control_;
  struct InForce {  // of a group, as changed so far
    std::string schedule;
    std::uint64_t clients = 0;
    std::uint64_t changes = 0;
  };
  std::vector<InForce> in_force_;

  std::vector<std::unique_ptr<GroupRun>> groups_;
  std::vector<std::unique_ptr<LoopThread>> loops_;
  std::vector<std::vector<std::unique_ptr<Crew>>> crews_;  // by group, then by thread
  std::unique_ptr<Muster> muster_;
  std::unique_ptr<Phases> phases_;
  std::unique_ptr<Collector> collector_;
  std::vector<Event> events_;
  std::vector<std::string> invalid_;
  double cpu_begin_ = 0, cpu_end_ = 0;
  std::vector<double> loop_cpu_begin_, loop_cpu_end_;
  bool partial_ = false;
  bool measuring_ = false;
  WallTime started_{};
  TimePoint drained_{};
};

std::unique_ptr<Roster> Run::make_roster(const GroupPlan& group, Shard threads) const {
  std::vector<std::unique_ptr<Client>> clients;
  for (std::uint64_t k = threads.index; k < group.clients; k += threads.count)
    clients.push_back(group.group.make_client(k));
  // Thread j of T in process i of n takes part i + n·j of n·T of the schedule: together exactly the whole.
  const Shard part{plan_.shard.index + plan_.shard.count * threads.index, plan_.shard.count * threads.count};
  std::unique_ptr<Arrivals> arrivals;
  if (!group.schedule.closed() && !group.group.triggered) arrivals = group.schedule.arrivals(part, plan_.seed);
  auto roster = std::make_unique<Roster>(std::move(clients), group.schedule, group.group.triggered, std::move(arrivals),
                                         hash_of(plan_.seed, 0x7054, part.index));
  return roster;
}

void Run::muster() {
  const auto fiber_threads = [&](const GroupPlan& group) {
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(
        1, std::min({static_cast<std::uint64_t>(plan_.threads), group.sessions, group.clients})));
  };
  std::size_t slots = 0, loops = 0;
  for (const GroupPlan& group : plan_.groups) {
    ASSAY_ASSERT(group.clients > 0 && group.sessions > 0);
    slots += group.sessions;
    if (group.waiting == Waiting::fiber) loops = std::max<std::size_t>(loops, fiber_threads(group));
  }
  for (std::size_t i = 0; i < loops; i++) loops_.push_back(std::make_unique<LoopThread>(clock_));
  muster_ = std::make_unique<Muster>(slots);  // a member: a slot that just reported may still be leaving it
  Muster& muster = *muster_;
  const TriggerFunction trigger = [this](std::size_t group, std::uint64_t payload, TimePoint due) {
    // To the crew on the same loop, if the group has one there.
    for (std::size_t j = 0; j < crews_[group].size() && j < loops_.size(); j++)
      if (runtime::Loop::current() == &loops_[j]->loop()) return crews_[group][j]->trigger(payload, due);
    crews_[group][payload % crews_[group].size()]->trigger(payload, due);
  };
  for (const GroupPlan& plan : plan_.groups)
    groups_.push_back(std::make_unique<GroupRun>(plan, plan_.retry, standstills_));
  for (std::size_t g = 0; g < plan_.groups.size(); g++) {
    const GroupPlan& plan = plan_.groups[g];
    std::vector<std::unique_ptr<Crew>>& crews = crews_.emplace_back();
    if (plan.waiting == Waiting::thread) {
      crews.push_back(std::make_unique<ThreadCrew>(clock_, *groups_[g], make_roster(plan, Shard{0, 1}), plan.sessions,
                                                   muster, trigger, hash_of(plan_.seed, g)));
      continue;
    }
    const std::uint32_t count = fiber_threads(plan);
    for (std::uint32_t j = 0; j < count; j++)
      crews.push_back(std::make_unique<FiberCrew>(loops_[j]->loop(), *groups_[g], make_roster(plan, Shard{j, count}),
                                                  Shard{j, count}.share(plan.sessions), muster, trigger,
                                                  hash_of(plan_.seed, g, j)));
  }
  for (const auto& loop : loops_) loop->run();
  const auto cancel = [this] {
    for (const auto& crews : crews_)
      for (const auto& crew : crews) crew->cancel();
  };
  if (const std::optional<Failure> failure = muster.wait_opened(stop_, cancel)) {
    for (const auto& crews : crews_)
      for (const auto& crew : crews) crew->dismiss();
    dismantle();
    if (failure->kind == FailureKind::cancelled) throw Error("interrupted", ExitCode::interrupted);
    throw Error(fmt::format("cannot open the sessions of the run: {}", failure->message), ExitCode::unreachable);
  }
}

void Run::dismantle() {
  for (const auto& loop : loops_) loop->join();  // a loop may still be in the last turn of a crew that has ended
  crews_.clear();                                // recorders have handed over what was left
  loops_.clear();
}

void Run::start() {
  started_ = clock_.wall() + kHeadStart;
  phases_ = std::make_unique<Phases>(clock_.now() + kHeadStart, plan_.ramp_up, plan_.warmup, plan_.duration);
  collector_ = std::make_unique<Collector>(plan_, groups_, *phases_, observer_);
  standstills_.watch();
  for (std::size_t g = 0; g < crews_.size(); g++) {
    const bool triggered = plan_.groups[g].group.triggered;
    for (std::size_t j = 0; j < crews_[g].size(); j++) {
      Crew& crew = *crews_[g][j];
      if (!triggered && plan_.count > 0)
        crew.limit(
            phases_->measure_begin(),
            Shard{static_cast<std::uint32_t>(j), static_cast<std::uint32_t>(crews_[g].size())}.share(plan_.count));
      if (!triggered) crew.close(phases_->measure_end());
      crew.start(*phases_, plan_.ramp_up, plan_.interval);
    }
    const GroupPlan& plan = plan_.groups[g];
    in_force_.push_back({plan.schedule.describe(), plan.clients, 0});
    control_.add_group(plan.group.name, triggered, crews_[g].size());
  }
  control_.begin();
}

/// Each thread gets its share; together exactly the whole.
void Run::carry_out(const GroupChange& change) {
  std::size_t g = 0;
  while (plan_.groups[g].group.name != change.group) g++;
  const GroupPlan& plan = plan_.groups[g];
  InForce& now = in_force_[g];
  const TimePoint at = std::max(phases_->start() + change.at, clock_.now());
  now.changes++;
  const auto threads = static_cast<std::uint32_t>(crews_[g].size());
  const std::uint64_t clients = change.clients.value_or(now.clients);
  for (std::uint32_t j = 0; j < threads; j++) {
    if (change.remove) crews_[g][j]->close(at);
    Roster::Change part{.at = at, .schedule = change.schedule};
    if (change.schedule && !change.schedule->closed())
      part.arrivals =
          change.schedule->arrivals(Shard{plan_.shard.index + plan_.shard.count * j, plan_.shard.count * threads},
                                    hash_of(plan_.seed, now.changes));
    for (std::uint64_t k = now.clients; k < clients; k++)
      if (k % threads == j) part.come.push_back(plan.group.make_client(k));
    for (std::uint64_t k = clients; k < now.clients; k++) part.leave += k % threads == j;
    if (!change.remove) crews_[g][j]->change(std::move(part));
  }
  std::string text = plan.group.name + ":";
  if (change.remove) text += " removed";
  if (change.schedule && !change.remove) {
    text += fmt::format(" {} → {}", now.schedule, change.schedule->describe());
    now.schedule = change.schedule->describe();
  }
  if (change.clients && !change.remove) {
    text += fmt::format("{} {} → {} clients", change.schedule ? "," : "", now.clients, clients);
    now.clients = clients;
  }
  events_.push_back({at - phases_->start(), Nanos(0), "change", std::move(text)});
  observer_.event(events_.back());
}

bool Run::scheduled_ended() const {
  for (std::size_t g = 0; g < crews_.size(); g++)
    if (!plan_.groups[g].group.triggered)
      for (const auto& crew : crews_[g])
        if (!crew->ended()) return false;
  return true;
}

TimePoint Run::last_end() const {
  TimePoint end = phases_->measure_begin();
  for (std::size_t g = 0; g < crews_.size(); g++)
    if (!plan_.groups[g].group.triggered)
      for (const auto& crew : crews_[g]) end = std::max(end, crew->ended_at());
  return end;
}

bool Run::all_ended() const {
  return std::all_of(crews_.begin(), crews_.end(), [](const auto& crews) {
    return std::all_of(crews.begin(), crews.end(), [](const auto& crew) { return crew->ended(); });
  });
}

void Run::note_cpu(double& process, std::vector<double>& loops) const {
  process = process_cpu_seconds();
  loops.clear();
  for (const auto& loop : loops_) loops.push_back(loop->cpu_seconds());
}

void Run::tick() {
  std::this_thread::sleep_for(kTick);
  const TimePoint now = clock_.now();
  if (!measuring_ && now >= phases_->measure_begin()) {
    measuring_ = true;
    note_cpu(cpu_begin_, loop_cpu_begin_);
  }
  if (const Nanos jump = watch_.jump(); jump != Nanos(0)) {
    const Event event{now - phases_->start(), Nanos(0), "clock_jump",
                      fmt::format("the clock jumped by {:.3f} s against the monotonic clock", to_seconds(jump))};
    events_.push_back(event);
    observer_.event(event);
    invalid_.push_back(event.text);
  }
  for (const GroupChange& change : control_.take()) carry_out(change);
  collector_->collect(now);
}

void Run::note_interrupt() {
  partial_ = true;
  const TimePoint now = clock_.now();
  const Event event{now - phases_->start(), Nanos(0), "interrupted",
                    fmt::format("stopped in the phase {}", to_string(phases_->at(now)))};
  events_.push_back(event);
  observer_.event(event);
}

void Run::measure() {
  while (clock_.now() < phases_->measure_end()) {
    tick();
    // Only a count ends a run before its time: in a closed loop with long pauses nothing more may be due for a while.
    if (stop_.stop_requested()) {
      note_interrupt();
      phases_->end_now(clock_.now());
    } else if (plan_.count > 0 && scheduled_ended()) {
      phases_->end_now(last_end());  // when the last operation ended, not when it was noticed
    }
  }
  control_.end();
  if (!measuring_) note_cpu(cpu_begin_, loop_cpu_begin_);
  note_cpu(cpu_end_, loop_cpu_end_);
  for (std::size_t g = 0; g < crews_.size(); g++)
    if (!plan_.groups[g].group.triggered)
      for (const auto& crew : crews_[g]) crew->close(phases_->measure_end());
}

void Run::drain() {
  const TimePoint limit = phases_->measure_end() + plan_.drain;
  bool told = false, cancelled = false;
  while (!all_ended()) {
    tick();
    if (!told && scheduled_ended()) {
      told = true;
      for (std::size_t g = 0; g < crews_.size(); g++)
        if (plan_.groups[g].group.triggered)
          for (const auto& crew : crews_[g]) crew->no_more_triggers();
    }
    // A stop while measuring leaves what is under way its time; one in the drain takes it.
    const bool stopped = !partial_ && stop_.stop_requested();
    if (stopped) note_interrupt();
    if (!cancelled && (stopped || clock_.now() >= limit)) {
      cancelled = true;
      for (const auto& crews : crews_)
        for (const auto& crew : crews) crew->cancel();
    }
  }
  drained_ = clock_.now();
}

/// Operations that were waiting have it as lag. Those under way have it in their service time, where nobody can tell it
/// from the target's: so there must not be much of it.
void Run::judge_standstills() {
  const std::vector<Standstills::Span> spans = standstills_.all();
  Nanos sum{}, longest{}, untold{};
  for (std::size_t i = 0; i < spans.size(); i++) {
    const Nanos length = spans[i].end - spans[i].begin;
    if (i < kMostStalls)
      events_.push_back({spans[i].begin - phases_->start(), length, "stalled",
                         fmt::format("assay itself stood still for {}: stopped, suspended, or without a processor",
                                     format_latency(length))});
    else
      untold += length;
    const Nanos judged = std::min(spans[i].end, drained_) - std::max(spans[i].begin, phases_->measure_begin());
    sum += std::max(judged, Nanos(0));
    longest = std::max(longest, judged);
  }
  if (spans.size() > kMostStalls)
    events_.push_back({spans[kMostStalls].begin - phases_->start(), untold, "stalled",
                       fmt::format("assay itself stood still {} more times", spans.size() - kMostStalls)});
  const Nanos measured = phases_->measure_end() - phases_->measure_begin();
  const double most = std::max(kMostStanding * to_seconds(measured), to_seconds(kMostStandstill));
  if (longest > kMostStandstill || to_seconds(sum) > most)
    invalid_.push_back(
        fmt::format("assay itself stood still for {} of the measured {}, once for {} (limits: {} and {})",
                    format_latency(sum), format_latency(measured), format_latency(longest),
                    format_latency(from_seconds(most)), format_latency(kMostStandstill)));
}

RunOutcome Run::conclude() {
  RunOutcome out;
  standstills_.stop();
  judge_standstills();
  std::vector<std::uint64_t> abandoned(groups_.size());
  for (std::size_t g = 0; g < crews_.size(); g++)
    for (const auto& crew : crews_[g]) abandoned[g] += crew->abandoned();
  dismantle();
  collector_->finish(out);
  for (std::size_t g = 0; g < groups_.size(); g++) {
    GroupOutcome& group = out.groups[g];
    group.failures = groups_[g]->mailbox.failures();
    group.abandoned = abandoned[g];
    group.round_trips = groups_[g]->round_trips.load();
    for (Event& event : groups_[g]->outages.events(drained_ - phases_->start())) events_.push_back(std::move(event));
    const GroupStats& measured = group.phases[static_cast<std::size_t>(Phase::measure)];
    for (std::string& reason : lag_verdict(plan_.groups[g].group, measured)) invalid_.push_back(std::move(reason));
    for (std::size_t o = 0; o < measured.operations.size(); o++)
      if (!plan_.groups[g].group.operations[o].nested)
        out.cost.operations += static_cast<double>(measured.operations[o].completed);
  }
  std::sort(events_.begin(), events_.end(), [](const Event& a, const Event& b) { return a.at < b.at; });
  out.events = std::move(events_);
  out.invalid = std::move(invalid_);
  out.started = started_;
  out.ended = clock_.wall();
  out.ramp_up = std::min(plan_.ramp_up, phases_->measure_end() - phases_->start());
  out.warmup = std::max(Nanos(0), std::min(phases_->measure_begin(), phases_->measure_end()) - phases_->warmup_begin());
  out.measure = std::max(Nanos(0), phases_->measure_end() - phases_->measure_begin());
  out.drain = drained_ - phases_->measure_end();
  out.partial = partial_;
  out.cost.cpu_seconds = std::max(0.0, cpu_end_ - cpu_begin_);
  out.cost.peak_rss_bytes = peak_rss_bytes();
  for (std::size_t i = 0; i < loop_cpu_end_.size() && out.measure > Nanos(0); i++)
    out.cost.busiest_loop =
        std::max(out.cost.busiest_loop, (loop_cpu_end_[i] - loop_cpu_begin_[i]) / to_seconds(out.measure));
  if (out.cost.busiest_loop > 0.9)
    out.warnings.push_back(
        fmt::format("an event loop of assay was busy {:.0f} % of the measured time: the client may be the bottleneck; "
                    "use more --threads",
                    100 * out.cost.busiest_loop));
  return out;
}

}  // namespace

RunOutcome run(const RunPlan& plan, std::stop_token stop, RunObserver& observer, const Clock& clock,
               RunControl* control) {
  return Run(plan, std::move(stop), observer, clock, control).carry_out();
}

Nanos ClockWatch::jump() {
  const Nanos now = offset(), jumped = now - offset_;
  if (jumped < kTolerance && jumped > -kTolerance) return Nanos(0);
  offset_ = now;
  return jumped;
}

std::vector<std::string> lag_verdict(const Group& group, const GroupStats& measure) {
  Histogram lag, response;
  for (std::size_t o = 0; o < measure.operations.size(); o++) {
    if (group.operations[o].nested) continue;  // timed inside another one, without a lag of their own
    lag.merge(measure.operations[o].lag);
    response.merge(measure.operations[o].response);
  }
  const Nanos lag99 = lag.quantile(0.99), response99 = response.quantile(0.99);
  if (lag99 <= std::chrono::milliseconds(10) ||
      static_cast<double>(lag99.count()) <= 0.05 * static_cast<double>(response99.count()))
    return {};
  return {fmt::format("{}: assay itself was late: lag p99 {} (limits: 10 ms, and 5 % of the response p99 {})",
                      group.name, format_latency(lag99), format_latency(response99))};
}

}  // namespace assay
