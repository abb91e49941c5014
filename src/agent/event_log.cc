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

std::uint64_t EventLog::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

}  // namespace assay::agent
