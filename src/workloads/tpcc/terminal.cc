#include "workloads/tpcc/terminal.h"

#include <algorithm>
#include <numeric>

namespace assay::tpcc {
namespace {

template <class Counter>
CounterId id(Counter counter) noexcept {
  return static_cast<CounterId>(counter);
}

Timestamp wall_time() noexcept { return {real_clock().wall().time_since_epoch().count() / 1000}; }

}  // namespace

Nanos think_time(Random& random, Kind kind) noexcept {
  const double mean = kThinkSeconds[static_cast<std::size_t>(kind)];
  return from_seconds(std::min(random.exponential(mean), 10 * mean));
}

std::vector<std::string> terminal_counters() {
  return {"rolled_back", "lines", "remote_lines", "payments", "remote_payments", "by_number", "by_last_name"};
}
std::vector<std::string> clerk_counters() {
  return {"districts_delivered", "districts_skipped", "deliveries_with_skips"};
}

Kind Deck::draw(Random& random) noexcept {
  if (left_ == 0) {
    for (std::size_t kind = 0; kind < kKinds; kind++)
      for (int n = 0; n < kCards[kind]; n++) cards_[left_++] = static_cast<std::uint8_t>(kind);
    for (std::size_t i = kSize; i > 1; i--) std::swap(cards_[i - 1], cards_[random.below(i)]);
  }
  return static_cast<Kind>(cards_[--left_]);
}

Kind draw_weighted(Random& random, const std::array<double, kKinds>& weights) noexcept {
  double at = random.unit() * std::accumulate(weights.begin(), weights.end(), 0.0);
  std::size_t last = 0;  // so that rounding cannot choose a kind without weight
  for (std::size_t kind = 0; kind < kKinds; kind++) {
    if (weights[kind] <= 0) continue;
    last = kind;
    if (at < weights[kind]) break;
    at -= weights[kind];
  }
  return static_cast<Kind>(last);
}

Terminal::Terminal(RunState& state, std::uint64_t number)
    : state_(state),
      random_(hash_of(state.seed, 0x7465'726d, number)),
      warehouse_(static_cast<std::int32_t>(1 + number % static_cast<std::uint64_t>(state.settings.scale.warehouses))),
      district_(static_cast<std::int32_t>(1 + number / static_cast<std::uint64_t>(state.settings.scale.warehouses) %
                                                  kDistricts)),
      // As if it had just had one: so that terminals that start together do not come in step.
      kind_(Kind::new_order),
      before_(Kind::new_order) {}

OperationId Terminal::next(std::uint64_t) {
  before_ = kind_;
  const Settings& settings = state_.settings;
  kind_ = settings.mix == Mix::deck ? deck_.draw(random_) : draw_weighted(random_, settings.weights);
  switch (kind_) {
    case Kind::new_order:
      input_ = draw_new_order();
      break;
    case Kind::payment:
      input_ = draw_payment();
      break;
    case Kind::order_status:
      input_ = draw_customer(warehouse_, static_cast<std::int32_t>(random_.between(1, kDistricts)));
      break;
    case Kind::delivery:
      input_ = DeliveryInput{.warehouse = warehouse_, .carrier = static_cast<std::int32_t>(random_.between(1, 10))};
      break;
    case Kind::stock_level:
      input_ = StockLevelInput{.warehouse = warehouse_,
                               .district = district_,
                               .threshold = static_cast<std::int32_t>(random_.between(10, 20))};
      break;
  }
  return static_cast<OperationId>(kind_);
}

Nanos Terminal::pause() {
  if (!state_.waits) return Nanos(0);
  const Nanos think = think_time(random_, before_);
  const Nanos keying = std::chrono::seconds(kKeyingSeconds[static_cast<std::size_t>(kind_)]);
  RunState::Waits& thought = state_.drawn[static_cast<std::size_t>(before_)];
  RunState::Waits& keyed = state_.drawn[static_cast<std::size_t>(kind_)];
  thought.think_ns.fetch_add(static_cast<std::uint64_t>(think.count()), std::memory_order_relaxed);
  thought.count.fetch_add(1, std::memory_order_relaxed);
  keyed.keying_ns.fetch_add(static_cast<std::uint64_t>(keying.count()), std::memory_order_relaxed);
  return think + keying;
}

std::int32_t Terminal::other_warehouse() {
  const auto other = static_cast<std::int32_t>(random_.between(1, state_.settings.scale.warehouses - 1));
  return other >= warehouse_ ? other + 1 : other;
}

NewOrderInput Terminal::draw_new_order() {
  const Scale& scale = state_.settings.scale;
  NewOrderInput in;
  in.warehouse = warehouse_;
  in.district = static_cast<std::int32_t>(random_.between(1, kDistricts));
  in.customer = static_cast<std::int32_t>(nurand(random_, 1023, 1, scale.customers(), state_.constants.customer));
  in.lines = static_cast<std::uint32_t>(random_.between(kFewestLines, kMostLines));
  in.unused_item = random_.below(100) == 0;
  for (std::uint32_t i = 0; i < in.lines; i++) {
    NewOrderInput::Line& line = in.line[i];
    line.item = static_cast<std::int32_t>(nurand(random_, 8191, 1, scale.items(), state_.constants.item));
    const bool remote = random_.below(100) == 0 && scale.warehouses > 1;
    line.supply_warehouse = remote ? other_warehouse() : warehouse_;
    line.quantity = static_cast<std::int32_t>(random_.between(1, 10));
  }
  if (in.unused_item) in.line[in.lines - 1].item = static_cast<std::int32_t>(scale.items() + 1);
  return in;
}

CustomerInput Terminal::draw_customer(std::int32_t warehouse, std::int32_t district) {
  const Scale& scale = state_.settings.scale;
  CustomerInput in{.warehouse = warehouse, .district = district};
  if (random_.below(100) < 60)
    in.name =
        static_cast<std::int32_t>(nurand(random_, 255, 0, scale.last_names() - 1, state_.constants.last_name_run));
  else
    in.customer = static_cast<std::int32_t>(nurand(random_, 1023, 1, scale.customers(), state_.constants.customer));
  return in;
}

PaymentInput Terminal::draw_payment() {
  PaymentInput in;
  in.warehouse = warehouse_;
  in.district = static_cast<std::int32_t>(random_.between(1, kDistricts));
  const bool remote = random_.below(100) < 15 && state_.settings.scale.warehouses > 1;
  in.customer = remote ? draw_customer(other_warehouse(), static_cast<std::int32_t>(random_.between(1, kDistricts)))
                       : draw_customer(warehouse_, in.district);
  in.amount = random_.between(1'00, 5000'00);
  return in;
}

Desk Terminal::desk(Context& context) const {
  return {.query = context.query(),
          .statements = state_.statements,
          .isolation = state_.settings.isolation,
          .pipeline = state_.settings.pipeline,
          .now = wall_time()};
}

Result<> Terminal::run(Context& context, OperationId) {
  const auto count_customer = [&](const CustomerInput& in) {
    context.count(id(in.customer == 0 ? TerminalCounter::by_last_name : TerminalCounter::by_number));
  };
  switch (kind_) {
    case Kind::new_order: {
      const auto done = new_order(desk(context), std::get<NewOrderInput>(input_));
      if (!done) return tl::unexpected(done.error());
      if (done->rolled_back) context.count(id(TerminalCounter::rolled_back));
      context.count(id(TerminalCounter::lines), done->lines);
      if (done->remote_lines > 0) context.count(id(TerminalCounter::remote_lines), done->remote_lines);
      return {};
    }
    case Kind::payment: {
      const auto& in = std::get<PaymentInput>(input_);
      const auto done = payment(desk(context), in);
      if (!done) return tl::unexpected(done.error());
      context.count(id(TerminalCounter::payments));
      if (in.customer.warehouse != in.warehouse) context.count(id(TerminalCounter::remote_payments));
      count_customer(in.customer);
      return {};
    }
    case Kind::order_status: {
      const auto& in = std::get<CustomerInput>(input_);
      const auto done = order_status(desk(context), in);
      if (!done) return tl::unexpected(done.error());
      count_customer(in);
      return {};
    }
    case Kind::delivery:  // the terminal only queues it (2.7.2)
      context.trigger(kClerks, Clerk::payload(std::get<DeliveryInput>(input_)));
      return {};
    case Kind::stock_level: {
      const auto done = stock_level(desk(context), std::get<StockLevelInput>(input_));
      if (!done) return tl::unexpected(done.error());
      return {};
    }
  }
  return {};
}

std::uint64_t Clerk::payload(const DeliveryInput& in) noexcept {
  return static_cast<std::uint64_t>(in.warehouse) << 8 | static_cast<std::uint64_t>(in.carrier);
}

OperationId Clerk::next(std::uint64_t payload) {
  input_ = {.warehouse = static_cast<std::int32_t>(payload >> 8), .carrier = static_cast<std::int32_t>(payload & 0xff)};
  return OperationId{0};
}

Result<> Clerk::run(Context& context, OperationId) {
  const auto done = delivery({.query = context.query(),
                              .statements = state_.statements,
                              .isolation = state_.settings.isolation,
                              .pipeline = state_.settings.pipeline,
                              .now = wall_time()},
                             input_);
  if (!done) return tl::unexpected(done.error());
  context.items(done->delivered);
  if (done->delivered > 0) context.count(id(ClerkCounter::districts_delivered), done->delivered);
  if (done->skipped > 0) {
    context.count(id(ClerkCounter::districts_skipped), done->skipped);
    context.count(id(ClerkCounter::deliveries_with_skips));
  }
  return {};
}

}  // namespace assay::tpcc
