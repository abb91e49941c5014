#include "workloads/tpcc/statements.h"

#include "base/error.h"

namespace assay::tpcc {
namespace {

class Builder {
 public:
  Builder(Statements& statements, const Dialect& dialect)
      : s_(statements), lock_(dialect.for_update ? " for update" : "") {
    s_.returning = dialect.returning;
  }

  void new_order() {
    auto& n = s_.new_order;
    n.customer = read("new_order_customer",
                      "select c_discount, c_last, c_credit, w_tax from warehouse, customer "
                      "where w_id = $1 and c_w_id = $1 and c_d_id = $2 and c_id = $3");
    const std::string next = "update district set d_next_o_id = d_next_o_id + 1 where d_w_id = $1 and d_id = $2";
    if (s_.returning) {
      n.district = write("new_order_district", next + " returning d_tax, d_next_o_id - 1");
    } else {
      n.district =
          read("new_order_district", "select d_tax, d_next_o_id from district where d_w_id = $1 and d_id = $2" + lock_);
      n.district_update = write("new_order_district_update", next);
    }
    n.order = write("new_order_order",
                    "insert into orders (o_w_id, o_d_id, o_id, o_c_id, o_entry_d, o_carrier_id, o_ol_cnt, "
                    "o_all_local) values ($1, $2, $3, $4, $5, null, $6, $7)");
    n.queue = write("new_order_queue", "insert into new_order (no_w_id, no_d_id, no_o_id) values ($1, $2, $3)");
    for (std::size_t lines = 1; lines <= kMostLines; lines++) {
      n.items[lines] = items(lines);
      n.lines[lines] = insert_lines(lines);
    }
    stock();
  }

  void payment() {
    s_.customers_by_name = read("customers_by_name",
                                "select c_id from customer where c_w_id = $1 and c_d_id = $2 and c_last = $3 "
                                "order by c_first, c_id");
    auto& p = s_.payment;
    p.places = read("payment_places",
                    "select w_name, w_street_1, w_street_2, w_city, w_state, w_zip, d_name, d_street_1, d_street_2, "
                    "d_city, d_state, d_zip from warehouse, district where w_id = $1 and d_w_id = $1 and d_id = $2");
    p.warehouse = write("payment_warehouse", "update warehouse set w_ytd = w_ytd + $2 where w_id = $1");
    p.district = write("payment_district", "update district set d_ytd = d_ytd + $3 where d_w_id = $1 and d_id = $2");
    const std::string change =
        "update customer set c_balance = c_balance - $4, c_ytd_payment = c_ytd_payment + $4, "
        "c_payment_cnt = c_payment_cnt + 1, "
        "c_data = case when c_credit = 'BC' then substr($5 || c_data, 1, 500) else c_data end "
        "where c_w_id = $1 and c_d_id = $2 and c_id = $3";
    const std::string shown =
        "c_first, c_middle, c_last, c_street_1, c_street_2, c_city, c_state, c_zip, c_phone, c_since, c_credit, "
        "c_credit_lim, c_discount, c_balance, substr(c_data, 1, 200)";
    if (s_.returning) {
      p.customer = write("payment_customer", change + " returning " + shown);
    } else {
      p.customer = write("payment_customer", change);
      p.customer_read = read("payment_customer_read", "select " + shown +
                                                          " from customer where c_w_id = $1 and c_d_id = $2 and "
                                                          "c_id = $3");
    }
    p.history = write("payment_history",
                      "insert into history (h_w_id, h_d_id, h_c_w_id, h_c_d_id, h_c_id, h_date, h_amount, h_data) "
                      "values ($1, $2, $3, $4, $5, $6, $7, $8)");
  }

  void order_status() {
    s_.order_status.customer = read("order_status_customer",
                                    "select c_first, c_middle, c_last, c_balance from customer "
                                    "where c_w_id = $1 and c_d_id = $2 and c_id = $3");
    // One statement, so that the lines are those of the order that is shown, whatever the isolation level.
    s_.order_status.order =
        read("order_status_order",
             "select o_id, o_entry_d, o_carrier_id, ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_delivery_d "
             "from orders, order_line where o_w_id = $1 and o_d_id = $2 and o_id = "
             "(select max(o_id) from orders where o_w_id = $1 and o_d_id = $2 and o_c_id = $3) "
             "and ol_w_id = $1 and ol_d_id = $2 and ol_o_id = o_id");
  }

  void delivery() {
    auto& d = s_.delivery;
    d.oldest =
        read("delivery_oldest",
             "select no_o_id from new_order where no_w_id = $1 and no_d_id = $2 order by no_o_id limit 1" + lock_);
    d.dequeue = write("delivery_dequeue", "delete from new_order where no_w_id = $1 and no_d_id = $2 and no_o_id = $3");
    d.customer_of =
        read("delivery_customer_of", "select o_c_id from orders where o_w_id = $1 and o_d_id = $2 and o_id = $3");
    d.order =
        write("delivery_order", "update orders set o_carrier_id = $4 where o_w_id = $1 and o_d_id = $2 and o_id = $3");
    d.lines = write("delivery_lines",
                    "update order_line set ol_delivery_d = $4 where ol_w_id = $1 and ol_d_id = $2 and ol_o_id = $3");
    d.amount = read("delivery_amount",
                    "select sum(ol_amount) from order_line where ol_w_id = $1 and ol_d_id = $2 and ol_o_id = $3");
    d.customer = write("delivery_customer",
                       "update customer set c_balance = c_balance + $4, c_delivery_cnt = c_delivery_cnt + 1 "
                       "where c_w_id = $1 and c_d_id = $2 and c_id = $3");
  }

  void stock_level() {
    s_.stock_level.next_order =
        read("stock_level_next_order", "select d_next_o_id from district where d_w_id = $1 and d_id = $2");
    s_.stock_level.low_stock =
        read("stock_level_low_stock",
             "select count(distinct s_i_id) from order_line, stock where ol_w_id = $1 and ol_d_id = $2 and "
             "ol_o_id >= $3 and ol_o_id < $4 and s_w_id = $1 and s_i_id = ol_i_id and s_quantity < $5");
  }

 private:
  StatementId read(std::string name, std::string text) { return add(std::move(name), std::move(text), true); }
  StatementId write(std::string name, std::string text) { return add(std::move(name), std::move(text), false); }
  StatementId add(std::string name, std::string text, bool read_only) {
    s_.table.push_back({std::move(name), std::move(text), read_only});
    return static_cast<StatementId>(s_.table.size() - 1);
  }

  StatementId items(std::size_t lines) {
    std::string text = "select i_id, i_price, i_name, i_data from item where i_id in (";
    for (std::size_t n = 1; n <= lines; n++) text += fmt::format("{}${}", n > 1 ? ", " : "", n);
    return read(fmt::format("new_order_items_{}", lines), text + ")");
  }

  StatementId insert_lines(std::size_t lines) {
    std::string text =
        "insert into order_line (ol_w_id, ol_d_id, ol_o_id, ol_number, ol_i_id, ol_supply_w_id, ol_delivery_d, "
        "ol_quantity, ol_amount, ol_dist_info) values ";
    for (std::size_t n = 1, p = 4; n <= lines; n++, p += 5)
      text += fmt::format("{}($1, $2, $3, {}, ${}, ${}, null, ${}, ${}, ${})", n > 1 ? ", " : "", n, p, p + 1, p + 2,
                          p + 3, p + 4);
    return write(fmt::format("new_order_lines_{}", lines), text);
  }

  void stock() {
    auto& n = s_.new_order;
    // Relative to what is stored, so that two lines of an order may name the same item.
    const std::string change =
        "update stock set s_quantity = case when s_quantity - $3 >= 10 then s_quantity - $3 else s_quantity - $3 + 91 "
        "end, s_ytd = s_ytd + $3, s_order_cnt = s_order_cnt + 1, s_remote_cnt = s_remote_cnt + $4 "
        "where s_w_id = $1 and s_i_id = $2";
    for (int d = 1; d <= kDistricts; d++) {
      const std::string name = fmt::format("new_order_stock_{:02}", d);
      const std::string shown = fmt::format("s_quantity, s_data, s_dist_{:02}", d);
      n.stock[static_cast<std::size_t>(d - 1)] =
          s_.returning ? write(name, change + " returning " + shown)
                       : read(name, "select " + shown + " from stock where s_w_id = $1 and s_i_id = $2" + lock_);
    }
    if (!s_.returning) n.stock_update = write("new_order_stock_update", change);
  }

  Statements& s_;
  const std::string lock_;
};

std::optional<std::int64_t> unscaled(const ResultSet& rows, std::size_t row, std::size_t column, std::uint8_t scale) {
  if (row >= rows.size() || column >= rows.columns()) return std::nullopt;
  const Value& cell = rows.at(row, column);
  if (const auto* decimal = std::get_if<Decimal>(&cell)) return rescaled(*decimal, scale).unscaled;
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return *integer;
  return std::nullopt;
}

}  // namespace

Statements make_statements(const Dialect& dialect) {
  Statements statements;
  Builder builder(statements, dialect);
  builder.new_order();
  builder.payment();
  builder.order_status();
  builder.delivery();
  builder.stock_level();
  return statements;
}

std::optional<std::int64_t> cents(const ResultSet& rows, std::size_t row, std::size_t column) {
  return unscaled(rows, row, column, 2);
}

std::optional<std::int64_t> ten_thousandths(const ResultSet& rows, std::size_t row, std::size_t column) {
  return unscaled(rows, row, column, 4);
}

}  // namespace assay::tpcc
