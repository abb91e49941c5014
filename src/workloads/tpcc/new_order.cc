#include "workloads/tpcc/conversation.h"
#include "workloads/tpcc/transactions.h"

#include <algorithm>
#include <cstring>

namespace assay::tpcc {
namespace {

constexpr std::string_view kOriginal = "ORIGINAL";

/// One try of a New-Order.
class NewOrder {
 public:
  NewOrder(const Desk& desk, const NewOrderInput& in)
      : desk_(desk), s_(desk.statements.new_order), in_(in), talk_(desk.query, desk.pipeline) {}

  Result<NewOrderOutput> run() {
    sort_lines();
    if (Result<> read = read_and_take(); !read) return tl::unexpected(read.error());
    if (Result<> good = check(); !good) return tl::unexpected(good.error());
    write();
    if (!out_.rolled_back) talk_.commit();
    if (Result<> done = talk_.flush(); !done) return tl::unexpected(done.error());
    if (out_.rolled_back)
      if (Result<> undone = desk_.query.rollback(); !undone) return tl::unexpected(undone.error());
    return out_;
  }

 private:
  /// Stock is locked in the order of warehouse and item.
  void sort_lines() {
    for (std::uint32_t i = 0; i < in_.lines; i++) by_stock_[i] = i;
    std::sort(by_stock_.begin(), by_stock_.begin() + in_.lines, [&](std::uint32_t a, std::uint32_t b) {
      const NewOrderInput::Line &x = in_.line[a], &y = in_.line[b];
      return x.supply_warehouse != y.supply_warehouse ? x.supply_warehouse < y.supply_warehouse : x.item < y.item;
    });
  }

  /// First round trip: reads customer, tax and items, takes the order's number, and takes the stock (or locks it).
  Result<> read_and_take() {
    const std::int64_t w = in_.warehouse, d = in_.district;
    auto on_customer = [&](const ResultSet& rows, std::size_t) {
      discount_ = ten_thousandths(rows, 0, 0);
      warehouse_tax_ = ten_thousandths(rows, 0, 3);
    };
    auto on_items = [&](const ResultSet& rows, std::size_t) { read_items(rows); };
    auto on_district = [&](const ResultSet& rows, std::size_t) {
      district_tax_ = ten_thousandths(rows, 0, 0);
      order_ = rows.integer(0, 1);
    };
    auto on_stock = [&](const ResultSet& rows, std::size_t line) { read_stock(rows, line); };

    talk_.begin({.isolation = desk_.isolation});
    talk_.ask(s_.customer, {w, d, std::int64_t{in_.customer}}, on_customer);
    std::array<Value, kMostLines> items;
    for (std::uint32_t i = 0; i < in_.lines; i++) items[i] = std::int64_t{in_.line[i].item};
    talk_.ask(s_.items[in_.lines], std::span(items.data(), in_.lines), on_items);
    talk_.ask(s_.district, {w, d}, on_district);
    if (!desk_.statements.returning) talk_.tell(s_.district_update, {w, d});
    const StatementId stock = s_.stock[static_cast<std::size_t>(d - 1)];
    for (std::uint32_t i = 0; i < in_.lines; i++) {
      const auto arguments = stock_arguments(by_stock_[i]);
      talk_.ask(stock, std::span(arguments.data(), desk_.statements.returning ? 4 : 2), on_stock, by_stock_[i]);
    }
    return talk_.flush();
  }

  std::array<Value, 4> stock_arguments(std::uint32_t line) const {
    const NewOrderInput::Line& l = in_.line[line];
    return {std::int64_t{l.supply_warehouse}, std::int64_t{l.item}, std::int64_t{l.quantity},
            std::int64_t{l.supply_warehouse != in_.warehouse}};
  }

  void read_items(const ResultSet& rows) {
    for (std::size_t r = 0; r < rows.size(); r++)
      for (std::uint32_t i = 0; i < in_.lines; i++)
        if (rows.integer(r, 0) == in_.line[i].item) {
          price_[i] = cents(rows, r, 1);
          brand_[i] = rows.text(r, 3).value_or("").find(kOriginal) != std::string_view::npos;
        }
  }

  void read_stock(const ResultSet& rows, std::size_t line) {
    const auto data = rows.text(0, 1), district = rows.text(0, 2);
    if (!data || !district || district->size() != kDistInfo) return;
    stocked_[line] = true;
    brand_[line] = brand_[line] && data->find(kOriginal) != std::string_view::npos;
    std::memcpy(dist_info_[line].data(), district->data(), kDistInfo);
  }

  Result<> check() {
    if (!discount_ || !warehouse_tax_)
      return fail(FailureKind::wrong_answer, fmt::format("customer {} of district {} of warehouse {} is not there",
                                                         in_.customer, in_.district, in_.warehouse));
    if (!district_tax_ || !order_)
      return fail(FailureKind::wrong_answer,
                  fmt::format("district {} of warehouse {} is not there", in_.district, in_.warehouse));
    for (std::uint32_t i = 0; i < in_.lines; i++) {
      const bool unused = in_.unused_item && i == in_.lines - 1;
      if (price_[i].has_value() == unused)
        return fail(FailureKind::wrong_answer,
                    fmt::format("item {} is {}there", in_.line[i].item, unused ? "" : "not "));
      if (!unused && !stocked_[i])
        return fail(FailureKind::wrong_answer, fmt::format("the stock of item {} in warehouse {} is not there",
                                                           in_.line[i].item, in_.line[i].supply_warehouse));
    }
    out_.order = *order_;
    out_.lines = in_.lines;
    out_.rolled_back = in_.unused_item;
    for (std::uint32_t i = 0; i < in_.lines; i++) {
      out_.remote_lines += in_.line[i].supply_warehouse != in_.warehouse;
      out_.brand_lines += brand_[i];
    }
    return {};
  }

  /// Second round trip: the order. With an unused item the work up to it is done all the same, and then undone (2.4.2.3).
  void write() {
    const std::int64_t w = in_.warehouse, d = in_.district, o = out_.order;
    talk_.tell(s_.order, {w, d, o, std::int64_t{in_.customer}, desk_.now, std::int64_t{in_.lines},
                          std::int64_t{out_.remote_lines == 0}});
    talk_.tell(s_.queue, {w, d, o});
    const std::uint32_t lines = in_.lines - (in_.unused_item ? 1 : 0);
    std::array<Value, 3 + 5 * kMostLines> cells;
    cells[0] = w;
    cells[1] = d;
    cells[2] = o;
    std::size_t used = 3;
    std::int64_t sum = 0;
    for (std::uint32_t i = 0; i < lines; i++) {
      const NewOrderInput::Line& l = in_.line[i];
      const std::int64_t amount = l.quantity * *price_[i];
      sum += amount;
      cells[used++] = std::int64_t{l.item};
      cells[used++] = std::int64_t{l.supply_warehouse};
      cells[used++] = std::int64_t{l.quantity};
      cells[used++] = Decimal{amount, 2};
      cells[used++] = std::string_view(dist_info_[i].data(), kDistInfo);
    }
    talk_.tell(s_.lines[lines], std::span(cells.data(), used));
    out_.total = total_amount(sum, *discount_, *warehouse_tax_, *district_tax_);
    if (!desk_.statements.returning)
      for (std::uint32_t i = 0; i < in_.lines; i++) talk_.tell(s_.stock_update, stock_arguments(by_stock_[i]));
  }

  static constexpr std::size_t kDistInfo = 24;
  const Desk& desk_;
  const decltype(Statements::new_order)& s_;
  const NewOrderInput& in_;
  Conversation talk_;
  NewOrderOutput out_;
  std::array<std::uint32_t, kMostLines> by_stock_{};
  std::optional<std::int64_t> discount_, warehouse_tax_, district_tax_, order_;
  std::array<std::optional<std::int64_t>, kMostLines> price_;
  std::array<bool, kMostLines> brand_{}, stocked_{};
  std::array<std::array<char, kDistInfo>, kMostLines> dist_info_;
};

}  // namespace

std::int64_t total_amount(std::int64_t sum, std::int64_t discount, std::int64_t warehouse_tax,
                          std::int64_t district_tax) noexcept {
  constexpr std::int64_t kOne = 10'000;
  const std::int64_t scaled = sum * (kOne - discount) * (kOne + warehouse_tax + district_tax);  // below 2^54
  return (scaled + kOne * kOne / 2) / (kOne * kOne);
}

Result<NewOrderOutput> new_order(const Desk& desk, const NewOrderInput& in) { return NewOrder(desk, in).run(); }

}  // namespace assay::tpcc
