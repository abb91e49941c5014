#include "core/roster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

struct PausingClient final : Client {
  explicit PausingClient(Nanos pause) : wait(pause) {}
  OperationId next(std::uint64_t payload) override {
    last_payload = payload;
    return OperationId{0};
  }
  Nanos pause() override { return wait; }
  Result<> run(Context&, OperationId) override { return {}; }
  Nanos wait;
  std::uint64_t last_payload = 0;
};

std::vector<std::unique_ptr<Client>> clients(int n, Nanos pause = 0s) {
  std::vector<std::unique_ptr<Client>> out;
  for (int i = 0; i < n; i++) out.push_back(std::make_unique<PausingClient>(pause));
  return out;
}

const TimePoint kStart{1000s};

/// How many it gives up.
std::size_t abandoned(Roster& roster, TimePoint now) {
  std::size_t count = 0;
  roster.abandon(now, [&](const Roster::Abandoned&) { count++; });
  return count;
}

TEST(Roster, in_a_closed_loop_a_client_is_due_again_after_its_pause) {
  Roster roster(clients(1, 5s), Schedule(), false, nullptr, 1);
  roster.start(kStart, 0s);
  EXPECT_EQ(roster.next_due(), kStart + 5s);
  Roster::Lease lease;
  EXPECT_FALSE(roster.take(kStart + 4s, lease));
  ASSERT_TRUE(roster.take(kStart + 6s, lease));
  EXPECT_EQ(lease.due, kStart + 5s);
  EXPECT_EQ(roster.next_due(), TimePoint::max());
  roster.give_back(lease.seat, kStart + 7s);
  EXPECT_EQ(roster.next_due(), kStart + 12s);
}

TEST(Roster, the_ramp_brings_clients_in_one_by_one) {
  Roster roster(clients(4), Schedule(), false, nullptr, 1);
  roster.start(kStart, 8s);
  Roster::Lease lease;
  std::vector<Nanos> dues;
  while (roster.take(kStart + 1h, lease)) dues.push_back(lease.due - kStart);
  EXPECT_THAT(dues, ElementsAre(0s, 2s, 4s, 6s));
}

TEST(Roster, in_an_open_loop_operations_keep_their_due_time_while_every_client_is_busy) {
  const Schedule schedule = Schedule::parse("10", "constant", "0", 0s);
  Roster roster(clients(1), schedule, false, schedule.arrivals({}, 1), 1);
  roster.start(kStart, 0s);
  Roster::Lease lease;
  ASSERT_TRUE(roster.take(kStart, lease));
  EXPECT_FALSE(roster.take(kStart + 1s, lease));  // due, but the only client is out
  roster.give_back(lease.seat, kStart + 1s);
  ASSERT_TRUE(roster.take(kStart + 1s, lease));
  EXPECT_EQ(lease.due, kStart + 100ms);  // not forgotten
  EXPECT_EQ(lease.free_since, kStart + 1s);
}

TEST(Roster, nothing_due_at_the_end_or_later_is_handed_out) {
  const Schedule schedule = Schedule::parse("10", "constant", "0", 0s);
  Roster roster(clients(100), schedule, false, schedule.arrivals({}, 1), 1);
  roster.start(kStart, 0s);
  roster.close(kStart + 1s);
  Roster::Lease lease;
  int taken = 0;
  while (roster.take(kStart + 10s, lease)) taken++;
  EXPECT_EQ(taken, 10);
  EXPECT_TRUE(roster.over());
}

/// Has so many operations to do.
class Finite final : public Client {
 public:
  explicit Finite(int operations) : left_(operations) {}
  OperationId next(std::uint64_t) override { return left_-- > 0 ? OperationId{0} : kNothingMore; }
  Result<> run(Context&, OperationId) override { return {}; }

 private:
  int left_;
};

TEST(Roster, is_over_when_no_client_has_anything_more_to_do) {
  for (const char* rate : {"", "1000"}) {
    const Schedule schedule = Schedule::parse(rate, "constant", "0", 0s);
    std::vector<std::unique_ptr<Client>> all;
    for (const int operations : {3, 0, 5}) all.push_back(std::make_unique<Finite>(operations));
    Roster roster(std::move(all), schedule, false, schedule.closed() ? nullptr : schedule.arrivals({}, 1), 1);
    roster.start(kStart, 0s);
    Roster::Lease lease;
    int taken = 0;
    for (; roster.take(kStart + 10s, lease); taken++) {
      EXPECT_FALSE(roster.over()) << rate;  // who is out may have more to do
      roster.give_back(lease.seat, kStart + 10s);
    }
    EXPECT_EQ(taken, 8) << rate;
    EXPECT_TRUE(roster.over()) << rate;
    EXPECT_EQ(roster.clients(), 0u) << rate;
    EXPECT_EQ(abandoned(roster, kStart + 20s), 0u) << rate;
  }
}

TEST(Roster, what_was_due_and_never_handed_out_is_told_at_the_end) {
  const Schedule schedule = Schedule::parse("10", "constant", "0", 0s);
  Roster roster(clients(1), schedule, false, schedule.arrivals({}, 1), 1);
  roster.start(kStart, 0s);
  roster.close(kStart + 1s);
  Roster::Lease lease;
  ASSERT_TRUE(roster.take(kStart, lease));
  EXPECT_EQ(abandoned(roster, kStart + 10s), 9u);
}

TEST(Roster, clients_of_a_closed_loop_that_were_due_and_never_had_their_turn_are_told_too) {
  Roster roster(clients(5), Schedule(), false, nullptr, 1);
  roster.start(kStart, 0s);
  roster.close(kStart + 1s);
  Roster::Lease lease;
  ASSERT_TRUE(roster.take(kStart, lease));
  EXPECT_EQ(abandoned(roster, kStart + 10s), 4u);  // the fifth is under way
  Roster pausing(clients(5, 5s), Schedule(), false, nullptr, 1);
  pausing.start(kStart, 0s);
  pausing.close(kStart + 10s);
  EXPECT_EQ(abandoned(pausing, kStart + 1s), 0u);  // none was due yet
}

TEST(Roster, a_limit_counts_from_its_time_on) {
  Roster roster(clients(1), Schedule(), false, nullptr, 1);
  roster.limit(kStart + 10s, 2);
  roster.start(kStart, 0s);
  Roster::Lease lease;
  int before = 0, after = 0;
  for (TimePoint now = kStart; roster.take(now, lease); now += 1s) {
    (lease.due < kStart + 10s ? before : after)++;
    roster.give_back(lease.seat, now + 1s);
  }
  EXPECT_EQ(before, 10);
  EXPECT_EQ(after, 2);
  EXPECT_TRUE(roster.over());
}

TEST(Roster, a_triggered_operation_brings_its_payload_and_waits_for_a_client) {
  auto made = clients(1);
  auto* client = static_cast<PausingClient*>(made[0].get());
  Roster roster(std::move(made), Schedule(), true, nullptr, 1);
  roster.start(kStart, 0s);
  EXPECT_EQ(roster.next_due(), TimePoint::max());
  roster.trigger(7, kStart + 1s);
  roster.trigger(8, kStart + 2s);
  Roster::Lease lease;
  ASSERT_TRUE(roster.take(kStart + 3s, lease));
  EXPECT_EQ(client->last_payload, 7u);
  EXPECT_FALSE(roster.take(kStart + 3s, lease));
  roster.give_back(lease.seat, kStart + 4s);
  ASSERT_TRUE(roster.take(kStart + 4s, lease));
  EXPECT_EQ(client->last_payload, 8u);
  EXPECT_EQ(lease.due, kStart + 2s);
}

TEST(Roster, the_client_that_has_been_due_longest_comes_first_whether_it_paused_or_not) {
  std::vector<std::unique_ptr<Client>> made;
  made.push_back(std::make_unique<PausingClient>(3s));
  made.push_back(std::make_unique<PausingClient>(0s));
  Roster roster(std::move(made), Schedule(), false, nullptr, 1);
  roster.start(kStart, 0s);
  Roster::Lease lease;
  std::vector<std::uint32_t> order;
  for (TimePoint now = kStart; order.size() < 5; now += 1s)
    while (order.size() < 5 && roster.take(now, lease)) {
      order.push_back(lease.seat);
      roster.give_back(lease.seat, now + 1s);
      break;
    }
  EXPECT_THAT(order, ElementsAre(1, 1, 1, 1, 0));  // at 3 s both are due; then 0 has been due longer
}

std::vector<Nanos> dues_until(Roster& roster, Nanos until) {
  std::vector<Nanos> dues;
  Roster::Lease lease;
  while (roster.take(kStart + until, lease)) {
    dues.push_back(lease.due - kStart);
    roster.give_back(lease.seat, lease.due);
  }
  return dues;
}

Roster::Change change_to(const Schedule& schedule, Nanos at) {
  return {.at = kStart + at, .schedule = schedule, .arrivals = schedule.closed() ? nullptr : schedule.arrivals({}, 1)};
}

TEST(RosterChange, a_rate_holds_from_its_instant_on) {
  const Schedule one = Schedule::parse("1", "constant", "0", 0s), four = Schedule::parse("4", "constant", "0", 0s);
  Roster roster(clients(1), one, false, one.arrivals({}, 1), 1);
  roster.start(kStart, 0s);
  roster.change(change_to(four, 2500ms));
  EXPECT_THAT(dues_until(roster, 3400ms), ElementsAre(0ms, 1000ms, 2000ms, 2500ms, 2750ms, 3000ms, 3250ms));
}

TEST(RosterChange, what_was_due_before_stays_due_behind_a_busy_client) {
  const Schedule one = Schedule::parse("1", "constant", "0", 0s), ten = Schedule::parse("10", "constant", "0", 0s);
  Roster roster(clients(1), one, false, one.arrivals({}, 1), 1);
  roster.start(kStart, 0s);
  Roster::Lease lease;
  ASSERT_TRUE(roster.take(kStart, lease));
  roster.change(change_to(ten, 2500ms));
  EXPECT_FALSE(roster.take(kStart + 10s, lease));
  EXPECT_FALSE(roster.over());
  EXPECT_EQ(roster.next_due(), TimePoint::max());  // nothing can be begun before the client comes back
  roster.give_back(lease.seat, kStart + 10s);
  EXPECT_THAT(dues_until(roster, 2650ms), ElementsAre(1000ms, 2000ms, 2500ms, 2600ms));
}

TEST(RosterChange, from_closed_to_open_and_back) {
  const Schedule thinking = Schedule::parse("", "constant", "1s", 0s), two = Schedule::parse("2", "constant", "0", 0s);
  Roster roster(clients(1), thinking, false, nullptr, 1);
  roster.start(kStart, 0s);
  roster.change(change_to(two, 2500ms));
  roster.change(change_to(thinking, 4s));
  EXPECT_EQ(roster.next_due(), kStart + 1s);
  EXPECT_THAT(dues_until(roster, 6100ms), ElementsAre(1000ms, 2000ms, 2500ms, 3000ms, 3500ms, 5000ms, 6000ms));
}

TEST(RosterChange, clients_come_and_leave_and_one_that_is_out_finishes_first) {
  Roster roster(clients(1, 1s), Schedule(), false, nullptr, 1);
  roster.start(kStart, 0s);
  roster.change({.at = kStart + 500ms, .come = clients(2, 1s)});
  Roster::Lease first, second, third, none;
  EXPECT_EQ(roster.next_due(), kStart + 500ms);
  ASSERT_TRUE(roster.take(kStart + 2s, first));
  ASSERT_TRUE(roster.take(kStart + 2s, second));
  ASSERT_TRUE(roster.take(kStart + 2s, third));
  EXPECT_EQ(first.due, kStart + 1s);
  EXPECT_EQ(second.due, kStart + 1500ms);
  EXPECT_EQ(roster.clients(), 3u);
  roster.change({.at = kStart + 3s, .leave = 2});
  EXPECT_FALSE(roster.take(kStart + 3s, none));
  EXPECT_EQ(roster.clients(), 1u);
  for (const auto* lease : {&first, &second, &third}) roster.give_back(lease->seat, kStart + 3s);
  EXPECT_EQ(dues_until(roster, 4500ms).size(), 1u);
}

TEST(RosterChange, a_change_behind_the_end_is_never_waited_for) {
  Roster roster(clients(1, 1s), Schedule(), false, nullptr, 1);
  roster.start(kStart, 0s);
  roster.close(kStart + 500ms);
  roster.change({.at = kStart + 600ms, .come = clients(1)});
  EXPECT_TRUE(roster.over());
}

TEST(RosterChange, what_was_never_begun_counts_on_both_sides_of_a_change) {
  const Schedule one = Schedule::parse("1", "constant", "0", 0s), four = Schedule::parse("4", "constant", "0", 0s);
  Roster roster(clients(1), one, false, one.arrivals({}, 1), 1);
  roster.start(kStart, 0s);
  roster.close(kStart + 4s);
  Roster::Lease lease;
  ASSERT_TRUE(roster.take(kStart, lease));
  roster.change(change_to(four, 2s));
  EXPECT_EQ(abandoned(roster, kStart + 10s), 1u + 8u);  // at 1 s; from 2 s on four a second
}

}  // namespace
}  // namespace assay
