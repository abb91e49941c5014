// The five transactions of TPC-C (clauses 2.4 to 2.8): what a terminal enters, what is done, what is shown.
//
// Each function is one try: it begins and ends its transaction, or answers the failure and leaves the transaction to be
// rolled back (Session::reset). A New-Order with an unused item rolls back by itself and is a success. Amounts are in
// cents. Rows are locked in one order everywhere (warehouse, district, customer; stock by warehouse and item), so that
// the transactions do not deadlock with one another.
#pragma once

#include "core/facets.h"
#include "workloads/tpcc/statements.h"

#include <array>
#include <cstdint>

namespace assay::tpcc {

/// What a transaction is carried out with.
struct Desk {
  QueryFacet& query;
  const Statements& statements;
  Isolation isolation = Isolation::default_level;
  bool pipeline = true;
  Timestamp now{};
};

struct NewOrderInput {
  struct Line {
    std::int32_t item = 0, supply_warehouse = 0, quantity = 0;
  };
  std::int32_t warehouse = 1, district = 1, customer = 1;
  std::uint32_t lines = 0;
  bool unused_item = false;  // the last line's: the order is rolled back
  std::array<Line, kMostLines> line{};
};
struct NewOrderOutput {
  std::int64_t order = 0;
  std::int64_t total = 0;  // with discount and taxes, as it is shown
  std::uint32_t lines = 0, remote_lines = 0, brand_lines = 0;
  bool rolled_back = false;
};
Result<NewOrderOutput> new_order(const Desk&, const NewOrderInput&);

/// A customer, entered by number or by last name (`name` in [0, 999], see last_name()).
struct CustomerInput {
  std::int32_t warehouse = 1, district = 1;
  std::int32_t customer = 0;  // 0: by name
  std::int32_t name = 0;
};

struct PaymentInput {
  std::int32_t warehouse = 1, district = 1;
  CustomerInput customer;
  std::int64_t amount = 0;
};
struct PaymentOutput {
  std::int64_t customer = 0, balance = 0;
  bool bad_credit = false;
};
Result<PaymentOutput> payment(const Desk&, const PaymentInput&);

struct OrderStatusOutput {
  std::int64_t customer = 0, balance = 0, order = 0;
  std::size_t lines = 0;
};
Result<OrderStatusOutput> order_status(const Desk&, const CustomerInput&);

struct DeliveryInput {
  std::int32_t warehouse = 1, carrier = 1;
};
struct DeliveryOutput {
  std::uint32_t delivered = 0, skipped = 0;  // districts
};
Result<DeliveryOutput> delivery(const Desk&, const DeliveryInput&);

struct StockLevelInput {
  std::int32_t warehouse = 1, district = 1, threshold = 10;
};
struct StockLevelOutput {
  std::int64_t low_stock = 0;
};
Result<StockLevelOutput> stock_level(const Desk&, const StockLevelInput&);

/// The customer in the middle of those with the name, sorted by first name (2.5.2.2): position ⌈n/2⌉.
constexpr std::size_t middle_of(std::size_t n) noexcept { return (n - 1) / 2; }

/// Sum of the lines × (1 − discount) × (1 + warehouse tax + district tax), to the nearest cent.
std::int64_t total_amount(std::int64_t sum, std::int64_t discount, std::int64_t warehouse_tax,
                          std::int64_t district_tax) noexcept;

}  // namespace assay::tpcc
