#include "core/outage.h"

#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay {

void OutageTracker::add_sessions(std::size_t sessions) {
  const std::lock_guard lock(mutex_);
  sessions_ += sessions;
}

void OutageTracker::begin(Nanos at, const std::string& why) {
  spell_ = {.begin = at, .why = why, .lost = in_spell() ? spell_.lost : 0};
  in_spell_ = true;
  spell_told_ = false;
}

void OutageTracker::lost(Nanos worked, Nanos at, const std::string& why) {
  const std::lock_guard lock(mutex_);
  down_++;
  const bool total = down_ >= sessions_;
  if (!in_spell() && !total) {
    const auto outage = std::find_if(over_.rbegin(), over_.rend(), [](const Spell& spell) { return spell.outage; });
    if (outage != over_.rend() && worked < outage->end) {
      outage->lost++;
      return;
    }
  }
  // When all are gone, what still worked when the spell began is gone now too.
  if (!in_spell() || (total && spell_.answered)) begin(at, why);
  spell_.lost++;
  if (total) spell_.all_down = true;
}

void OutageTracker::refused(Nanos at, const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (!in_spell()) {
    begin(at, why);
    spell_.lost = down_;
  }
  if (!spell_.refused) spell_.refused_at = at;
  spell_.refused = true;
}

void OutageTracker::reopened(Nanos at) {
  const std::lock_guard lock(mutex_);
  if (down_ > 0) down_--;
  spell_.reopened = true;
  if (in_spell() && down_ == 0 && !spell_.silent()) end(at);
}

void OutageTracker::succeeded(Nanos sent, Nanos at) {
  const std::lock_guard lock(mutex_);
  if (!in_spell() || sent <= spell_.begin) return;
  spell_.answered_last = std::max(spell_.answered_last, at);
  if (spell_.refused && !spell_.reopened && sent > spell_.refused_at) spell_.answered_refused = true;
  if (spell_.silent())
    end(at);  // sessions that are still down belong to it; one that is lost from now on begins another
  else
    spell_.answered = true;
}

void OutageTracker::end(Nanos at) {
  in_spell_ = false;
  spell_.end = at;
  spell_.outage = spell_.silent() || (spell_.lost >= sessions_ && spell_.refused && !spell_.answered_refused);
  over_.push_back(spell_);
}

Event OutageTracker::told(const Spell& spell) const {
  const Nanos length = spell.end - spell.begin;
  return {spell.begin, length, spell.outage ? "outage" : "sessions_lost",
          spell.outage ? fmt::format("{} of {} sessions lost, back after {}: {}", spell.lost, sessions_,
                                     format_latency(length), spell.why)
                       : fmt::format("{} of {} sessions lost and reopened within {}: {}", spell.lost, sessions_,
                                     format_latency(length), spell.why)};
}

Event OutageTracker::told_as_lasting(Nanos now, bool over) const {
  const bool silent = over ? spell_.silent_to_the_end() : spell_.silent();
  return {spell_.begin, now - spell_.begin, silent ? "outage" : "sessions_lost",
          silent ? fmt::format("{} of {} sessions lost, and nothing worked again before the end of the run: {}",
                               spell_.lost, sessions_, spell_.why)
                 : fmt::format("{} of {} sessions lost, of which {} were not open again at the end of the run: {}",
                               spell_.lost, sessions_, down_, spell_.why)};
}

std::vector<Event> OutageTracker::news() {
  const std::lock_guard lock(mutex_);
  std::vector<Event> out;
  for (; over_told_ < over_.size(); over_told_++) out.push_back(told(over_[over_told_]));
  if (in_spell() && spell_.silent() && !spell_told_) {
    spell_told_ = true;
    out.push_back({spell_.begin, Nanos(0), "outage",
                   fmt::format("{} of {} sessions lost so far: {}", spell_.lost, sessions_, spell_.why)});
  }
  return out;
}

std::vector<Event> OutageTracker::events(Nanos now, bool over) const {
  const std::lock_guard lock(mutex_);
  std::vector<Event> out;
  for (const Spell& spell : over_) out.push_back(told(spell));
  if (in_spell()) out.push_back(told_as_lasting(now, over));
  return out;
}

}  // namespace assay
