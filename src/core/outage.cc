#include "core/outage.h"

#include "base/units.h"

#include <fmt/format.h>

namespace assay {

void OutageTracker::lost(Nanos at, const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (!spell_) {
    spell_ = true;
    outage_ = false;
    spell_begin_ = at;
    lost_in_spell_ = 0;
    why_ = why;
  }
  down_++;
  lost_in_spell_++;
  if (down_ >= sessions_) outage_ = true;
}

void OutageTracker::refused() {
  const std::lock_guard lock(mutex_);
  if (spell_) outage_ = true;
}

void OutageTracker::reopened(Nanos at) {
  const std::lock_guard lock(mutex_);
  if (down_ > 0) down_--;
  if (!spell_ || outage_ || down_ > 0) return;
  spell_ = false;
  events_.push_back(
      {spell_begin_, at - spell_begin_, "sessions_lost",
       fmt::format("{}: {} of {} sessions lost and reopened: {}", group_, lost_in_spell_, sessions_, why_)});
}

void OutageTracker::worked(Nanos at) {
  const std::lock_guard lock(mutex_);
  if (!spell_ || !outage_) return;
  spell_ = false;  // sessions that are still down belong to it; one that is lost from now on begins another
  events_.push_back({spell_begin_, at - spell_begin_, "outage",
                     fmt::format("{}: {} of {} sessions lost, back after {}: {}", group_, lost_in_spell_, sessions_,
                                 format_latency(at - spell_begin_), why_)});
}

std::vector<Event> OutageTracker::events(Nanos now) const {
  const std::lock_guard lock(mutex_);
  std::vector<Event> out = events_;
  if (spell_)
    out.push_back({spell_begin_, now - spell_begin_, outage_ ? "outage" : "sessions_lost",
                   fmt::format("{}: {} of {} sessions lost, and nothing worked again before the end of the run: {}",
                               group_, lost_in_spell_, sessions_, why_)});
  return out;
}

}  // namespace assay
