#include "core/engine.h"

#include "base/error.h"
#include "base/units.h"
#include "core/collector.h"
#include "core/group_set.h"
#include "core/validity.h"
#include "stats/own_limits.h"

#include <sys/resource.h>

#include <algorithm>
#include <deque>
#include <map>
#include <thread>

namespace assay {
namespace {

constexpr Nanos kTick = std::chrono::milliseconds(50);
/// Threads know of a change so long before its instant, so that they carry it out together; what is asked for later and would
/// be due before it is due with it.
constexpr Nanos kChangeAhead = std::chrono::seconds(1);
constexpr Nanos kMostDrainOfStopped = std::chrono::seconds(3);
constexpr Nanos kHeadStart = std::chrono::milliseconds(20);

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
  std::unique_ptr<GroupRun> make_group(const GroupPlan&);
  std::vector<Event> outage_events(TimePoint now, bool over) const;
  void muster();
  void start();
  void start_set(GroupSet&, std::size_t first, TimePoint begin, Nanos ramp_up, std::uint64_t count);
  void note(Nanos at, std::string kind, std::string text);
  void note_changes(TimePoint until);
  void note_interrupt();
  void measure();
  void drain();
  void tick();
  void ask_for_end(TimePoint now);
  void carry_out(const GroupChange&);
  void begin_to_join(GroupAddition);
  void join_who_can();
  void leave_out_the_rest();
  void dismantle();
  RunOutcome conclude();
  template <class Predicate>
  bool all_sets(Predicate predicate) const {
    return std::all_of(sets_.begin(), sets_.end(), predicate);
  }
  std::span<const std::unique_ptr<Crew>> crews(std::size_t group) const;
  void begin_measuring();
  /// With a count, or when there is nothing more to do.
  bool ends_by_itself() const;
  void note_loops();

  const RunPlan& plan_;
  std::stop_token stop_;
  RunObserver& observer_;
  const Clock& clock_;
  ClockWatch watch_;
  Standstills standstills_;
  ControlledRun control_;
  std::vector<GroupInForce> in_force_;

  std::map<const Target*, std::unique_ptr<OutageTracker>> outages_;
  std::vector<std::unique_ptr<GroupRun>> groups_;  // those of the plan, then those that joined
  struct Set {
    std::size_t first = 0;  // of its groups
    std::unique_ptr<GroupSet> set;
    std::vector<double> cpu_begin = {};  // of its loops
    TimePoint begin{};
  };
  std::vector<Set> sets_;
  struct Joining {
    GroupAddition asked;  // its plans are in asked_plans_
    std::vector<std::unique_ptr<GroupRun>> groups;
    std::unique_ptr<GroupSet> set;
  };
  std::deque<Joining> joining_;
  std::deque<std::vector<GroupPlan>> asked_plans_;  // never moved: groups refer to their plans
  std::uint64_t additions_ = 0;
  std::unique_ptr<Phases> phases_;
  std::unique_ptr<Collector> collector_;
  std::vector<Event> events_;
  ComingEvents changes_;  // that the threads know of
  std::vector<std::string> invalid_;
  double cpu_begin_ = 0, cpu_end_ = 0, busiest_loop_ = 0;
  std::uint32_t loops_ = 0, io_uring_loops_ = 0;
  bool partial_ = false;
  bool measuring_ = false;
  WallTime started_{};
  TimePoint drained_{};
};

std::unique_ptr<GroupRun> Run::make_group(const GroupPlan& plan) {
  std::unique_ptr<OutageTracker>& outages = outages_[plan.target];
  if (outages == nullptr)
    outages = std::make_unique<OutageTracker>(plan.sessions);
  else
    outages->add_sessions(plan.sessions);
  return std::make_unique<GroupRun>(plan, plan_.retry, standstills_, *outages);
}

std::vector<Event> Run::outage_events(TimePoint now, bool over) const {
  std::vector<Event> events;
  for (const auto& [target, outages] : outages_)
    for (Event& event : outages->events(now - phases_->start(), over)) events.push_back(std::move(event));
  return events;
}

void Run::muster() {
  for (const GroupPlan& plan : plan_.groups) groups_.push_back(make_group(plan));
  sets_.push_back({.first = 0, .set = std::make_unique<GroupSet>(groups_, plan_, clock_, 0)});
  GroupSet& set = *sets_.front().set;
  if (const std::optional<Failure> failure = set.muster().wait_opened(stop_, [&] { set.cancel(); })) {
    set.dismiss();
    dismantle();
    if (failure->kind == FailureKind::cancelled) throw Error("interrupted", ExitCode::interrupted);
    throw Error(fmt::format("cannot open the sessions of the run: {}", failure->message), ExitCode::unreachable);
  }
}

void Run::dismantle() {
  for (const Set& set : sets_) set.set->dismantle();
}

void Run::start() {
  TimePoint begin{};
  if (plan_.gate) {
    try {
      begin = plan_.gate(stop_);
    } catch (...) {
      sets_.front().set->dismiss();
      dismantle();
      throw;
    }
  }
  const TimePoint now = clock_.now();
  begin = std::max(begin, now + kHeadStart);
  const Instant here = read_together(clock_);
  started_ = here.wall + (begin - here.now);
  phases_ = std::make_unique<Phases>(begin, plan_.ramp_up, plan_.warmup, plan_.duration);
  collector_ = std::make_unique<Collector>(plan_, groups_, *phases_, observer_);
  standstills_.watch();
  start_set(*sets_.front().set, 0, phases_->start(), plan_.ramp_up, plan_.count);
  control_.begin(phases_->start());
}

void Run::start_set(GroupSet& set, std::size_t first, TimePoint begin, Nanos ramp_up, std::uint64_t count) {
  set.start(*phases_, begin, ramp_up, plan_.interval, count);
  for (std::size_t g = 0; g < set.groups(); g++) {
    const GroupPlan& plan = groups_[first + g]->plan;
    in_force_.push_back({plan.schedule.describe(), plan.clients, 0});
    control_.add_group(plan.group.name, plan.group.triggered, set.crews(g).size());
  }
}

std::span<const std::unique_ptr<Crew>> Run::crews(std::size_t group) const {
  auto set =
      std::prev(std::partition_point(sets_.begin(), sets_.end(), [&](const Set& s) { return s.first <= group; }));
  return set->set->crews(group - set->first);
}

void Run::note(Nanos at, std::string kind, std::string text) {
  events_.push_back({at, Nanos(0), std::move(kind), std::move(text)});
  observer_.event(events_.back());
}

/// A change is told of when it takes effect. One that the run ended before was none.
void Run::note_changes(TimePoint until) {
  for (Event& event : changes_.take(until - phases_->start())) {
    events_.push_back(std::move(event));
    observer_.event(events_.back());
  }
}

/// Each thread gets its share; together exactly the whole.
void Run::carry_out(const GroupChange& change) {
  std::size_t g = 0;
  while (groups_[g]->plan.group.name != change.group) g++;
  const GroupPlan& plan = groups_[g]->plan;
  const std::span<const std::unique_ptr<Crew>> crews = this->crews(g);
  GroupInForce& now = in_force_[g];
  const TimePoint at = std::max({phases_->start() + change.at, clock_.now(), phases_->start() + now.changed_at});
  now.changed_at = at - phases_->start();
  if (now.removed) {
    changes_.add({now.changed_at, Nanos(0), "change", now.take(change)});
    return;
  }
  const auto threads = static_cast<std::uint32_t>(crews.size());
  const std::uint64_t clients = change.clients.value_or(now.clients);
  for (std::uint32_t j = 0; j < threads; j++) {
    if (change.remove) crews[j]->close(at);
    Roster::Change part{.at = at, .schedule = change.schedule};
    if (change.schedule && !change.schedule->closed())
      part.arrivals =
          change.schedule->arrivals(GroupSet::part_of(plan_.shard, j, threads), hash_of(plan_.seed, now.changes + 1));
    for (std::uint64_t k = now.clients; k < clients; k++)
      if (k % threads == j) part.come.push_back(plan.group.make_client(k));
    for (std::uint64_t k = clients; k < now.clients; k++) part.leave += k % threads == j;
    if (!change.remove) crews[j]->change(std::move(part));
  }
  changes_.add({at - phases_->start(), Nanos(0), "change", now.take(change)});
}

/// Sessions are opened beside the run that goes on.
void Run::begin_to_join(GroupAddition asked) {
  std::vector<GroupPlan>& plans = asked_plans_.emplace_back(std::move(asked.groups));
  Joining& joining = joining_.emplace_back();
  joining.asked = std::move(asked);
  for (const GroupPlan& plan : plans) joining.groups.push_back(make_group(plan));
  joining.set = std::make_unique<GroupSet>(joining.groups, plan_, clock_, ++additions_);
}

void Run::join_who_can() {
  const auto names = [](const Joining& joining) {
    std::string text;
    for (const auto& group : joining.groups) text += (text.empty() ? "" : ", ") + group->plan.group.name;
    return text;
  };
  for (auto joining = joining_.begin(); joining != joining_.end();) {
    if (!joining->set->muster().all_opened()) {
      ++joining;
      continue;
    }
    const TimePoint begin = std::max(phases_->start() + joining->asked.at, clock_.now());
    const std::optional<Failure> failure = joining->set->muster().failure();
    if (failure || begin >= phases_->measure_end()) {
      joining->set->dismiss();
      joining->set->dismantle();
      for (const auto& group : joining->groups) control_.forget_group(group->plan.group.name);
      note(clock_.now() - phases_->start(), "change",
           fmt::format("{}: could not join: {}", names(*joining),
                       failure ? failure->message : "the measured time was over before that"));
    } else {
      note(begin - phases_->start(), "change", names(*joining) + ": joined");
      const std::size_t first = groups_.size();
      for (auto& group : joining->groups) {
        collector_->add(group->plan);
        groups_.push_back(std::move(group));
      }
      Set& set = sets_.emplace_back(Set{.first = first, .set = std::move(joining->set), .begin = begin});
      for (const auto& loop : set.set->loops()) set.cpu_begin.push_back(loop->cpu_seconds());
      start_set(*set.set, first, begin, joining->asked.ramp_up, 0);
    }
    joining = joining_.erase(joining);
  }
}

/// The measured time is over: who has not joined will not.
void Run::leave_out_the_rest() {
  for (GroupAddition& addition : control_.take_additions()) begin_to_join(std::move(addition));
  for (const Joining& joining : joining_) joining.set->cancel();
  while (!joining_.empty()) {
    join_who_can();
    if (!joining_.empty()) std::this_thread::sleep_for(kTick);
  }
}

/// What the loops used, and how busy they were, each from when it had to work for the measured time.
void Run::note_loops() {
  const TimePoint end = phases_->measure_end();
  for (const Set& set : sets_)
    for (std::size_t i = 0; i < set.cpu_begin.size(); i++) {
      loops_++;
      if (set.set->loops()[i]->loop().uses_io_uring()) io_uring_loops_++;
      const Nanos worked = end - std::max(phases_->measure_begin(), set.begin);
      if (worked > Nanos(0))
        busiest_loop_ =
            std::max(busiest_loop_, (set.set->loops()[i]->cpu_seconds() - set.cpu_begin[i]) / to_seconds(worked));
    }
}

bool Run::ends_by_itself() const {
  return plan_.count > 0 || std::all_of(plan_.groups.begin(), plan_.groups.end(), [](const GroupPlan& group) {
           return group.group.ends || group.group.triggered;
         });
}

void Run::begin_measuring() {
  measuring_ = true;
  cpu_begin_ = process_cpu_seconds();
  for (Set& set : sets_) {
    set.cpu_begin.clear();
    for (const auto& loop : set.set->loops()) set.cpu_begin.push_back(loop->cpu_seconds());
  }
}

void Run::tick() {
  std::this_thread::sleep_for(kTick);
  const TimePoint now = clock_.now();
  if (!measuring_ && now >= phases_->measure_begin()) {
    begin_measuring();
  }
  if (const Nanos jump = watch_.jump(); jump != Nanos(0)) {
    invalid_.push_back(fmt::format("the clock jumped by {:.3f} s against the monotonic clock", to_seconds(jump)));
    note(now - phases_->start(), "clock_jump", invalid_.back());
  }
  for (const auto& [target, outages] : outages_)
    for (const Event& event : outages->news()) observer_.event(event);
  for (GroupAddition& addition : control_.take_additions()) begin_to_join(std::move(addition));
  if (!joining_.empty()) join_who_can();
  for (const GroupChange& change : control_.take(clock_.now() - phases_->start() + kChangeAhead)) carry_out(change);
  note_changes(std::min(clock_.now(), phases_->measure_end()));
  if (collector_->collect(now) && phases_->at(now) == Phase::measure) ask_for_end(now);
}

void Run::ask_for_end(TimePoint now) {
  const Nanos begin = phases_->measure_begin() - phases_->start(),
              whole = (now - phases_->start()) / plan_.interval * plan_.interval;
  if (whole <= begin) return;
  SoFar so_far{.groups = collector_->so_far(), .events = events_, .measure_begin = begin, .measured = whole - begin};
  for (Event& outage : outage_events(now, false)) so_far.events.push_back(std::move(outage));
  const std::optional<Ending> ending = observer_.ends_for(so_far);
  if (!ending) return;
  partial_ = partial_ || ending->partial;
  note(now - phases_->start(), ending->kind, ending->text);
  phases_->end_now(now);
}

void Run::note_interrupt() {
  partial_ = true;
  const TimePoint now = clock_.now();
  note(now - phases_->start(), "interrupted", fmt::format("stopped in the phase {}", to_string(phases_->at(now))));
}

void Run::measure() {
  while (clock_.now() < phases_->measure_end()) {
    tick();
    // Only a count, or the end of all work, ends a run before its time: in a closed loop with long pauses nothing
    // more may be due for a while.
    if (stop_.stop_requested()) {
      note_interrupt();
      phases_->end_now(clock_.now());
    } else if (const GroupSet& planned = *sets_.front().set; ends_by_itself() && planned.scheduled_ended()) {
      // When the last operation ended, not when it was noticed.
      phases_->end_now(std::max(phases_->measure_begin(), planned.last_end()));
    }
  }
  control_.end();
  note_changes(phases_->measure_end());
  if (!measuring_) begin_measuring();
  cpu_end_ = process_cpu_seconds();
  note_loops();
  for (const Set& set : sets_) set.set->close(phases_->measure_end());
  leave_out_the_rest();
}

void Run::drain() {
  // Who stopped the run waits for it.
  const TimePoint limit =
      phases_->measure_end() + (partial_ ? std::min(plan_.drain, kMostDrainOfStopped) : plan_.drain);
  bool told = false, cancelled = false;
  while (!all_sets([](const Set& set) { return set.set->ended(); })) {
    tick();
    if (!told && all_sets([](const Set& set) { return set.set->scheduled_ended(); })) {
      told = true;
      for (const Set& set : sets_) set.set->no_more_triggers();
    }
    // A stop while measuring leaves what is under way its time; one in the drain takes it.
    const bool stopped = !partial_ && stop_.stop_requested();
    if (stopped) note_interrupt();
    if (!cancelled && (stopped || clock_.now() >= limit)) {
      cancelled = true;
      if (!stopped && !partial_)
        note(clock_.now() - phases_->start(), "unanswered",
             fmt::format(
                 "the drain of {} is over and not everything that was due has been answered: what is under way is "
                 "cancelled, what was not begun is given up",
                 format_duration(plan_.drain)));
      for (const Set& set : sets_) set.set->cancel();
    }
  }
  drained_ = clock_.now();
}

RunOutcome Run::conclude() {
  RunOutcome out;
  standstills_.stop();
  for (Event& event : standstill_events(standstills_.all(), phases_->start())) events_.push_back(std::move(event));
  for (std::string& reason : standstill_verdict(standstills_.all(), *phases_, drained_))
    invalid_.push_back(std::move(reason));
  for (Event& event : outage_events(drained_, true)) events_.push_back(std::move(event));
  std::vector<std::uint64_t> abandoned;
  for (const Set& set : sets_)
    for (std::size_t g = 0; g < set.set->groups(); g++) abandoned.push_back(set.set->abandoned(g));
  dismantle();
  collector_->finish(out, drained_);
  for (std::size_t g = 0; g < groups_.size(); g++) {
    GroupOutcome& group = out.groups[g];
    group.failures = groups_[g]->mailbox.failures();
    group.abandoned = abandoned[g];
    group.round_trips = groups_[g]->round_trips.load();
    const GroupStats& measured = group.phases[static_cast<std::size_t>(Phase::measure)];
    for (std::string& reason : lag_verdict(groups_[g]->plan.group, measured)) invalid_.push_back(std::move(reason));
    for (std::size_t o = 0; o < measured.operations.size(); o++)
      if (!groups_[g]->plan.group.operations[o].nested)
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
  out.cost.busiest_loop = busiest_loop_;
  out.cost.loops = loops_;
  out.cost.io_uring_loops = io_uring_loops_;
  for (std::size_t g = plan_.groups.size(); g < groups_.size(); g++) out.joined.push_back(groups_[g]->plan);
  if (loop_is_full(out.cost.busiest_loop))
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

}  // namespace assay
