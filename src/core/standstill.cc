#include "core/standstill.h"

#include "runtime/wait.h"

#include <sys/prctl.h>

#include <algorithm>

namespace assay {

void Standstills::watch() {
  {
    const std::lock_guard lock(mutex_);
    last_ = clock_.now();
  }
  thread_ = std::jthread([this](const std::stop_token& stop) {
    prctl(PR_SET_TIMERSLACK, 1UL);
    while (!stop.stop_requested()) {
      std::this_thread::sleep_for(kBeat);
      beat(clock_.now());
    }
  });
}

void Standstills::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Standstills::beat(TimePoint now) {
  const std::lock_guard lock(mutex_);
  const TimePoint due = last_ + kBeat;
  last_ = std::max(last_, now);
  if (now - due < kTolerance) return;
  if (spans_.size() < kMost)
    spans_.push_back({due, now});
  else
    spans_.back().end = now;
}

Nanos Standstills::sum(TimePoint from, TimePoint to) const {
  const std::lock_guard lock(mutex_);
  Nanos total{};
  const auto add = [&](TimePoint begin, TimePoint end) {
    total += std::max(Nanos(0), std::min(end, to) - std::max(begin, from));
  };
  auto span = std::partition_point(spans_.begin(), spans_.end(), [&](const Span& s) { return s.end <= from; });
  for (; span != spans_.end() && span->begin < to; ++span) add(span->begin, span->end);
  if (to - (last_ + kBeat) >= kTolerance) add(last_ + kBeat, to);  // the watching thread has not had its turn yet
  return total;
}

std::vector<Standstills::Span> Standstills::all() const {
  const std::lock_guard lock(mutex_);
  return spans_;
}

}  // namespace assay
