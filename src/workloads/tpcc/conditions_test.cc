// Each consistency condition is broken on purpose and found by its number. Runs on every kind of target.
#include "workloads/tpcc/tpcc_fixture.h"

#include <algorithm>

namespace assay::tpcc {
namespace {

/// A change by hand, and what undoes it.
struct Damage {
  std::string condition, change, repair;
  std::string row;  // what a shown row must contain
};

class TpccConditions : public testing::Test {
 protected:
  static OptionMap options() { return small({{"warehouses", "2"}, {"foreign-keys", "false"}}); }
  void SetUp() override {
    if (const std::string why = missing_target(); !why.empty()) GTEST_SKIP() << why;
    test_target_ = make_test_target();
    prepare(target(), options());
  }
  Target& target() { return test_target_->target(); }

  std::vector<Damage> damages() {
    Sql sql(target());
    const std::string one = sql.money("1");
    // A customer whose only order is not delivered: the sums of his lines are over nothing.
    const std::string undelivered =
        std::to_string(sql.number("select o_c_id from orders where o_w_id = 1 and o_d_id = 1 and o_id = 30"));
    const std::string c1 = " where c_w_id = 1 and c_d_id = 1 and c_id = " + undelivered;
    const std::string o1 = " where o_w_id = 1 and o_d_id = 1 and o_id = 1";
    const std::string o30 = " where o_w_id = 1 and o_d_id = 1 and o_id = 30";
    const std::string h = " where h_w_id = 1 and h_c_w_id = 1 and h_c_d_id = 1 and h_c_id = 7";
    const std::string l1 = " where ol_w_id = 1 and ol_d_id = 1 and ol_o_id = 1";
    return {
        {"3.3.2.1", "update district set d_ytd = d_ytd + " + one + " where d_w_id = 2 and d_id = 1",
         "update district set d_ytd = d_ytd - " + one + " where d_w_id = 2 and d_id = 1",
         "w_id = 2, w_ytd = 3000.00, sum of d_ytd = 3001.00"},
        {"3.3.2.2", "update district set d_next_o_id = 32 where d_w_id = 1 and d_id = 4",
         "update district set d_next_o_id = 31 where d_w_id = 1 and d_id = 4",
         "d_w_id = 1, d_id = 4, d_next_o_id = 32"},
        {"3.3.2.3", "delete from new_order where no_w_id = 1 and no_d_id = 5 and no_o_id = 25",
         "insert into new_order (no_w_id, no_d_id, no_o_id) values (1, 5, 25)", "no_w_id = 1, no_d_id = 5"},
        {"3.3.2.4", "update orders set o_ol_cnt = o_ol_cnt + 1" + o1, "update orders set o_ol_cnt = o_ol_cnt - 1" + o1,
         "d_w_id = 1, d_id = 1"},
        {"3.3.2.5", "update orders set o_carrier_id = 3" + o30, "update orders set o_carrier_id = null" + o30,
         "o_w_id = 1, o_d_id = 1, o_id = 30, o_carrier_id = 3, in new_order = 1"},
        {"3.3.2.5", "update orders set o_carrier_id = null" + o1, "update orders set o_carrier_id = 3" + o1,
         "o_id = 1, o_carrier_id = NULL, in new_order = 0"},
        // An order without any line: a comparison with the count of nothing must not be lost.
        {"3.3.2.6", "update order_line set ol_o_id = 1000" + l1,
         "update order_line set ol_o_id = 1 where ol_w_id = 1 and ol_d_id = 1 and ol_o_id = 1000",
         "o_w_id = 1, o_d_id = 1, o_id = 1"},
        {"3.3.2.7", "update order_line set ol_delivery_d = null" + l1 + " and ol_number = 2",
         "update order_line set ol_delivery_d = (select c_since from customer where c_w_id = 1 and c_d_id = 1 and c_id "
         "= 1)" +
             l1 + " and ol_number = 2",
         "ol_o_id = 1, ol_number = 2"},
        {"3.3.2.8", "update history set h_amount = h_amount + " + one + h,
         "update history set h_amount = h_amount - " + one + h, "w_id = 1, w_ytd = 3000.00, sum of h_amount = 3001.00"},
        {"3.3.2.9", "update history set h_d_id = 2" + h, "update history set h_d_id = 1" + h,
         "d_w_id = 1, d_id = 1, d_ytd = 300.00, sum of h_amount = 290.00"},
        {"3.3.2.10",
         "update customer set c_balance = c_balance + " + one + ", c_ytd_payment = c_ytd_payment - " + one + c1,
         "update customer set c_balance = c_balance - " + one + ", c_ytd_payment = c_ytd_payment + " + one + c1,
         "c_id = " + undelivered + ", c_balance = -9.00, delivered amount = 0"},
        // A customer without any payment: likewise.
        {"3.3.2.10", "update history set h_c_id = 9999" + h, "update history set h_c_id = 7 where h_c_id = 9999",
         "c_w_id = 1, c_d_id = 1, c_id = 7, c_balance = -10.00"},
        {"3.3.2.11", "delete from new_order where no_w_id = 2 and no_d_id = 9 and no_o_id = 22",
         "insert into new_order (no_w_id, no_d_id, no_o_id) values (2, 9, 22)",
         "d_w_id = 2, d_id = 9, orders = 30, new orders = 8"},
        {"3.3.2.12", "update customer set c_ytd_payment = c_ytd_payment + " + one + c1,
         "update customer set c_ytd_payment = c_ytd_payment - " + one + c1, "c_id = " + undelivered},
    };
  }

 private:
  std::unique_ptr<TestTarget> test_target_;
};

TEST_F(TpccConditions, each_of_the_twelve_broken_on_purpose_is_found_by_its_number) {
  Sql sql(target());
  for (const Damage& damage : damages()) {
    sql.run(damage.change);
    const auto found = check(target(), options(), true);
    ASSERT_TRUE(found.contains(damage.condition)) << damage.change;
    const Finding& finding = found.at(damage.condition);
    EXPECT_EQ(finding.violations,
              damage.condition == "3.3.2.9" || damage.change.find("1000") != std::string::npos ? 2u : 1u)
        << damage.change;
    EXPECT_TRUE(std::any_of(finding.rows.begin(), finding.rows.end(),
                            [&](const std::string& row) { return row.find(damage.row) != std::string::npos; }))
        << damage.condition << ": " << testing::PrintToString(finding.rows);
    sql.run(damage.repair);
    ASSERT_TRUE(check(target(), options(), true).empty()) << damage.repair;
  }
}

TEST_F(TpccConditions, what_must_not_be_null_and_is_violates_the_conditions_it_stands_in) {
  Sql sql(target());
  for (const char* table : {"warehouse", "district", "customer", "orders"}) {
    const std::string name = table;
    // By the outer join the copy's columns may be null.
    sql.run("create table nullable as select t.* from (select 1 as one) l left join " + name + " t on 1 = 1");
    sql.run("drop table " + name);
    sql.run("alter table nullable rename to " + name);
  }
  ASSERT_TRUE(check(target(), options(), true).empty());
  struct Null {
    const char *table, *column, *row;
    std::vector<std::string> conditions;
  };
  for (const Null& null : std::initializer_list<Null>{
           {"warehouse", "w_ytd", "w_id = 2", {"3.3.2.1", "3.3.2.8"}},
           {"district", "d_ytd", "d_w_id = 2 and d_id = 3", {"3.3.2.1", "3.3.2.9"}},
           {"district", "d_next_o_id", "d_w_id = 1 and d_id = 3", {"3.3.2.2"}},
           {"orders", "o_ol_cnt", "o_w_id = 1 and o_d_id = 2 and o_id = 5", {"3.3.2.4", "3.3.2.6"}},
           {"customer", "c_balance", "c_w_id = 1 and c_d_id = 2 and c_id = 5", {"3.3.2.10", "3.3.2.12"}},
           {"customer", "c_ytd_payment", "c_w_id = 2 and c_d_id = 2 and c_id = 5", {"3.3.2.12"}}}) {
    sql.run(std::string("update ") + null.table + " set " + null.column + " = null where " + null.row);
    const auto found = check(target(), options(), true);
    for (const std::string& condition : null.conditions)
      EXPECT_TRUE(found.contains(condition)) << null.column << " is null, " << condition << " holds";
  }
}

TEST_F(TpccConditions, the_eleventh_is_asked_only_of_data_that_nothing_ran_on) {
  Sql sql(target());
  sql.run("delete from new_order where no_w_id = 2 and no_d_id = 9 and no_o_id = 22");
  EXPECT_TRUE(check(target(), options(), true).contains("3.3.2.11"));
  EXPECT_FALSE(check(target(), options(), false).contains("3.3.2.11"));
}

TEST_F(TpccConditions, rows_that_no_transaction_removes_are_missed) {
  Sql sql(target());
  sql.run("delete from stock where s_w_id = 2 and s_i_id = 10");
  const auto found = check(target(), options(), false);
  ASSERT_TRUE(found.contains("1.2.1"));
  EXPECT_THAT(found.at("1.2.1").rows.at(0), testing::HasSubstr("rows = 999, expected = 1000"));
  for (const char* table :
       {"order_line", "new_order", "orders", "history", "stock", "customer", "district", "warehouse"})
    sql.run(std::string("delete from ") + table);
  EXPECT_TRUE(check(target(), options(), true).contains("1.2.1")) << "an empty database is not consistent";
}

TEST_F(TpccConditions, many_violations_are_counted_and_five_are_shown) {
  Sql sql(target());
  sql.run("update customer set c_ytd_payment = c_ytd_payment + " + sql.money("1"));
  const auto found = check(target(), options(), true);
  EXPECT_EQ(found.at("3.3.2.12").violations, 600u);
  EXPECT_EQ(found.at("3.3.2.12").rows.size(), 5u);
}

}  // namespace
}  // namespace assay::tpcc
