// Who is next: the clients of one group (or one thread's share of them), when each is due, and who waits.
//
// Pure bookkeeping: no threads, no clock, no I/O. Closed loop: a client given back is due again after its pause. Open
// loop: due times come from the schedule and go to the client that has been idle longest. Triggered: due times are
// pushed in. An operation that is due while no client or session is free waits, and keeps its due time.
#pragma once

#include "base/random.h"
#include "core/schedule.h"
#include "core/workload.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace assay {

class Roster {
 public:
  struct Lease {
    Client* client = nullptr;
    std::uint32_t seat = 0;
    OperationId operation{};
    TimePoint due{};
    TimePoint free_since{};  // since when the client was free for it
  };

  /// `clients` are this roster's. `start` is the run's; `ramp_up` is over which clients of a closed loop come in, one
  /// by one. `arrivals` is null in a closed loop and in a triggered group.
  Roster(std::vector<std::unique_ptr<Client>> clients, const Schedule& schedule, bool triggered,
         std::unique_ptr<Arrivals> arrivals, std::uint64_t seed);

  /// Makes the clients' first operations due. To be called once.
  void start(TimePoint start, Nanos ramp_up);
  /// Nothing that is due at or after `end` is handed out any more.
  void close(TimePoint end) noexcept;
  /// What becomes of the roster at an instant, while it works. What was due before stays due.
  struct Change {
    TimePoint at{};
    std::optional<Schedule> schedule = {};           // from then on
    std::unique_ptr<Arrivals> arrivals = {};         // of it, as offsets from `at`; null in a closed loop
    std::vector<std::unique_ptr<Client>> come = {};  // these join
    std::size_t leave = 0;                           // so many leave, the youngest first; what they are at they finish
  };
  /// Changes are applied in the order in which they come; one that is due before the last one is due with it. Not for a
  /// triggered roster.
  void change(Change);
  /// Clients that have not left.
  std::size_t clients() const noexcept { return seats_.size() - left_; }

  /// Hands out at most `leases` that are due at or after `from`.
  void limit(TimePoint from, std::uint64_t leases) noexcept;

  /// The lease that has been due longest, if any is due by `now`.
  bool take(TimePoint now, Lease& lease);
  /// When take() will have something, as far as known now; TimePoint::max() when only give_back() or trigger() can
  /// tell.
  TimePoint next_due() const noexcept;
  void give_back(std::uint32_t seat, TimePoint end);
  void trigger(std::uint64_t payload, TimePoint due);

  /// Nothing will be handed out any more. A triggered roster is over when its queue is empty; only the engine knows
  /// whether somebody may still push.
  bool over() const noexcept;
  std::size_t out() const noexcept { return out_; }
  /// An operation that was due before the end and was never handed out. Which it would have been is drawn already in a
  /// closed loop only.
  struct Abandoned {
    std::optional<OperationId> operation;
    std::uint64_t payload = 0;  // what Client::next() would have been given
    TimePoint due{};
  };
  /// All of them, taken away; what is due later than `now` is not. For the end of a drain.
  void abandon(TimePoint now, const std::function<void(const Abandoned&)>& each);

 private:
  struct Seat {
    std::unique_ptr<Client> client;
    OperationId operation{};
    TimePoint due{};
    TimePoint free_since{};
    bool left = false;
  };
  struct Later {
    TimePoint due;
    std::uint32_t seat;
    friend bool operator>(const Later& a, const Later& b) noexcept { return a.due > b.due; }
  };
  struct Triggered {
    TimePoint due;
    std::uint64_t payload;
  };
  bool open_loop() const noexcept { return arrivals_ != nullptr; }
  bool may_hand_out(TimePoint due) const noexcept;
  TimePoint next_operation() const noexcept;
  TimePoint next_change() const noexcept;
  void draw(std::uint32_t seat, TimePoint from);
  void settle(std::uint32_t seat, TimePoint from);
  void apply_changes(TimePoint now);
  void apply(Change&);
  void remove(std::size_t clients);
  void next_arrival();
  void leave(std::uint32_t seat);
  void hand_out(std::uint32_t seat, TimePoint due, Lease& lease);

  std::vector<Seat> seats_;
  Schedule schedule_;
  bool triggered_;
  std::unique_ptr<Arrivals> arrivals_;
  Random think_;

  TimePoint start_{}, end_ = TimePoint::max();
  TimePoint limit_from_ = TimePoint::max();
  std::uint64_t limit_left_ = ~std::uint64_t{0};
  std::size_t out_ = 0, left_ = 0;
  std::deque<Change> changes_;  // to come, ascending

  std::deque<std::uint32_t> ready_;  // closed: due at once, oldest first
  std::vector<Later> later_;         // closed: a heap by due time
  std::deque<std::uint32_t> idle_;   // open and triggered: clients without an operation, longest idle first
  TimePoint arrival_ = TimePoint::max();
  std::deque<Triggered> queue_;
};

}  // namespace assay
