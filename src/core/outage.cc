#include "core/outage.h"

#include "base/units.h"

#include <fmt/format.h>

namespace assay {

void OutageTracker::add_sessions(std::size_t sessions) {
  const std::lock_guard lock(mutex_);
  sessions_ += sessions;
}

void OutageTracker::lost(Nanos at, const std::string& why) {
  const std::lock_guard lock(mutex_);
  down_++;
  const bool total = down_ >= sessions_;
  if (!in_spell() || (total && answered_)) {  // what still worked when the spell began is gone now too
    if (!in_spell()) lost_ = 0;
    begin_ = at;
    why_ = why;
    all_down_ = refused_ = answered_ = false;
    in_spell_ = true;
  }
  lost_++;
  if (total) all_down_ = true;
}

void OutageTracker::refused() {
  const std::lock_guard lock(mutex_);
  if (in_spell()) refused_ = true;
}

void OutageTracker::reopened(Nanos at) {
  const std::lock_guard lock(mutex_);
  if (down_ > 0) down_--;
  if (in_spell() && down_ == 0 && !silent()) end(at, false);
}

void OutageTracker::succeeded(Nanos sent, Nanos at) {
  const std::lock_guard lock(mutex_);
  if (!in_spell() || sent <= begin_) return;
  if (silent())
    end(at, true);  // sessions that are still down belong to it; one that is lost from now on begins another
  else
    answered_ = true;
}

void OutageTracker::end(Nanos at, bool outage) {
  in_spell_ = false;
  const Nanos length = at - begin_;
  events_.push_back(
      {begin_, length, outage ? "outage" : "sessions_lost",
       outage ? fmt::format("{} of {} sessions lost, back after {}: {}", lost_, sessions_, format_latency(length), why_)
              : fmt::format("{} of {} sessions lost and reopened within {}: {}", lost_, sessions_,
                            format_latency(length), why_)});
}

std::vector<Event> OutageTracker::events(Nanos now) const {
  const std::lock_guard lock(mutex_);
  std::vector<Event> out = events_;
  if (in_spell())
    out.push_back(
        {begin_, now - begin_, silent() ? "outage" : "sessions_lost",
         silent() ? fmt::format("{} of {} sessions lost, and nothing worked again before the end of the run: {}", lost_,
                                sessions_, why_)
                  : fmt::format("{} of {} sessions lost, of which {} were not open again at the end of the run: {}",
                                lost_, sessions_, down_, why_)});
  return out;
}

}  // namespace assay
