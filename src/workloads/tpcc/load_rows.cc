#include "workloads/tpcc/load_rows.h"

#include "workloads/tpcc/statements.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace assay::tpcc {
namespace {

/// The cells of one row in the making; each draws from a stream of its own.
class Row {
 public:
  Row(RowBatch& batch, const Source& source, TableId table, std::int64_t row)
      : batch_(batch), source_(source), table_(static_cast<std::uint64_t>(table)), row_(row) {}

  /// f(seed, table, column, row).
  Random random() { return Random(hash_of(source_.seed, table_, column_, static_cast<std::uint64_t>(row_))); }
  Row& integer(std::int64_t v) { return value(v); }
  Row& between(std::int64_t low, std::int64_t high) { return value(random().between(low, high)); }
  Row& money(std::int64_t cents) { return value(Decimal{cents, 2}); }
  Row& money_between(std::int64_t low, std::int64_t high) { return money(random().between(low, high)); }
  Row& rate_between(std::int64_t low, std::int64_t high) { return value(Decimal{random().between(low, high), 4}); }
  Row& constant(std::string_view literal) { return value(literal); }
  Row& timestamp() { return value(kLoadTime); }
  Row& null() { return value(kNull); }
  Row& text(std::string_view made) { return value(batch_.keep(made)); }
  Row& letters(int low, int high) {
    Random r = random();
    return text(tpcc::letters(r, low, high, buffer_));
  }
  Row& digits(int length) {
    Random r = random();
    return text(tpcc::digits(r, length, buffer_));
  }
  Row& letters_or_original() {
    Random r = random();
    return text(tpcc::letters_or_original(r, buffer_));
  }
  Row& address() {
    letters(10, 20).letters(10, 20).letters(10, 20).letters(2, 2);
    Random r = random();
    return text(zip_code(r, buffer_));
  }

 private:
  Row& value(const Value& v) {
    batch_.add(v);
    column_++;
    return *this;
  }
  RowBatch& batch_;
  const Source& source_;
  std::uint64_t table_, column_ = 0;
  std::int64_t row_;
  char buffer_[kLongest];
};

std::int64_t district_number(std::int64_t w, std::int64_t d) { return (w - 1) * kDistricts + d - 1; }

constexpr std::int64_t kFirstPayment = 10'00;  // of each customer, in cents: what HISTORY is loaded with

}  // namespace

void add_items(RowBatch& batch, const Source& source, std::int64_t first, std::int64_t last) {
  for (std::int64_t i = first; i <= last; i++)
    Row(batch, source, TableId::item, i)
        .integer(i)
        .between(1, 10'000)
        .letters(14, 24)
        .money_between(1'00, 100'00)
        .letters_or_original();
}

void add_warehouse(RowBatch& batch, const Source& source, std::int64_t w) {
  Row(batch, source, TableId::warehouse, w)
      .integer(w)
      .letters(6, 10)
      .address()
      .rate_between(0, 2000)
      .money(kDistricts * source.scale.customers() * kFirstPayment);
}

void add_districts(RowBatch& batch, const Source& source, std::int64_t w) {
  for (std::int64_t d = 1; d <= kDistricts; d++)
    Row(batch, source, TableId::district, district_number(w, d))
        .integer(w)
        .integer(d)
        .letters(6, 10)
        .address()
        .rate_between(0, 2000)
        .money(source.scale.customers() * kFirstPayment)
        .integer(source.scale.orders() + 1);
}

void add_stock(RowBatch& batch, const Source& source, std::int64_t w, std::int64_t first, std::int64_t last) {
  for (std::int64_t i = first; i <= last; i++) {
    Row row(batch, source, TableId::stock, (w - 1) * source.scale.items() + i);
    row.integer(w).integer(i).between(10, 100);
    for (std::int64_t d = 1; d <= kDistricts; d++) row.letters(24, 24);
    row.integer(0).integer(0).integer(0).letters_or_original();
  }
}

void add_customers(RowBatch& batch, const Source& source, std::int64_t w, std::int64_t d) {
  const std::int64_t names = source.scale.last_names();
  for (std::int64_t c = 1; c <= source.scale.customers(); c++) {
    Row row(batch, source, TableId::customer, district_number(w, d) * source.scale.customers() + c);
    row.integer(w).integer(d).integer(c).letters(8, 16).constant("OE");
    Random name = row.random();
    // Each name once, then by the same non-uniform distribution as the terminals' but another C.
    row.text(last_name(c <= names ? c - 1 : nurand(name, 255, 0, names - 1, source.constants.last_name_load)));
    row.address().digits(16).timestamp();
    Random credit = row.random();
    row.constant(credit.below(10) == 0 ? "BC" : "GC").money(50'000'00).rate_between(0, 5000);
    row.money(-kFirstPayment).money(kFirstPayment).integer(1).integer(0).letters(300, 500);
  }
}

void add_history(RowBatch& batch, const Source& source, std::int64_t w, std::int64_t d) {
  for (std::int64_t c = 1; c <= source.scale.customers(); c++)
    Row(batch, source, TableId::history, district_number(w, d) * source.scale.customers() + c)
        .integer(w)
        .integer(d)
        .integer(w)
        .integer(d)
        .integer(c)
        .timestamp()
        .money(kFirstPayment)
        .letters(12, 24);
}

void add_orders(RowBatch& orders, RowBatch& order_lines, RowBatch& new_orders, const Source& source, std::int64_t w,
                std::int64_t d) {
  const Scale& scale = source.scale;
  // Which customer gave which order: a permutation that belongs to the district.
  std::vector<std::int64_t> customers(static_cast<std::size_t>(scale.customers()));
  std::iota(customers.begin(), customers.end(), 1);
  Random shuffle(hash_of(source.seed, static_cast<std::uint64_t>(TableId::orders), 3,
                         static_cast<std::uint64_t>(district_number(w, d))));
  for (std::size_t i = customers.size(); i > 1; i--) std::swap(customers[i - 1], customers[shuffle.below(i)]);

  for (std::int64_t o = 1; o <= scale.orders(); o++) {
    const bool delivered = o <= scale.delivered();
    const std::int64_t number = district_number(w, d) * scale.orders() + o;
    Row order(orders, source, TableId::orders, number);
    order.integer(w).integer(d).integer(o).integer(customers[static_cast<std::size_t>(o - 1)]).timestamp();
    delivered ? order.between(1, 10) : order.null();
    const std::int64_t lines = order.random().between(kFewestLines, kMostLines);
    order.integer(lines).integer(1);
    for (std::int64_t n = 1; n <= lines; n++) {
      Row line(order_lines, source, TableId::order_line, number * std::int64_t{kMostLines} + n);
      line.integer(w).integer(d).integer(o).integer(n).between(1, scale.items()).integer(w);
      delivered ? line.timestamp() : line.null();
      line.integer(5);
      delivered ? line.money(0) : line.money_between(1, 9999'99);
      line.letters(24, 24);
    }
    if (!delivered) Row(new_orders, source, TableId::new_order, number).integer(w).integer(d).integer(o);
  }
}

}  // namespace assay::tpcc
