// The statements of the five transactions, for a dialect. Declared once for a group of clients and shared by all of
// them.
//
// Only sums and differences of one column's scale are computed in the target (exact also where decimals are kept as
// integers); what multiplies by tax or discount is computed here.
#pragma once

#include "core/facets.h"
#include "workloads/tpcc/schema.h"

#include <array>
#include <optional>

namespace assay::tpcc {

inline constexpr std::size_t kFewestLines = 5, kMostLines = 15;  // of an order

struct Statements {
  StatementTable table;
  bool returning = false;  // `district` and `stock` change and answer; else each has a statement of its own for it

  struct {
    StatementId customer{}, district{}, district_update{}, order{}, queue{}, stock_update{};
    std::array<StatementId, kDistricts> stock{};      // by district − 1: S_DIST_xx differs
    std::array<StatementId, kMostLines + 1> items{};  // by how many are looked up
    std::array<StatementId, kMostLines + 1> lines{};  // by how many are inserted
  } new_order;
  StatementId customers_by_name{};
  struct {
    StatementId places{}, warehouse{}, district{}, customer{}, customer_read{}, history{};
  } payment;
  struct {
    StatementId customer{}, order{};
  } order_status;
  struct {
    StatementId oldest{}, dequeue{}, customer_of{}, order{}, lines{}, amount{}, customer{};
  } delivery;
  struct {
    StatementId next_order{}, low_stock{};
  } stock_level;
};

Statements make_statements(const Dialect&);

/// Hundredths, as they are in a money column: a Decimal, or the integer that stands for it (Dialect::exact_decimals).
std::optional<std::int64_t> cents(const ResultSet&, std::size_t row, std::size_t column);
/// Ten-thousandths, as they are in a tax or discount column.
std::optional<std::int64_t> ten_thousandths(const ResultSet&, std::size_t row, std::size_t column);

}  // namespace assay::tpcc
