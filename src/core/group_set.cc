#include "core/group_set.h"

#include "base/error.h"

#include <time.h>

#include <algorithm>

namespace assay {
namespace {

double seconds_of(const timespec& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9; }

std::uint32_t loops_of(const GroupPlan& group, int threads) {
  return static_cast<std::uint32_t>(
      std::max<std::uint64_t>(1, std::min({static_cast<std::uint64_t>(threads), group.sessions, group.clients})));
}

std::size_t slots_of(std::span<const std::unique_ptr<GroupRun>> groups) {
  std::size_t slots = 0;
  for (const auto& group : groups) {
    ASSAY_ASSERT(group->plan.clients > 0 && group->plan.sessions > 0);
    slots += group->plan.sessions;
  }
  return slots;
}

}  // namespace

void LoopThread::run() {
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

double LoopThread::cpu_seconds() const {
  if (const double at_end = cpu_at_end_; at_end > 0) return at_end;
  timespec t{};
  return clock_gettime(cpu_clock_, &t) == 0 ? seconds_of(t) : cpu_at_end_.load();
}

GroupSet::GroupSet(std::span<const std::unique_ptr<GroupRun>> groups, const RunPlan& plan, const Clock& clock,
                   std::uint64_t number)
    : number_(number), muster_(slots_of(groups)) {
  std::size_t loops = 0;
  for (const auto& group : groups) {
    groups_.push_back(group.get());
    if (group->plan.waiting == Waiting::fiber)
      loops = std::max<std::size_t>(loops, loops_of(group->plan, plan.threads));
  }
  for (std::size_t i = 0; i < loops; i++) loops_.push_back(std::make_unique<LoopThread>(clock));
  const auto trigger_from = [this](std::size_t first) -> TriggerFunction {
    return [this, first](std::size_t of_workload, std::uint64_t payload, TimePoint due) {
      const std::size_t group = first + of_workload;
      // To the crew on the same loop, if the group has one there.
      for (std::size_t j = 0; j < crews_[group].size() && j < loops_.size(); j++)
        if (runtime::Loop::current() == &loops_[j]->loop()) return crews_[group][j]->trigger(payload, due);
      crews_[group][payload % crews_[group].size()]->trigger(payload, due);
    };
  };
  for (std::size_t g = 0; g < groups_.size(); g++) {
    GroupRun& group = *groups_[g];
    const TriggerFunction trigger = trigger_from(group.plan.first_of_workload);
    std::vector<std::unique_ptr<Crew>>& crews = crews_.emplace_back();
    if (group.plan.waiting == Waiting::thread) {
      crews.push_back(std::make_unique<ThreadCrew>(clock, group, make_roster(group.plan, plan, Shard{0, 1}),
                                                   group.plan.sessions, muster_, trigger,
                                                   hash_of(plan.seed, number, g)));
      continue;
    }
    const std::uint32_t count = loops_of(group.plan, plan.threads);
    for (std::uint32_t j = 0; j < count; j++)
      crews.push_back(std::make_unique<FiberCrew>(
          loops_[j]->loop(), group, make_roster(group.plan, plan, Shard{j, count}),
          Shard{j, count}.share(group.plan.sessions), muster_, trigger, hash_of(plan.seed, number, g, j)));
  }
  for (const auto& loop : loops_) loop->run();
}

std::unique_ptr<Roster> GroupSet::make_roster(const GroupPlan& group, const RunPlan& plan, Shard threads) const {
  std::vector<std::unique_ptr<Client>> clients;
  for (std::uint64_t k = threads.index; k < group.clients; k += threads.count)
    clients.push_back(group.group.make_client(k));
  const Shard part = part_of(plan.shard, threads.index, threads.count);
  std::unique_ptr<Arrivals> arrivals;
  const std::uint64_t seed = number_ == 0 ? plan.seed : hash_of(plan.seed, 0xadded, number_);
  if (!group.schedule.closed() && !group.group.triggered) arrivals = group.schedule.arrivals(part, seed);
  return std::make_unique<Roster>(std::move(clients), group.schedule, group.group.triggered, std::move(arrivals),
                                  hash_of(seed, 0x7054, part.index));
}

void GroupSet::start(const Phases& phases, TimePoint begin, Nanos ramp_up, Nanos interval, std::uint64_t count) {
  for (std::size_t g = 0; g < crews_.size(); g++)
    for (std::size_t j = 0; j < crews_[g].size(); j++) {
      Crew& crew = *crews_[g][j];
      if (!triggered(g) && count > 0 && !groups_[g]->plan.group.keeps_count)
        crew.limit(phases.measure_begin(),
                   Shard{static_cast<std::uint32_t>(j), static_cast<std::uint32_t>(crews_[g].size())}.share(count));
      if (!triggered(g)) crew.close(phases.measure_end());
      crew.start(phases, begin, ramp_up, interval);
    }
}

void GroupSet::close(TimePoint end) {
  for (std::size_t g = 0; g < crews_.size(); g++)
    if (!triggered(g))
      for (const auto& crew : crews_[g]) crew->close(end);
}

void GroupSet::no_more_triggers() {
  for (std::size_t g = 0; g < crews_.size(); g++)
    if (triggered(g))
      for (const auto& crew : crews_[g]) crew->no_more_triggers();
}

void GroupSet::cancel() {
  for (const auto& crews : crews_)
    for (const auto& crew : crews) crew->cancel();
}

void GroupSet::dismiss() {
  for (const auto& crews : crews_)
    for (const auto& crew : crews) crew->dismiss();
}

void GroupSet::dismantle() {
  for (const auto& loop : loops_) loop->join();  // a loop may still be in the last turn of a crew that has ended
  crews_.clear();                                // recorders have handed over what was left
  loops_.clear();
}

bool GroupSet::scheduled_ended() const {
  for (std::size_t g = 0; g < crews_.size(); g++)
    if (!triggered(g))
      for (const auto& crew : crews_[g])
        if (!crew->ended()) return false;
  return true;
}

bool GroupSet::ended() const {
  return std::all_of(crews_.begin(), crews_.end(), [](const auto& crews) {
    return std::all_of(crews.begin(), crews.end(), [](const auto& crew) { return crew->ended(); });
  });
}

TimePoint GroupSet::last_end() const {
  TimePoint end = TimePoint::min();
  for (std::size_t g = 0; g < crews_.size(); g++)
    if (!triggered(g))
      for (const auto& crew : crews_[g]) end = std::max(end, crew->ended_at());
  return end;
}

std::uint64_t GroupSet::abandoned(std::size_t group) const {
  std::uint64_t operations = 0;
  for (const auto& crew : crews_[group]) operations += crew->abandoned();
  return operations;
}

}  // namespace assay
