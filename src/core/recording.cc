#include "core/recording.h"

#include <algorithm>

namespace assay {

std::unique_ptr<Interval> Mailbox::empty_interval() {
  {
    const std::lock_guard lock(mutex_);
    if (!empty_.empty()) {
      std::unique_ptr<Interval> interval = std::move(empty_.back());
      empty_.pop_back();
      return interval;
    }
  }
  return std::make_unique<Interval>(operations_, counters_);
}

void Mailbox::hand_over(std::unique_ptr<Interval> filled) {
  const std::lock_guard lock(mutex_);
  filled_.push_back(std::move(filled));
}

std::vector<std::unique_ptr<Interval>> Mailbox::collect() {
  const std::lock_guard lock(mutex_);
  return std::exchange(filled_, {});
}

void Mailbox::give_back(std::unique_ptr<Interval> interval) {
  interval->clear();
  const std::lock_guard lock(mutex_);
  if (empty_.size() < 4) empty_.push_back(std::move(interval));
}

void Mailbox::add(OperationId operation, const Failure& failure) {
  const std::lock_guard lock(mutex_);
  failures_.add(operation, failure);
}

FailureLog Mailbox::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

void Mailbox::close_shared(TimePoint until) {
  const std::lock_guard lock(sharing_);
  for (Recorder* recorder : shared_) recorder->roll(until);
}

Recorder::Recorder(const Phases& phases, Nanos interval, Mailbox& mailbox, bool shared)
    : phases_(phases), interval_(interval), mailbox_(mailbox), current_(mailbox.empty_interval()), shared_(shared) {
  begin_interval(phases.start());
  if (!shared_) return;
  const std::lock_guard lock(mailbox_.sharing_);
  mailbox_.shared_.push_back(this);
}

Recorder::~Recorder() {
  if (shared_) {
    const std::lock_guard lock(mailbox_.sharing_);
    std::erase(mailbox_.shared_, this);
  }
  if (!current_->stats.empty() || !current_->strays.empty()) mailbox_.hand_over(std::move(current_));
}

void Recorder::begin_interval(TimePoint now) {
  if (!current_->stats.empty() || !current_->strays.empty()) {
    mailbox_.hand_over(std::move(current_));
    current_ = mailbox_.empty_interval();
  }
  const std::int64_t index = std::max<std::int64_t>(0, (now - phases_.start()) / interval_);
  current_->index = index;
  current_->phase = phases_.at(now);
  measuring_ = current_->phase == Phase::measure;
  interval_end_ = std::min(phases_.start() + interval_ * (index + 1), phases_.end_of_phase(now));
  switch (current_->phase) {
    case Phase::ramp:
      phase_begin_ = TimePoint::min();
      break;
    case Phase::warmup:
      phase_begin_ = phases_.warmup_begin();
      break;
    case Phase::measure:
      phase_begin_ = phases_.measure_begin();
      break;
    case Phase::drain:
      phase_begin_ = phases_.measure_end();
      break;
  }
}

GroupStats& Recorder::stray(TimePoint due) {
  const Phase phase = phases_.at(due);
  const auto found = current_->strays.find(phase);
  if (found != current_->strays.end()) return found->second;
  return current_->strays.emplace(phase, GroupStats(current_->stats.operations.size(), current_->stats.counters.size()))
      .first->second;
}

void Recorder::failed(OperationId operation, const Completion& c, const Failure& failure) {
  const Hold hold(*this);
  OperationStats& stats = stats_for(operation, c.due, c.end);
  stats.failed.record(c.end - c.due);
  stats.failures[static_cast<std::size_t>(failure.kind)]++;
  stats.in_doubt += failure.in_doubt;
  stats.retries += c.retries;
  mailbox_.add(operation, failure);
}

void Recorder::timed(OperationId operation, TimePoint due, TimePoint end) noexcept {
  const Hold hold(*this);
  OperationStats& stats = stats_for(operation, due, end);
  stats.response.record(end - due);
  stats.service.record(end - due);
  stats.items++;
  current_->stats.operations[static_cast<std::size_t>(operation)].completed++;
}

void Recorder::count(CounterId counter, std::uint64_t n, TimePoint due, TimePoint end) noexcept {
  const Hold hold(*this);
  group_for(due, end).counters[static_cast<std::size_t>(counter)] += n;
}

}  // namespace assay
