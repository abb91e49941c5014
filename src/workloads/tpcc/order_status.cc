#include "workloads/tpcc/conversation.h"
#include "workloads/tpcc/random_values.h"
#include "workloads/tpcc/transactions.h"

namespace assay::tpcc {

Result<OrderStatusOutput> order_status(const Desk& desk, const CustomerInput& in) {
  const auto& s = desk.statements;
  const std::int64_t w = in.warehouse, d = in.district;
  Conversation talk(desk.query, desk.pipeline);
  OrderStatusOutput out;
  out.customer = in.customer;
  talk.begin({.isolation = desk.isolation, .read_only = true});
  if (out.customer == 0) {
    const std::string name = last_name(in.name);
    auto on_names = [&](const ResultSet& rows, std::size_t) {
      if (!rows.empty()) out.customer = rows.integer(middle_of(rows.size()), 0).value_or(0);
    };
    talk.ask(s.customers_by_name, {w, d, std::string_view(name)}, on_names);
    if (Result<> done = talk.flush(); !done) return tl::unexpected(done.error());
    if (out.customer == 0)
      return fail(FailureKind::wrong_answer,
                  fmt::format("no customer of district {} of warehouse {} is called {}", d, w, name));
  }

  bool found = false;
  auto on_customer = [&](const ResultSet& rows, std::size_t) {
    const auto balance = cents(rows, 0, 3);
    found = balance.has_value();
    out.balance = balance.value_or(0);
  };
  auto on_order = [&](const ResultSet& rows, std::size_t) {
    out.order = rows.integer(0, 0).value_or(0);
    out.lines = rows.size();
  };
  talk.ask(s.order_status.customer, {w, d, out.customer}, on_customer);
  talk.ask(s.order_status.order, {w, d, out.customer}, on_order);
  talk.commit();
  if (Result<> done = talk.flush(); !done) return tl::unexpected(done.error());
  if (!found || out.lines == 0)
    return fail(FailureKind::wrong_answer, fmt::format("customer {} of district {} of warehouse {} {}", out.customer, d,
                                                       w, found ? "has no order with lines" : "is not there"));
  return out;
}

}  // namespace assay::tpcc
