// The nine tables of TPC-C (clause 1.3), their sizes (1.2 and 4.3.3) and how they are cut into partitions.
//
// The warehouse's number is the first column of every primary key but ITEM's, so every table but ITEM can be
// partitioned by it. Money is decimal with two places, tax and discount with four; nothing else is decimal.
#pragma once

#include "core/table.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::tpcc {

inline constexpr std::int64_t kDistricts = 10;  // of a warehouse

/// How much data there is. `divisor` 1 is the specification's; a test divides customers, orders, stock and items.
struct Scale {
  std::int64_t warehouses = 1;
  std::int64_t divisor = 1;

  std::int64_t customers() const noexcept { return 3000 / divisor; }     // of a district
  std::int64_t orders() const noexcept { return customers(); }           // of a district: one of each customer
  std::int64_t delivered() const noexcept { return orders() * 7 / 10; }  // the orders up to this one are delivered
  std::int64_t items() const noexcept { return 100'000 / divisor; }      // and stock of a warehouse
  std::int64_t last_names() const noexcept { return std::min<std::int64_t>(customers(), 1000); }  // those in use
  friend bool operator==(const Scale&, const Scale&) = default;
};
inline constexpr std::int64_t kMostDivisor = 100;

enum class PartitionType { hash, range, list_hash, list_range };
/// By the names of pgdistbench. Throws Error.
PartitionType parse_partition_type(std::string_view);
std::string_view to_string(PartitionType) noexcept;

/// In the order in which they refer to each other: a table's foreign keys name earlier ones only.
enum class TableId : std::uint8_t {
  warehouse,
  item,
  district,
  stock,
  customer,
  history,
  orders,
  new_order,
  order_line
};
inline constexpr std::size_t kTables = 9;
std::string_view name_of(TableId) noexcept;

/// The tables, by TableId. `partitions` ≤ 1: not partitioned.
std::vector<Table> make_tables(std::int64_t warehouses, std::int64_t partitions, PartitionType, bool foreign_keys);

}  // namespace assay::tpcc
