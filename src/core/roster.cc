#include "core/roster.h"

#include "base/error.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace assay {

Roster::Roster(std::vector<std::unique_ptr<Client>> clients, const Schedule& schedule, bool triggered,
               std::unique_ptr<Arrivals> arrivals, std::uint64_t seed)
    : schedule_(schedule), triggered_(triggered), arrivals_(std::move(arrivals)), think_(seed) {
  seats_.resize(clients.size());
  for (std::size_t i = 0; i < clients.size(); i++) seats_[i].client = std::move(clients[i]);
}

void Roster::start(TimePoint start, Nanos ramp_up) {
  start_ = start;
  const auto n = static_cast<std::int64_t>(seats_.size());
  for (std::uint32_t i = 0; i < seats_.size(); i++) {
    seats_[i].free_since = start;
    settle(i, start + Nanos(ramp_up.count() / n * i));
  }
  if (open_loop()) next_arrival();
}

void Roster::close(TimePoint end) noexcept { end_ = std::min(end_, end); }

void Roster::limit(TimePoint from, std::uint64_t leases) noexcept {
  limit_from_ = from;
  limit_left_ = leases;
}

[[gnu::hot]] bool Roster::may_hand_out(TimePoint due) const noexcept {
  return due < end_ && (due < limit_from_ || limit_left_ > 0);
}

[[gnu::hot]] void Roster::draw(std::uint32_t i, TimePoint from) {
  Seat& seat = seats_[i];
  seat.operation = seat.client->next(0);
  if (seat.operation == kNothingMore) return leave(i);
  Nanos pause = seat.client->pause();
  if (schedule_.think() == Schedule::Think::constant) pause += schedule_.mean_think();
  if (schedule_.think() == Schedule::Think::exponential)
    pause += Nanos(static_cast<std::int64_t>(think_.exponential(static_cast<double>(schedule_.mean_think().count()))));
  seat.due = from + pause;
  if (pause <= Nanos(0) && (ready_.empty() || seats_[ready_.back()].due <= seat.due)) {
    ready_.push_back(i);
  } else {
    later_.push_back({seat.due, i});
    std::push_heap(later_.begin(), later_.end(), std::greater<>());
  }
}

/// A client that is free: due after its pause in a closed loop, at hand in the others.
[[gnu::hot]] void Roster::settle(std::uint32_t i, TimePoint from) {
  if (triggered_ || open_loop())
    idle_.push_back(i);
  else
    draw(i, from);
}

void Roster::change(Change change) {
  ASSAY_ASSERT(!triggered_);
  if (!changes_.empty()) change.at = std::max(change.at, changes_.back().at);
  changes_.push_back(std::move(change));
}

void Roster::apply_changes(TimePoint now) {
  for (; !changes_.empty() && changes_.front().at <= now; changes_.pop_front()) {
    // What was due before is handed out first.
    Change& change = changes_.front();
    if (next_operation() < change.at || (open_loop() && arrival_ < change.at && may_hand_out(arrival_))) return;
    apply(change);
  }
}

void Roster::apply(Change& change) {
  remove(change.leave);
  const std::size_t first = seats_.size();
  for (std::unique_ptr<Client>& client : change.come) {
    Seat& seat = seats_.emplace_back();
    seat.client = std::move(client);
    seat.free_since = change.at;
  }
  if (change.schedule) {
    const bool was_open = open_loop();
    schedule_ = *change.schedule;
    arrivals_ = std::move(change.arrivals);
    start_ = change.at;
    if (open_loop()) {
      // Clients that had a time of their own are at hand now, unless they were due before.
      for (const Later& later : later_) idle_.push_back(later.seat);
      for (const std::uint32_t i : ready_) idle_.push_back(i);
      later_.clear();
      ready_.clear();
      next_arrival();
    } else if (was_open) {
      arrival_ = TimePoint::max();
      for (const std::uint32_t i : std::exchange(idle_, {})) draw(i, change.at);
    }
  }
  for (std::size_t i = first; i < seats_.size(); i++) settle(static_cast<std::uint32_t>(i), change.at);
}

void Roster::remove(std::size_t clients) {
  for (std::size_t i = seats_.size(); i > 0 && clients > 0; i--)
    if (!seats_[i - 1].left) {
      seats_[i - 1].left = true;
      left_++;
      clients--;
    }
  const auto left = [this](std::uint32_t i) { return seats_[i].left; };
  std::erase_if(ready_, left);
  std::erase_if(idle_, left);
  std::erase_if(later_, [&](const Later& later) { return left(later.seat); });
  std::make_heap(later_.begin(), later_.end(), std::greater<>());
}

/// The client has nothing more to do. With the last one that does so the roster is over.
void Roster::leave(std::uint32_t i) {
  seats_[i].left = true;
  if (++left_ == seats_.size()) close(TimePoint::min());
}

void Roster::next_arrival() {
  const std::optional<Nanos> offset = arrivals_->next();
  arrival_ = offset ? start_ + *offset : TimePoint::max();
}

[[gnu::hot]] TimePoint Roster::next_operation() const noexcept {
  TimePoint due = TimePoint::max();
  if (open_loop()) {
    if (!idle_.empty()) due = arrival_;
  } else if (triggered_) {
    if (!idle_.empty() && !queue_.empty()) due = queue_.front().due;
  } else {
    if (!ready_.empty()) due = seats_[ready_.front()].due;
    if (!later_.empty()) due = std::min(due, later_.front().due);
  }
  return may_hand_out(due) ? due : TimePoint::max();
}

/// One that waits for its time; behind a backlog it waits for that, and is applied with its last operation.
[[gnu::hot]] TimePoint Roster::next_change() const noexcept {
  if (changes_.empty() || changes_.front().at >= end_ || limit_left_ == 0) return TimePoint::max();
  if (open_loop() && arrival_ < changes_.front().at) return TimePoint::max();
  return changes_.front().at;
}

[[gnu::hot]] TimePoint Roster::next_due() const noexcept { return std::min(next_operation(), next_change()); }

bool Roster::over() const noexcept {
  if (next_change() != TimePoint::max()) return false;
  if (open_loop()) return !may_hand_out(arrival_);
  if (triggered_) return queue_.empty();
  // A client that is out comes back with a due time of its own, unless none may be handed out any more.
  return next_operation() == TimePoint::max() && (out_ == 0 || limit_left_ == 0);
}

[[gnu::hot]] void Roster::hand_out(std::uint32_t i, TimePoint due, Lease& lease) {
  Seat& seat = seats_[i];
  if (due >= limit_from_) limit_left_--;
  out_++;
  lease = {seat.client.get(), i, seat.operation, due, seat.free_since};
}

[[gnu::hot]] bool Roster::take(TimePoint now, Lease& lease) {
  if (!changes_.empty()) apply_changes(now);
  const TimePoint due = next_operation();
  if (due > now || due == TimePoint::max()) return false;
  if (open_loop() || triggered_) {
    const std::uint32_t i = idle_.front();
    idle_.pop_front();
    seats_[i].operation = seats_[i].client->next(open_loop() ? 0 : queue_.front().payload);
    if (seats_[i].operation == kNothingMore) {  // another one may have something
      leave(i);
      return take(now, lease);
    }
    if (open_loop())
      next_arrival();
    else
      queue_.pop_front();
    hand_out(i, due, lease);
    return true;
  }
  std::uint32_t i = 0;
  if (!ready_.empty() && seats_[ready_.front()].due == due) {
    i = ready_.front();
    ready_.pop_front();
  } else {
    i = later_.front().seat;
    std::pop_heap(later_.begin(), later_.end(), std::greater<>());
    later_.pop_back();
  }
  hand_out(i, due, lease);
  lease.free_since = due;  // in a closed loop the client is free exactly when it is due
  return true;
}

[[gnu::hot]] void Roster::give_back(std::uint32_t i, TimePoint end) {
  ASSAY_ASSERT(out_ > 0);
  out_--;
  seats_[i].free_since = end;
  if (!seats_[i].left) settle(i, end);
}

void Roster::trigger(std::uint64_t payload, TimePoint due) { queue_.push_back({due, payload}); }

void Roster::abandon(TimePoint now, const std::function<void(const Abandoned&)>& each) {
  for (std::size_t to_come = changes_.size() + 1; to_come > changes_.size();) {
    while (open_loop() && arrival_ <= now && may_hand_out(arrival_) &&
           (changes_.empty() || arrival_ < changes_.front().at)) {
      each({std::nullopt, 0, arrival_});
      if (arrival_ >= limit_from_) limit_left_--;
      next_arrival();
    }
    to_come = changes_.size();
    apply_changes(std::min(now, end_));
  }
  for (const Triggered& t : queue_) each({std::nullopt, t.payload, t.due});
  queue_.clear();
  const auto add = [&](std::uint32_t i) {
    if (seats_[i].due <= now && may_hand_out(seats_[i].due)) each({seats_[i].operation, 0, seats_[i].due});
  };
  for (const std::uint32_t i : ready_) add(i);
  for (const Later& later : later_) add(later.seat);
  ready_.clear();
  later_.clear();
  end_ = TimePoint::min();
}

}  // namespace assay
