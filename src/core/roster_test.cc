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

TEST(Roster, what_was_due_and_never_handed_out_is_told_at_the_end) {
  const Schedule schedule = Schedule::parse("10", "constant", "0", 0s);
  Roster roster(clients(1), schedule, false, schedule.arrivals({}, 1), 1);
  roster.start(kStart, 0s);
  roster.close(kStart + 1s);
  Roster::Lease lease;
  ASSERT_TRUE(roster.take(kStart, lease));
  EXPECT_EQ(roster.abandon(kStart + 10s).size(), 9u);
}

TEST(Roster, clients_of_a_closed_loop_that_were_due_and_never_had_their_turn_are_told_too) {
  Roster roster(clients(5), Schedule(), false, nullptr, 1);
  roster.start(kStart, 0s);
  roster.close(kStart + 1s);
  Roster::Lease lease;
  ASSERT_TRUE(roster.take(kStart, lease));
  EXPECT_EQ(roster.abandon(kStart + 10s).size(), 4u);  // the fifth is under way
  Roster pausing(clients(5, 5s), Schedule(), false, nullptr, 1);
  pausing.start(kStart, 0s);
  pausing.close(kStart + 10s);
  EXPECT_EQ(pausing.abandon(kStart + 1s).size(), 0u);  // none was due yet
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

}  // namespace
}  // namespace assay
