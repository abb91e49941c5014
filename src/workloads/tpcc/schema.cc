#include "workloads/tpcc/schema.h"

#include "base/error.h"

namespace assay::tpcc {
namespace {

Column integer(std::string name) { return {.name = std::move(name), .type = ColumnType::integer}; }
Column money(std::string name) {
  return {.name = std::move(name), .type = ColumnType::decimal, .precision = 12, .scale = 2};
}
Column rate(std::string name) {
  return {.name = std::move(name), .type = ColumnType::decimal, .precision = 4, .scale = 4};
}
Column varchar(std::string name, int length) {
  return {.name = std::move(name), .type = ColumnType::varchar, .length = length};
}
Column character(std::string name, int length) {
  return {.name = std::move(name), .type = ColumnType::character, .length = length};
}
Column timestamp(std::string name) { return {.name = std::move(name), .type = ColumnType::timestamp}; }
Column nullable(Column column) {
  column.nullable = true;
  return column;
}

Table table(std::string name, std::vector<Column> columns, std::vector<std::string> primary_key) {
  Table t;
  t.name = std::move(name);
  t.columns = std::move(columns);
  t.primary_key = std::move(primary_key);
  return t;
}

void add_address(std::vector<Column>& columns, const std::string& prefix) {
  columns.push_back(varchar(prefix + "street_1", 20));
  columns.push_back(varchar(prefix + "street_2", 20));
  columns.push_back(varchar(prefix + "city", 20));
  columns.push_back(character(prefix + "state", 2));
  columns.push_back(character(prefix + "zip", 9));
}

Table warehouse() {
  Table t = table("warehouse", {integer("w_id"), varchar("w_name", 10)}, {"w_id"});
  add_address(t.columns, "w_");
  t.columns.push_back(rate("w_tax"));
  t.columns.push_back(money("w_ytd"));
  return t;
}

Table item() {
  return table("item",
               {integer("i_id"), integer("i_im_id"), varchar("i_name", 24), money("i_price"), varchar("i_data", 50)},
               {"i_id"});
}

Table district() {
  Table t = table("district", {integer("d_w_id"), integer("d_id"), varchar("d_name", 10)}, {"d_w_id", "d_id"});
  add_address(t.columns, "d_");
  t.columns.push_back(rate("d_tax"));
  t.columns.push_back(money("d_ytd"));
  t.columns.push_back(integer("d_next_o_id"));
  t.foreign_keys = {{{"d_w_id"}, "warehouse", {"w_id"}}};
  return t;
}

Table stock() {
  Table t = table("stock", {integer("s_w_id"), integer("s_i_id"), integer("s_quantity")}, {"s_w_id", "s_i_id"});
  for (int d = 1; d <= kDistricts; d++) t.columns.push_back(character(fmt::format("s_dist_{:02}", d), 24));
  t.columns.push_back({.name = "s_ytd", .type = ColumnType::bigint});
  t.columns.push_back(integer("s_order_cnt"));
  t.columns.push_back(integer("s_remote_cnt"));
  t.columns.push_back(varchar("s_data", 50));
  t.foreign_keys = {{{"s_w_id"}, "warehouse", {"w_id"}}, {{"s_i_id"}, "item", {"i_id"}}};
  return t;
}

Table customer() {
  Table t = table("customer",
                  {integer("c_w_id"), integer("c_d_id"), integer("c_id"), varchar("c_first", 16),
                   character("c_middle", 2), varchar("c_last", 16)},
                  {"c_w_id", "c_d_id", "c_id"});
  add_address(t.columns, "c_");
  for (const Column& column : {character("c_phone", 16), timestamp("c_since"), character("c_credit", 2),
                               money("c_credit_lim"), rate("c_discount"), money("c_balance"), money("c_ytd_payment"),
                               integer("c_payment_cnt"), integer("c_delivery_cnt"), varchar("c_data", 500)})
    t.columns.push_back(column);
  t.foreign_keys = {{{"c_w_id", "c_d_id"}, "district", {"d_w_id", "d_id"}}};
  // C_ID is in it so that a look-up by last name needs the index only.
  t.indexes = {{"customer_by_last_name", {"c_w_id", "c_d_id", "c_last", "c_first", "c_id"}, false}};
  return t;
}

Table history() {
  Table t = table("history",
                  {integer("h_w_id"), integer("h_d_id"), integer("h_c_w_id"), integer("h_c_d_id"), integer("h_c_id"),
                   timestamp("h_date"), money("h_amount"), varchar("h_data", 24)},
                  {});
  t.foreign_keys = {{{"h_c_w_id", "h_c_d_id", "h_c_id"}, "customer", {"c_w_id", "c_d_id", "c_id"}},
                    {{"h_w_id", "h_d_id"}, "district", {"d_w_id", "d_id"}}};
  return t;
}

Table orders() {
  Table t = table("orders",
                  {integer("o_w_id"), integer("o_d_id"), integer("o_id"), integer("o_c_id"), timestamp("o_entry_d"),
                   nullable(integer("o_carrier_id")), integer("o_ol_cnt"), integer("o_all_local")},
                  {"o_w_id", "o_d_id", "o_id"});
  t.foreign_keys = {{{"o_w_id", "o_d_id", "o_c_id"}, "customer", {"c_w_id", "c_d_id", "c_id"}}};
  t.indexes = {{"orders_by_customer", {"o_w_id", "o_d_id", "o_c_id", "o_id"}, true}};
  return t;
}

Table new_order() {
  Table t = table("new_order", {integer("no_w_id"), integer("no_d_id"), integer("no_o_id")},
                  {"no_w_id", "no_d_id", "no_o_id"});
  t.foreign_keys = {{{"no_w_id", "no_d_id", "no_o_id"}, "orders", {"o_w_id", "o_d_id", "o_id"}}};
  return t;
}

Table order_line() {
  Table t = table("order_line",
                  {integer("ol_w_id"), integer("ol_d_id"), integer("ol_o_id"), integer("ol_number"), integer("ol_i_id"),
                   integer("ol_supply_w_id"), nullable(timestamp("ol_delivery_d")), integer("ol_quantity"),
                   money("ol_amount"), character("ol_dist_info", 24)},
                  {"ol_w_id", "ol_d_id", "ol_o_id", "ol_number"});
  t.foreign_keys = {{{"ol_w_id", "ol_d_id", "ol_o_id"}, "orders", {"o_w_id", "o_d_id", "o_id"}},
                    {{"ol_supply_w_id", "ol_i_id"}, "stock", {"s_w_id", "s_i_id"}}};
  return t;
}

/// The warehouses 1 … n in `parts` parts: consecutive ranges of (almost) equal length, or dealt out in turn.
Partitioning partitioning(const std::string& column, std::int64_t n, std::int64_t parts, PartitionType type) {
  Partitioning p;
  p.column = column;
  p.kind = type == PartitionType::hash    ? Partitioning::Kind::hash
           : type == PartitionType::range ? Partitioning::Kind::range
                                          : Partitioning::Kind::list;
  p.parts.resize(static_cast<std::size_t>(parts));
  for (std::int64_t i = 0; i < parts; i++) {
    Partitioning::Part& part = p.parts[static_cast<std::size_t>(i)];
    const std::int64_t low = 1 + i * n / parts, high = 1 + (i + 1) * n / parts;
    if (type == PartitionType::range) {
      part.low = low;
      part.high = high;
    } else if (type == PartitionType::list_range) {
      for (std::int64_t w = low; w < high; w++) part.values.push_back(w);
    } else if (type == PartitionType::list_hash) {
      for (std::int64_t w = 1; w <= n; w++)
        if (w % parts == i) part.values.push_back(w);
    }
  }
  return p;
}

}  // namespace

namespace {
constexpr std::string_view kPartitionTypes[] = {"hash", "range", "list_hash", "list_range"};
}

PartitionType parse_partition_type(std::string_view text) {
  for (std::size_t i = 0; i < std::size(kPartitionTypes); i++)
    if (kPartitionTypes[i] == text) return static_cast<PartitionType>(i);
  throw Error(fmt::format("'{}' is not a partition type; expected hash, range, list_hash or list_range", text));
}

std::string_view to_string(PartitionType type) noexcept { return kPartitionTypes[static_cast<std::size_t>(type)]; }

std::string_view name_of(TableId id) noexcept {
  constexpr std::string_view kNames[kTables] = {"warehouse", "item",   "district",  "stock",     "customer",
                                                "history",   "orders", "new_order", "order_line"};
  return kNames[static_cast<std::size_t>(id)];
}

std::vector<Table> make_tables(std::int64_t warehouses, std::int64_t partitions, PartitionType type,
                               bool foreign_keys) {
  std::vector<Table> tables = {warehouse(), item(),   district(),  stock(),     customer(),
                               history(),   orders(), new_order(), order_line()};
  for (Table& table : tables) {
    if (!foreign_keys) table.foreign_keys.clear();
    // The first column is the warehouse's number everywhere but in ITEM, which all warehouses share.
    if (partitions > 1 && table.name != "item")
      table.partitioning = partitioning(table.columns.front().name, warehouses, partitions, type);
  }
  return tables;
}

}  // namespace assay::tpcc
