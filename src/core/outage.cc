#include "core/outage.h"

#include "base/units.h"

#include <fmt/format.h>

namespace assay {

void OutageTracker::lost(Nanos at, const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (down_ == 0) {
    spell_begin_ = at;
    lost_in_spell_ = 0;
    outage_ = false;
    why_ = why;
  }
  down_++;
  lost_in_spell_++;
  if (down_ >= sessions_) outage_ = true;
}

void OutageTracker::refused() {
  const std::lock_guard lock(mutex_);
  if (down_ > 0 && lost_in_spell_ > 0) outage_ = true;
}

void OutageTracker::restored(Nanos at) {
  const std::lock_guard lock(mutex_);
  if (down_ > 0) down_--;
  if (outage_) {  // the first success ends it; the sessions still down belong to the same spell and are not told again
    events_.push_back({spell_begin_, at - spell_begin_, "outage",
                       fmt::format("{}: {} of {} sessions lost, back after {}: {}", group_, lost_in_spell_, sessions_,
                                   format_latency(at - spell_begin_), why_)});
    outage_ = false;
    lost_in_spell_ = 0;
  } else if (down_ == 0 && lost_in_spell_ > 0) {
    events_.push_back(
        {spell_begin_, at - spell_begin_, "sessions_lost",
         fmt::format("{}: {} of {} sessions lost and reopened: {}", group_, lost_in_spell_, sessions_, why_)});
    lost_in_spell_ = 0;
  }
}

std::vector<Event> OutageTracker::events(Nanos now) const {
  const std::lock_guard lock(mutex_);
  std::vector<Event> out = events_;
  if (down_ > 0 && (outage_ || lost_in_spell_ > 0))
    out.push_back({spell_begin_, now - spell_begin_, outage_ ? "outage" : "sessions_lost",
                   fmt::format("{}: {} of {} sessions lost and not back at the end of the run: {}", group_, down_,
                               sessions_, why_)});
  return out;
}

}  // namespace assay
