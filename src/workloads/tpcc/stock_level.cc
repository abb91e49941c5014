#include "workloads/tpcc/conversation.h"
#include "workloads/tpcc/transactions.h"

namespace assay::tpcc {

Result<StockLevelOutput> stock_level(const Desk& desk, const StockLevelInput& in) {
  constexpr std::int64_t kOrders = 20;  // the last ones are looked at
  const auto& s = desk.statements.stock_level;
  const std::int64_t w = in.warehouse, d = in.district;
  Conversation talk(desk.query, desk.pipeline);
  std::optional<std::int64_t> next, low;
  auto on_next = [&](const ResultSet& rows, std::size_t) { next = rows.integer(0, 0); };
  auto on_low = [&](const ResultSet& rows, std::size_t) { low = rows.integer(0, 0); };

  talk.begin({.isolation = desk.isolation, .read_only = true});
  talk.ask(s.next_order, {w, d}, on_next);
  if (Result<> done = talk.flush(); !done) return tl::unexpected(done.error());
  if (!next) return fail(FailureKind::wrong_answer, fmt::format("district {} of warehouse {} is not there", d, w));
  talk.ask(s.low_stock, {w, d, *next - kOrders, *next, std::int64_t{in.threshold}}, on_low);
  talk.commit();
  if (Result<> done = talk.flush(); !done) return tl::unexpected(done.error());
  if (!low) return fail(FailureKind::wrong_answer, "counting low stock answered no number");
  return StockLevelOutput{*low};
}

}  // namespace assay::tpcc
