#include "workloads/tpcc/conditions.h"

#include <fmt/core.h>

namespace assay::tpcc {
namespace {

// Each query has at least three columns, by which its answer is sorted. An aggregate over no rows is NULL and a missing
// row is no row: every comparison says with coalesce or an outer join what is meant then, and a column that is NULL where
// it must not be is a violation. PostgreSQL and SQLite have
// FULL JOIN, others do not: the two directions are two selects.

Condition warehouse_is_sum_of_districts() {
  return {"3.3.2.1",
          "W_YTD = sum(D_YTD)",
          {"w_id", "w_ytd", "sum of d_ytd"},
          "select w_id, w_ytd, coalesce(s, 0) as s from warehouse left join (select d_w_id, sum(d_ytd) as s "
          "from district where d_w_id between $1 and $2 group by d_w_id) d on d_w_id = w_id "
          "where w_id between $1 and $2 and (w_ytd is null or w_ytd <> coalesce(s, 0))"};
}

Condition next_order_follows_the_last() {
  return {
      "3.3.2.2",
      "D_NEXT_O_ID - 1 = max(O_ID) = max(NO_O_ID)",
      {"d_w_id", "d_id", "d_next_o_id", "max(o_id)", "max(no_o_id)"},
      "select d_w_id, d_id, d_next_o_id, o, n from district "
      "left join (select o_w_id, o_d_id, max(o_id) as o from orders where o_w_id between $1 and $2 "
      "group by o_w_id, o_d_id) os on o_w_id = d_w_id and o_d_id = d_id "
      "left join (select no_w_id, no_d_id, max(no_o_id) as n from new_order where no_w_id between $1 and $2 "
      "group by no_w_id, no_d_id) ns on no_w_id = d_w_id and no_d_id = d_id "
      "where d_w_id between $1 and $2 and "
      "(d_next_o_id is null or d_next_o_id - 1 <> coalesce(o, 0) or d_next_o_id - 1 <> coalesce(n, d_next_o_id - 1))"};
}

Condition new_orders_have_no_gaps() {
  return {"3.3.2.3",
          "max(NO_O_ID) - min(NO_O_ID) + 1 = number of rows in NEW_ORDER, for each district",
          {"no_w_id", "no_d_id", "min(no_o_id)", "max(no_o_id)", "rows"},
          "select no_w_id, no_d_id, min(no_o_id) as low, max(no_o_id) as high, count(*) as n from new_order "
          "where no_w_id between $1 and $2 group by no_w_id, no_d_id "
          "having max(no_o_id) - min(no_o_id) + 1 <> count(*)"};
}

Condition line_counts_of_districts() {
  return {"3.3.2.4",
          "sum(O_OL_CNT) = number of rows in ORDER_LINE, for each district",
          {"d_w_id", "d_id", "sum(o_ol_cnt)", "rows"},
          "select d_w_id, d_id, coalesce(s, 0) as s, coalesce(n, 0) as n from district "
          "left join (select o_w_id, o_d_id, sum(o_ol_cnt) as s from orders where o_w_id between $1 and $2 "
          "group by o_w_id, o_d_id) os on o_w_id = d_w_id and o_d_id = d_id "
          "left join (select ol_w_id, ol_d_id, count(*) as n from order_line where ol_w_id between $1 and $2 "
          "group by ol_w_id, ol_d_id) ls on ol_w_id = d_w_id and ol_d_id = d_id "
          "where d_w_id between $1 and $2 and coalesce(s, 0) <> coalesce(n, 0)"};
}

Condition undelivered_orders_are_new() {
  return {"3.3.2.5",
          "O_CARRIER_ID is null if and only if the order is in NEW_ORDER",
          {"o_w_id", "o_d_id", "o_id", "o_carrier_id", "in new_order"},
          "select o_w_id, o_d_id, o_id, o_carrier_id, case when no_o_id is null then 0 else 1 end as queued "
          "from orders left join new_order on no_w_id = o_w_id and no_d_id = o_d_id and no_o_id = o_id "
          "where o_w_id between $1 and $2 and "
          "((o_carrier_id is null and no_o_id is null) or (o_carrier_id is not null and no_o_id is not null)) "
          "union all select no_w_id, no_d_id, no_o_id, null, 1 from new_order "
          "left join orders on o_w_id = no_w_id and o_d_id = no_d_id and o_id = no_o_id "
          "where no_w_id between $1 and $2 and o_id is null"};
}

Condition line_counts_of_orders() {
  return {"3.3.2.6",
          "O_OL_CNT = number of rows in ORDER_LINE, for each order; no line without an order",
          {"o_w_id", "o_d_id", "o_id", "o_ol_cnt", "lines"},
          "select o_w_id, o_d_id, o_id, o_ol_cnt, coalesce(n, 0) as n from orders "
          "left join (select ol_w_id, ol_d_id, ol_o_id, count(*) as n from order_line "
          "where ol_w_id between $1 and $2 group by ol_w_id, ol_d_id, ol_o_id) ls "
          "on ol_w_id = o_w_id and ol_d_id = o_d_id and ol_o_id = o_id "
          "where o_w_id between $1 and $2 and (o_ol_cnt is null or o_ol_cnt <> coalesce(n, 0)) "
          "union all select ol_w_id, ol_d_id, ol_o_id, null, count(*) from order_line "
          "left join orders on o_w_id = ol_w_id and o_d_id = ol_d_id and o_id = ol_o_id "
          "where ol_w_id between $1 and $2 and o_id is null group by ol_w_id, ol_d_id, ol_o_id"};
}

Condition undelivered_lines_are_of_undelivered_orders() {
  return {"3.3.2.7",
          "OL_DELIVERY_D is null if and only if O_CARRIER_ID of its order is",
          {"ol_w_id", "ol_d_id", "ol_o_id", "ol_number", "ol_delivery_d", "o_carrier_id"},
          "select ol_w_id, ol_d_id, ol_o_id, ol_number, ol_delivery_d, o_carrier_id from order_line "
          "join orders on o_w_id = ol_w_id and o_d_id = ol_d_id and o_id = ol_o_id "
          "where ol_w_id between $1 and $2 and ((ol_delivery_d is null and o_carrier_id is not null) or "
          "(ol_delivery_d is not null and o_carrier_id is null))"};
}

Condition warehouse_is_sum_of_history() {
  return {"3.3.2.8",
          "W_YTD = sum(H_AMOUNT)",
          {"w_id", "w_ytd", "sum of h_amount"},
          "select w_id, w_ytd, coalesce(s, 0) as s from warehouse left join (select h_w_id, sum(h_amount) as s "
          "from history where h_w_id between $1 and $2 group by h_w_id) h on h_w_id = w_id "
          "where w_id between $1 and $2 and (w_ytd is null or w_ytd <> coalesce(s, 0))"};
}

Condition district_is_sum_of_history() {
  return {"3.3.2.9",
          "D_YTD = sum(H_AMOUNT)",
          {"d_w_id", "d_id", "d_ytd", "sum of h_amount"},
          "select d_w_id, d_id, d_ytd, coalesce(s, 0) as s from district left join (select h_w_id, h_d_id, "
          "sum(h_amount) as s from history where h_w_id between $1 and $2 group by h_w_id, h_d_id) h "
          "on h_w_id = d_w_id and h_d_id = d_id where d_w_id between $1 and $2 and (d_ytd is null or d_ytd <> "
          "coalesce(s, 0))"};
}

/// What each customer's delivered lines come to.
constexpr const char* kDelivered =
    "left join (select o_w_id, o_d_id, o_c_id, sum(ol_amount) as delivered from orders join order_line "
    "on ol_w_id = o_w_id and ol_d_id = o_d_id and ol_o_id = o_id "
    "where o_w_id between $1 and $2 and ol_w_id between $1 and $2 and ol_delivery_d is not null "
    "group by o_w_id, o_d_id, o_c_id) os on o_w_id = c_w_id and o_d_id = c_d_id and o_c_id = c_id ";

Condition balance_is_delivered_less_paid() {
  return {"3.3.2.10",
          "C_BALANCE = sum(OL_AMOUNT) of what was delivered - sum(H_AMOUNT)",
          {"c_w_id", "c_d_id", "c_id", "c_balance", "delivered amount", "paid amount"},
          fmt::format("select c_w_id, c_d_id, c_id, c_balance, coalesce(delivered, 0) as delivered, "
                      "coalesce(paid, 0) as paid from customer {}"
                      "left join (select h_c_w_id, h_c_d_id, h_c_id, sum(h_amount) as paid from history "
                      "where h_c_w_id between $1 and $2 group by h_c_w_id, h_c_d_id, h_c_id) hs "
                      "on h_c_w_id = c_w_id and h_c_d_id = c_d_id and h_c_id = c_id "
                      "where c_w_id between $1 and $2 and "
                      "(c_balance is null or c_balance <> coalesce(delivered, 0) - coalesce(paid, 0))",
                      kDelivered)};
}

Condition orders_less_new_orders_are_delivered(const Scale& scale) {
  return {
      "3.3.2.11",
      fmt::format("rows in ORDERS - rows in NEW_ORDER = {}, for each district, right after a load", scale.delivered()),
      {"d_w_id", "d_id", "orders", "new orders"},
      fmt::format("select d_w_id, d_id, coalesce(o, 0) as o, coalesce(n, 0) as n from district "
                  "left join (select o_w_id, o_d_id, count(*) as o from orders where o_w_id between $1 and $2 "
                  "group by o_w_id, o_d_id) os on o_w_id = d_w_id and o_d_id = d_id "
                  "left join (select no_w_id, no_d_id, count(*) as n from new_order "
                  "where no_w_id between $1 and $2 group by no_w_id, no_d_id) ns "
                  "on no_w_id = d_w_id and no_d_id = d_id "
                  "where d_w_id between $1 and $2 and coalesce(o, 0) - coalesce(n, 0) <> {}",
                  scale.delivered())};
}

Condition balance_and_payments_are_delivered() {
  return {
      "3.3.2.12",
      "C_BALANCE + C_YTD_PAYMENT = sum(OL_AMOUNT) of what was delivered",
      {"c_w_id", "c_d_id", "c_id", "c_balance", "c_ytd_payment", "delivered amount"},
      fmt::format("select c_w_id, c_d_id, c_id, c_balance, c_ytd_payment, coalesce(delivered, 0) as delivered "
                  "from customer {}where c_w_id between $1 and $2 and "
                  "(c_balance is null or c_ytd_payment is null or c_balance + c_ytd_payment <> coalesce(delivered, 0))",
                  kDelivered)};
}

/// Rows that no transaction adds or removes; without them the other conditions hold of an empty database. The range's
/// warehouses are counted where the range is known: a warehouse that is missing is seen by its districts.
Condition cardinalities(const Scale& scale) {
  const auto count = [&](const char* table, const char* column, std::int64_t expected) {
    return fmt::format(
        "select '{0}' as what, count(*) as n, {2} * ($2 - $1 + 1) as expected from {0} "
        "where {1} between $1 and $2",
        table, column, expected);
  };
  return {"1.2.1",
          "each warehouse has its row, its districts, customers and stock, and every item is there",
          {"table", "rows", "expected"},
          fmt::format("select what, n, expected from ({} union all {} union all {} union all {} union all "
                      "select 'item', count(*), {} from item) c where n <> expected",
                      count("warehouse", "w_id", 1), count("district", "d_w_id", kDistricts),
                      count("customer", "c_w_id", kDistricts * scale.customers()),
                      count("stock", "s_w_id", scale.items()), scale.items())};
}

}  // namespace

std::vector<Condition> conditions(const Scale& scale, bool fresh) {
  std::vector<Condition> all = {warehouse_is_sum_of_districts(),
                                next_order_follows_the_last(),
                                new_orders_have_no_gaps(),
                                line_counts_of_districts(),
                                undelivered_orders_are_new(),
                                line_counts_of_orders(),
                                undelivered_lines_are_of_undelivered_orders(),
                                warehouse_is_sum_of_history(),
                                district_is_sum_of_history(),
                                balance_is_delivered_less_paid(),
                                balance_and_payments_are_delivered(),
                                cardinalities(scale)};
  if (fresh) all.insert(all.end() - 2, orders_less_new_orders_are_delivered(scale));
  return all;
}

}  // namespace assay::tpcc
