#include "agent/event_log.h"

namespace assay::agent {

void EventLog::add(std::string kind, std::string data) {
  {
    const std::lock_guard lock(mutex_);
    events_.push_back({++last_, std::move(kind), std::move(data)});
    if (events_.size() > most_) events_.pop_front();
  }
  came_.notify_all();
}

void EventLog::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  came_.notify_all();
}

std::vector<EventLog::Event> EventLog::after(std::uint64_t id, Nanos patience) const {
  std::unique_lock lock(mutex_);
  came_.wait_for(lock, patience, [&] { return last_ > id || closed_; });
  std::vector<Event> out;
  for (const Event& event : events_)
    if (event.id > id) out.push_back(event);
  return out;
}

bool EventLog::ended(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  return closed_ && last_ <= id;
}

EventLog::Follower::Follower(const EventLog& log) : log_(log) {
  const std::lock_guard lock(log_.mutex_);
  log_.followers_++;
}

EventLog::Follower::~Follower() {
  const std::lock_guard lock(log_.mutex_);
  if (--log_.followers_ == 0) log_.left_.notify_all();
}

bool EventLog::wait_unfollowed(Nanos patience) const {
  std::unique_lock lock(mutex_);
  return left_.wait_for(lock, patience, [&] { return followers_ == 0; });
}

std::uint64_t EventLog::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

}  // namespace assay::agent
