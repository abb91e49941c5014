#include "workloads/tpcc/conversation.h"
#include "workloads/tpcc/random_values.h"
#include "workloads/tpcc/transactions.h"

namespace assay::tpcc {

Result<PaymentOutput> payment(const Desk& desk, const PaymentInput& in) {
  const auto& s = desk.statements.payment;
  const std::int64_t w = in.warehouse, d = in.district, c_w = in.customer.warehouse, c_d = in.customer.district;
  Conversation talk(desk.query, desk.pipeline);

  // First round trip: what is only read, so that the warehouse's row, which all its terminals pay into, is locked for
  // the second one only.
  PaymentOutput out;
  out.customer = in.customer.customer;
  std::string history;
  auto on_places = [&](const ResultSet& rows, std::size_t) {
    const auto warehouse = rows.text(0, 0), district = rows.text(0, 6);
    if (warehouse && district) history.append(*warehouse).append("    ").append(*district);
  };
  auto on_names = [&](const ResultSet& rows, std::size_t) {
    if (!rows.empty()) out.customer = rows.integer(middle_of(rows.size()), 0).value_or(0);
  };
  talk.begin({.isolation = desk.isolation});
  talk.ask(s.places, {w, d}, on_places);
  std::string name;
  if (out.customer == 0) {
    name = last_name(in.customer.name);
    talk.ask(desk.statements.customers_by_name, {c_w, c_d, std::string_view(name)}, on_names);
  }
  if (Result<> done = talk.flush(); !done) return tl::unexpected(done.error());
  if (history.empty())
    return fail(FailureKind::wrong_answer, fmt::format("district {} of warehouse {} is not there", d, w));
  if (out.customer == 0)
    return fail(FailureKind::wrong_answer,
                fmt::format("no customer of district {} of warehouse {} is called {}", c_d, c_w, name));

  bool found = false;
  auto on_customer = [&](const ResultSet& rows, std::size_t) {
    const auto balance = cents(rows, 0, 13);
    found = balance.has_value();
    out.balance = balance.value_or(0);
    out.bad_credit = rows.text(0, 10) == "BC";
  };
  const Decimal amount{in.amount, 2};
  const std::string data = fmt::format("{} {} {} {} {} {}|", out.customer, c_d, c_w, d, w, format_decimal(amount));
  const Value change[] = {c_w, c_d, out.customer, amount, std::string_view(data)};
  talk.tell(s.warehouse, {w, amount});
  talk.tell(s.district, {w, d, amount});
  if (desk.statements.returning) {
    talk.ask(s.customer, change, on_customer);
  } else {
    talk.tell(s.customer, change);
    talk.ask(s.customer_read, {c_w, c_d, out.customer}, on_customer);
  }
  talk.tell(s.history, {w, d, c_w, c_d, out.customer, desk.now, amount, std::string_view(history)});
  talk.commit();
  if (Result<> done = talk.flush(); !done) return tl::unexpected(done.error());
  if (!found)
    return fail(FailureKind::wrong_answer,
                fmt::format("customer {} of district {} of warehouse {} is not there", out.customer, c_d, c_w));
  return out;
}

}  // namespace assay::tpcc
