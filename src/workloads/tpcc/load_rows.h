// The rows that a load writes (clause 4.3.3.1): each is a pure function of the seed and of where it is, so any process
// makes any part in any order, and a load that was cut off goes on where it stopped.
//
// Batches are appended to in the order of the table's columns (schema.cc).
#pragma once

#include "core/table.h"
#include "workloads/tpcc/random_values.h"
#include "workloads/tpcc/schema.h"

#include <cstdint>

namespace assay::tpcc {

/// C_SINCE, H_DATE, O_ENTRY_D and OL_DELIVERY_D of what is loaded: 2026-01-01 00:00:00, so that a load is reproducible.
inline constexpr Timestamp kLoadTime{1'767'225'600'000'000};

/// Where rows come from.
struct Source {
  std::uint64_t seed = 1;
  Scale scale;
  RandomConstants constants;
};

/// Items `first` … `last`, both included.
void add_items(RowBatch&, const Source&, std::int64_t first, std::int64_t last);
void add_warehouse(RowBatch&, const Source&, std::int64_t w);
void add_districts(RowBatch&, const Source&, std::int64_t w);  // all ten
void add_stock(RowBatch&, const Source&, std::int64_t w, std::int64_t first, std::int64_t last);
void add_customers(RowBatch&, const Source&, std::int64_t w, std::int64_t d);
void add_history(RowBatch&, const Source&, std::int64_t w, std::int64_t d);
void add_orders(RowBatch& orders, RowBatch& order_lines, RowBatch& new_orders, const Source&, std::int64_t w,
                std::int64_t d);

}  // namespace assay::tpcc
