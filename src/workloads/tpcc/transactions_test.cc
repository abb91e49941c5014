// Each transaction's effects, looked at with SQL. Runs on every kind of target (see make_test_target).
#include "workloads/tpcc/transactions.h"

#include "workloads/tpcc/random_values.h"
#include "workloads/tpcc/tpcc_fixture.h"

#include <algorithm>
#include <set>

namespace assay::tpcc {
namespace {

constexpr Timestamp kNow{1'800'000'000'000'000};

/// Two warehouses with a hundredth of the rows, and a session to run transactions on.
class TpccTransaction : public testing::TestWithParam<bool> {  // pipeline on or off
 protected:
  void SetUp() override {
    if (const std::string why = missing_target(); !why.empty()) GTEST_SKIP() << why;
    test_target_ = make_test_target();
    prepare(target(), options());
    session_ = open_session(target());
    statements_ = make_statements(session_->query()->dialect());
    session_->query()->declare(statements_.table);
    sql_ = std::make_unique<Sql>(target());
  }
  static OptionMap options() { return small({{"warehouses", "2"}}); }
  Target& target() { return test_target_->target(); }
  Desk desk() {
    return {.query = *session_->query(),
            .statements = statements_,
            .isolation = Isolation::default_level,
            .pipeline = GetParam(),
            .now = kNow};
  }
  Sql& sql() { return *sql_; }
  std::int64_t number(const std::string& text) { return sql_->number(text); }

  template <class T>
  static T good(Result<T> result) {
    if (!result) throw Error("the transaction failed: " + result.error().message);
    return *result;
  }

  /// A New-Order of district 3 of warehouse 1 by customer 5, with lines {item, supply warehouse, quantity}.
  static NewOrderInput order(std::vector<NewOrderInput::Line> lines) {
    NewOrderInput in{.warehouse = 1, .district = 3, .customer = 5};
    in.lines = static_cast<std::uint32_t>(lines.size());
    std::copy(lines.begin(), lines.end(), in.line.begin());
    return in;
  }

 private:
  std::unique_ptr<TestTarget> test_target_;
  std::unique_ptr<Session> session_;
  Statements statements_;
  std::unique_ptr<Sql> sql_;
};

INSTANTIATE_TEST_SUITE_P(Pipeline, TpccTransaction, testing::Bool(),
                         [](const auto& info) { return info.param ? "on" : "off"; });

/// The rule of 2.4.2.2 for the quantity that is left.
std::int64_t left_of(std::int64_t stocked, std::int64_t ordered) {
  return stocked >= ordered + 10 ? stocked - ordered : stocked - ordered + 91;
}

TEST_P(TpccTransaction, a_new_order_writes_the_order_its_lines_and_the_stock) {
  const std::int64_t before_9 = number("select s_quantity from stock where s_w_id = 1 and s_i_id = 9");
  const std::int64_t before_700 = number("select s_quantity from stock where s_w_id = 1 and s_i_id = 700");
  const NewOrderOutput out = good(new_order(desk(), order({{700, 1, 10}, {9, 1, 4}, {1, 1, 1}, {2, 1, 2}, {9, 1, 7}})));
  EXPECT_EQ(out.order, 31);  // the next after 30 loaded ones
  EXPECT_FALSE(out.rolled_back);
  EXPECT_EQ(number("select d_next_o_id from district where d_w_id = 1 and d_id = 3"), 32);
  EXPECT_EQ(number("select count(*) from district where d_next_o_id = 31"), 19);
  EXPECT_EQ(number("select count(*) from orders where o_w_id = 1 and o_d_id = 3 and o_id = 31 and o_c_id = 5 and "
                   "o_carrier_id is null and o_ol_cnt = 5 and o_all_local = 1"),
            1);
  EXPECT_EQ(number("select count(*) from new_order where no_w_id = 1 and no_d_id = 3 and no_o_id = 31"), 1);
  const std::string lines = " from order_line where ol_w_id = 1 and ol_d_id = 3 and ol_o_id = 31";
  EXPECT_EQ(number("select count(*)" + lines + " and ol_delivery_d is null and ol_supply_w_id = 1"), 5);
  EXPECT_EQ(number("select ol_quantity" + lines + " and ol_number = 5 and ol_i_id = 9"), 7);
  // OL_AMOUNT is quantity × price, without discount and tax.
  const std::int64_t price_700 = number("select i_price from item where i_id = 700");
  EXPECT_EQ(number("select ol_amount" + lines + " and ol_number = 1"), 10 * price_700);
  EXPECT_EQ(number("select count(*) from order_line, stock where ol_w_id = 1 and ol_d_id = 3 and ol_o_id = 31 and "
                   "s_w_id = 1 and s_i_id = ol_i_id and ol_dist_info = s_dist_03"),
            5);
  EXPECT_EQ(number("select s_quantity from stock where s_w_id = 1 and s_i_id = 700"), left_of(before_700, 10));
  // The same item on two lines is taken twice.
  EXPECT_EQ(number("select s_quantity from stock where s_w_id = 1 and s_i_id = 9"), left_of(left_of(before_9, 4), 7));
  EXPECT_EQ(number("select s_ytd from stock where s_w_id = 1 and s_i_id = 9"), 11);
  EXPECT_EQ(number("select s_order_cnt from stock where s_w_id = 1 and s_i_id = 9"), 2);
  EXPECT_EQ(number("select sum(s_remote_cnt) from stock"), 0);
  EXPECT_EQ(number("select sum(s_ytd) from stock"), 24);
  EXPECT_TRUE(check(target(), options(), false).empty());
}

TEST_P(TpccTransaction, the_total_of_a_new_order_has_discount_and_taxes_and_is_stored_nowhere) {
  const NewOrderOutput out = good(new_order(desk(), order({{1, 1, 1}, {2, 1, 2}, {3, 1, 3}, {4, 1, 4}, {5, 1, 5}})));
  double sum = 0;
  for (int i = 1; i <= 5; i++)
    sum += i * static_cast<double>(number("select i_price from item where i_id = " + std::to_string(i)));
  const auto rate = [&](const std::string& text) {
    const ResultSet& rows = sql().run(text);
    return static_cast<double>(ten_thousandths(rows, 0, 0).value()) / 10'000;
  };
  const double discount = rate("select c_discount from customer where c_w_id = 1 and c_d_id = 3 and c_id = 5");
  const double tax = rate("select w_tax from warehouse where w_id = 1") +
                     rate("select d_tax from district where d_w_id = 1 and d_id = 3");
  EXPECT_NEAR(static_cast<double>(out.total), sum * (1 - discount) * (1 + tax), 0.51);
}

TEST_P(TpccTransaction, a_remote_line_takes_from_the_stock_of_the_other_warehouse) {
  const std::int64_t home = number("select s_quantity from stock where s_w_id = 1 and s_i_id = 50");
  const std::int64_t away = number("select s_quantity from stock where s_w_id = 2 and s_i_id = 50");
  const std::string info =
      std::string(sql().run("select s_dist_03 from stock where s_w_id = 2 and s_i_id = 50").text(0, 0).value());
  const NewOrderOutput out =
      good(new_order(desk(), order({{50, 2, 6}, {51, 1, 1}, {52, 1, 1}, {53, 1, 1}, {54, 1, 1}})));
  EXPECT_EQ(out.remote_lines, 1u);
  EXPECT_EQ(number("select s_quantity from stock where s_w_id = 2 and s_i_id = 50"), left_of(away, 6));
  EXPECT_EQ(number("select s_remote_cnt from stock where s_w_id = 2 and s_i_id = 50"), 1);
  EXPECT_EQ(number("select s_ytd from stock where s_w_id = 2 and s_i_id = 50"), 6);
  EXPECT_EQ(number("select s_quantity from stock where s_w_id = 1 and s_i_id = 50"), home);
  EXPECT_EQ(number("select s_ytd from stock where s_w_id = 1 and s_i_id = 50"), 0);
  EXPECT_EQ(number("select o_all_local from orders where o_w_id = 1 and o_d_id = 3 and o_id = 31"), 0);
  EXPECT_EQ(number("select ol_supply_w_id from order_line where ol_w_id = 1 and ol_d_id = 3 and ol_o_id = 31 and "
                   "ol_number = 1"),
            2);
  EXPECT_EQ(sql()
                .run("select ol_dist_info from order_line where ol_w_id = 1 and ol_d_id = 3 and ol_o_id = 31 and "
                     "ol_number = 1")
                .text(0, 0)
                .value(),
            info);
}

TEST_P(TpccTransaction, a_new_order_with_an_unused_item_leaves_nothing) {
  const std::uint64_t before = checksum(target());
  NewOrderInput in = order({{1, 1, 1}, {2, 2, 2}, {3, 1, 3}, {4, 1, 4}, {1001, 1, 5}});
  in.unused_item = true;
  const NewOrderOutput out = good(new_order(desk(), in));
  EXPECT_TRUE(out.rolled_back);
  EXPECT_EQ(checksum(target()), before);
  // The session is free for the next transaction, which has the number that was given back.
  EXPECT_EQ(good(new_order(desk(), order({{1, 1, 1}, {2, 1, 2}, {3, 1, 3}, {4, 1, 4}, {5, 1, 5}}))).order, 31);
}

TEST_P(TpccTransaction, a_missing_item_that_was_not_meant_to_be_missing_is_a_wrong_answer) {
  const auto result = new_order(desk(), order({{1, 1, 1}, {2, 1, 2}, {3, 1, 3}, {4, 1, 4}, {1001, 1, 5}}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, FailureKind::wrong_answer);
}

TEST_P(TpccTransaction, a_payment_moves_its_amount_in_all_four_tables) {
  const PaymentInput in{.warehouse = 1,
                        .district = 4,
                        .customer = {.warehouse = 2, .district = 7, .customer = 12, .name = 0},
                        .amount = 1234'56};
  const PaymentOutput out = good(payment(desk(), in));
  EXPECT_EQ(out.customer, 12);
  EXPECT_EQ(out.balance, -10'00 - 1234'56);
  EXPECT_EQ(number("select w_ytd from warehouse where w_id = 1"), 3000'00 + 1234'56);
  EXPECT_EQ(number("select w_ytd from warehouse where w_id = 2"), 3000'00);
  EXPECT_EQ(number("select d_ytd from district where d_w_id = 1 and d_id = 4"), 300'00 + 1234'56);
  const std::string customer = " from customer where c_w_id = 2 and c_d_id = 7 and c_id = 12";
  EXPECT_EQ(number("select c_balance" + customer), -1244'56);
  EXPECT_EQ(number("select c_ytd_payment" + customer), 1244'56);
  EXPECT_EQ(number("select c_payment_cnt" + customer), 2);
  const ResultSet& row = sql().run(
      "select h_amount, h_data, w_name, d_name from history, warehouse, district where h_c_w_id = 2 and h_c_d_id = 7 "
      "and h_c_id = 12 and h_w_id = 1 and h_d_id = 4 and w_id = 1 and d_w_id = 1 and d_id = 4");
  ASSERT_EQ(row.size(), 1u);
  EXPECT_EQ(cents(row, 0, 0), 1234'56);
  EXPECT_EQ(row.text(0, 1), std::string(*row.text(0, 2)) + "    " + std::string(*row.text(0, 3)));
  EXPECT_TRUE(check(target(), options(), false).empty());
}

TEST_P(TpccTransaction, a_customer_of_bad_credit_gets_the_payment_written_into_the_data) {
  for (const char* credit : {"BC", "GC"}) {
    const ResultSet& found = sql().run(std::string("select c_id, c_data from customer where c_w_id = 1 and c_d_id = 1 "
                                                   "and c_credit = '") +
                                       credit + "' order by c_id limit 1");
    ASSERT_EQ(found.size(), 1u);
    const auto id = static_cast<std::int32_t>(found.integer(0, 0).value());
    const std::string before(found.text(0, 1).value());
    const PaymentOutput out =
        good(payment(desk(), {.warehouse = 1,
                              .district = 1,
                              .customer = {.warehouse = 1, .district = 1, .customer = id, .name = 0},
                              .amount = 50'05}));
    EXPECT_EQ(out.bad_credit, std::string(credit) == "BC");
    const std::string expected =
        out.bad_credit ? (std::to_string(id) + " 1 1 1 1 50.05|" + before).substr(0, 500) : before;
    EXPECT_EQ(sql()
                  .run("select c_data from customer where c_w_id = 1 and c_d_id = 1 and c_id = " + std::to_string(id))
                  .text(0, 0)
                  .value(),
              expected);
  }
}

TEST_P(TpccTransaction, a_last_name_stands_for_the_customer_in_the_middle_by_first_name) {
  // One name for seven customers of a district, so that there is a middle.
  sql().run("update customer set c_last = 'BARBARPRI' where c_w_id = 1 and c_d_id = 2 and c_id between 11 and 17");
  const ResultSet& rows =
      sql().run("select c_first, c_id from customer where c_w_id = 1 and c_d_id = 2 and c_last = 'BARBARPRI'");
  std::vector<std::pair<std::string, std::int64_t>> customers;
  for (std::size_t r = 0; r < rows.size(); r++) customers.emplace_back(*rows.text(r, 0), *rows.integer(r, 1));
  // By the target's own order of letters: the test's would be another one under a collation.
  const ResultSet& sorted =
      sql().run("select c_id from customer where c_w_id = 1 and c_d_id = 2 and c_last = 'BARBARPRI' order by c_first");
  ASSERT_EQ(sorted.size(), customers.size());
  const std::int64_t middle = sorted.integer((customers.size() + 1) / 2 - 1, 0).value();  // position ⌈n/2⌉ from 1
  const CustomerInput by_name{.warehouse = 1, .district = 2, .customer = 0, .name = 3};
  EXPECT_EQ(good(order_status(desk(), by_name)).customer, middle);
  EXPECT_EQ(good(payment(desk(), {.warehouse = 1, .district = 2, .customer = by_name, .amount = 1'00})).customer,
            middle);
  EXPECT_EQ(
      number("select c_payment_cnt from customer where c_w_id = 1 and c_d_id = 2 and c_id = " + std::to_string(middle)),
      2);
}

TEST_P(TpccTransaction, order_status_shows_the_last_order) {
  const CustomerInput customer{.warehouse = 1, .district = 3, .customer = 5, .name = 0};
  const std::int64_t loaded = number("select o_id from orders where o_w_id = 1 and o_d_id = 3 and o_c_id = 5");
  EXPECT_EQ(good(order_status(desk(), customer)).order, loaded);
  good(new_order(desk(), order({{1, 1, 1}, {2, 1, 1}, {3, 1, 1}, {4, 1, 1}, {5, 1, 1}, {6, 1, 1}})));
  const OrderStatusOutput out = good(order_status(desk(), customer));
  EXPECT_EQ(out.order, 31);
  EXPECT_EQ(out.lines, 6u);
  EXPECT_EQ(out.balance, -10'00);
}

TEST_P(TpccTransaction, a_delivery_takes_the_oldest_order_of_each_district) {
  sql().run("delete from new_order where no_w_id = 1 and no_d_id = 6");  // nothing to deliver there
  const std::int64_t amount =
      number("select sum(ol_amount) from order_line where ol_w_id = 1 and ol_d_id = 2 and ol_o_id = 22");
  const std::int64_t customer = number("select o_c_id from orders where o_w_id = 1 and o_d_id = 2 and o_id = 22");
  const DeliveryOutput out = good(delivery(desk(), {.warehouse = 1, .carrier = 8}));
  EXPECT_EQ(out.delivered, 9u);
  EXPECT_EQ(out.skipped, 1u);
  EXPECT_EQ(number("select count(*) from new_order where no_w_id = 1"), 9 * 8);
  EXPECT_EQ(number("select min(no_o_id) from new_order where no_w_id = 1"), 23);
  EXPECT_EQ(number("select count(*) from orders where o_w_id = 1 and o_id = 22 and o_carrier_id = 8"), 9);
  EXPECT_EQ(number("select count(*) from order_line where ol_w_id = 1 and ol_d_id = 2 and ol_o_id = 22 and "
                   "ol_delivery_d is null"),
            0);
  EXPECT_EQ(
      number("select c_balance from customer where c_w_id = 1 and c_d_id = 2 and c_id = " + std::to_string(customer)),
      amount - 10'00);
  EXPECT_EQ(number("select sum(c_delivery_cnt) from customer"), 9);
  EXPECT_EQ(number("select count(*) from new_order where no_w_id = 2"), 90);
}

TEST_P(TpccTransaction, stock_level_counts_the_items_of_the_last_twenty_orders_that_run_short) {
  const ResultSet& rows = sql().run(
      "select ol_o_id, ol_i_id, s_quantity from order_line, stock where ol_w_id = 2 and ol_d_id = 5 and s_w_id = 2 and "
      "s_i_id = ol_i_id");
  std::set<std::int64_t> expected;
  for (std::size_t r = 0; r < rows.size(); r++)
    if (*rows.integer(r, 0) >= 11 && *rows.integer(r, 0) <= 30 && *rows.integer(r, 2) < 20)
      expected.insert(*rows.integer(r, 1));
  ASSERT_FALSE(expected.empty());
  EXPECT_EQ(good(stock_level(desk(), {.warehouse = 2, .district = 5, .threshold = 20})).low_stock,
            static_cast<std::int64_t>(expected.size()));
}

}  // namespace
}  // namespace assay::tpcc
