#include "workloads/tpcc/conversation.h"
#include "workloads/tpcc/transactions.h"

namespace assay::tpcc {

Result<DeliveryOutput> delivery(const Desk& desk, const DeliveryInput& in) {
  const auto& s = desk.statements.delivery;
  const std::int64_t w = in.warehouse;
  Conversation talk(desk.query, desk.pipeline);
  struct Order {
    std::int64_t number = 0, customer = 0, amount = 0;
    bool dequeued = false;
  };
  std::array<Order, kDistricts> orders;

  // First round trip: the oldest order of each district that is not delivered, locked in the order of districts.
  auto on_oldest = [&](const ResultSet& rows, std::size_t d) { orders[d].number = rows.integer(0, 0).value_or(0); };
  talk.begin({.isolation = desk.isolation});
  for (std::size_t d = 0; d < kDistricts; d++) talk.ask(s.oldest, {w, static_cast<std::int64_t>(d + 1)}, on_oldest, d);
  if (Result<> done = talk.flush(); !done) return tl::unexpected(done.error());

  auto on_dequeued = [&](const ResultSet& rows, std::size_t d) { orders[d].dequeued = rows.affected() == 1; };
  auto on_customer = [&](const ResultSet& rows, std::size_t d) { orders[d].customer = rows.integer(0, 0).value_or(0); };
  auto on_amount = [&](const ResultSet& rows, std::size_t d) { orders[d].amount = cents(rows, 0, 0).value_or(-1); };
  DeliveryOutput out;
  for (std::size_t i = 0; i < kDistricts; i++) {
    if (orders[i].number == 0) {
      out.skipped++;
      continue;
    }
    const std::int64_t d = static_cast<std::int64_t>(i + 1), o = orders[i].number;
    talk.ask(s.dequeue, {w, d, o}, on_dequeued, i);
    talk.ask(s.customer_of, {w, d, o}, on_customer, i);
    talk.tell(s.order, {w, d, o, std::int64_t{in.carrier}});
    talk.tell(s.lines, {w, d, o, desk.now});
    talk.ask(s.amount, {w, d, o}, on_amount, i);
  }
  if (Result<> done = talk.flush(); !done) return tl::unexpected(done.error());

  for (std::size_t i = 0; i < kDistricts; i++) {
    const Order& order = orders[i];
    if (order.number == 0) continue;
    // Only where the target cannot lock what it reads: another Delivery was faster.
    if (!order.dequeued)
      return fail(FailureKind::conflict, fmt::format("order {} of district {} of warehouse {} was delivered meanwhile",
                                                     order.number, i + 1, w));
    if (order.customer == 0 || order.amount < 0)
      return fail(FailureKind::wrong_answer,
                  fmt::format("order {} of district {} of warehouse {}, which is in NEW_ORDER, has no {}", order.number,
                              i + 1, w, order.customer == 0 ? "row in ORDERS" : "lines"));
    talk.tell(s.customer, {w, static_cast<std::int64_t>(i + 1), order.customer, Decimal{order.amount, 2}});
    out.delivered++;
  }
  talk.commit();
  if (Result<> done = talk.flush(); !done) return tl::unexpected(done.error());
  return out;
}

}  // namespace assay::tpcc
