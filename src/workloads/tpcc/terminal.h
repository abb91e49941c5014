// The clients of TPC-C: terminals, each fixed to a warehouse (Stock-Level to a district of it too), and the clerks that
// carry out deferred Deliveries.
//
// A terminal keeps its random stream, its deck and the transaction it drew: some 300 bytes, so that ten thousand of
// them cost megabytes. Everything else is shared. Keying and think times: TPC-C 5.2.5.
#pragma once

#include "base/random.h"
#include "core/workload.h"
#include "workloads/tpcc/options.h"
#include "workloads/tpcc/random_values.h"
#include "workloads/tpcc/transactions.h"

#include <array>
#include <atomic>
#include <variant>

namespace assay::tpcc {

/// Seconds that a terminal's user keys in before a transaction, always the same, and thinks after it, on average.
inline constexpr std::array<int, kKinds> kKeyingSeconds{18, 3, 2, 2, 2};
inline constexpr std::array<int, kKinds> kThinkSeconds{12, 12, 10, 5, 5};
/// Exponential with the mean of the transaction, at most ten times as long.
Nanos think_time(Random&, Kind) noexcept;

/// The groups of a run, by their index, and what they count beside operations.
inline constexpr std::size_t kTerminals = 0, kClerks = 1;
enum class TerminalCounter : std::uint16_t {
  rolled_back,
  lines,
  remote_lines,
  payments,
  remote_payments,
  by_number,
  by_last_name
};
enum class ClerkCounter : std::uint16_t { districts_delivered, districts_skipped, deliveries_with_skips };
std::vector<std::string> terminal_counters();
std::vector<std::string> clerk_counters();

/// What all clients of a run share.
struct RunState {
  Settings settings;  // scale.warehouses: those in use; scale.divisor: of what was loaded
  RandomConstants constants;
  Statements statements;
  Isolation isolation = Isolation::default_level;  // really in force, also where the settings leave it to the target
  std::uint64_t seed = 1;
  Shard shard;
  std::uint64_t terminals = 0;          // of the whole job
  std::uint64_t process_terminals = 0;  // of this process
  bool waits = true;                    // terminals key in and think: think times are on and the loop is closed

  struct Waits {
    std::atomic<std::uint64_t> count{0}, keying_ns{0}, think_ns{0};
  };
  std::array<Waits, kKinds> drawn;  // of all phases, by Kind
};

/// Chooses the transactions of one terminal.
class Deck {
 public:
  /// Cards by kind: 10 New-Orders, 10 Payments, 1 of each other (5.2.4.2).
  static constexpr std::array<int, kKinds> kCards{10, 10, 1, 1, 1};
  static constexpr std::size_t kSize = 23;
  Kind draw(Random&) noexcept;

 private:
  std::array<std::uint8_t, kSize> cards_{};
  std::uint8_t left_ = 0;
};
Kind draw_weighted(Random&, const std::array<double, kKinds>& weights) noexcept;

class Terminal : public Client {
 public:
  /// `number` in the whole job.
  Terminal(RunState&, std::uint64_t number);
  OperationId next(std::uint64_t payload) override;
  Nanos pause() override;
  Result<> run(Context&, OperationId) override;

  std::int64_t warehouse() const noexcept { return warehouse_; }
  std::int64_t stock_level_district() const noexcept { return district_; }
  /// What was drawn, for tests.
  using Input =
      std::variant<std::monostate, NewOrderInput, PaymentInput, CustomerInput, DeliveryInput, StockLevelInput>;
  const Input& input() const noexcept { return input_; }

 private:
  NewOrderInput draw_new_order();
  PaymentInput draw_payment();
  CustomerInput draw_customer(std::int32_t warehouse, std::int32_t district);
  std::int32_t other_warehouse();
  Desk desk(Context&) const;

  RunState& state_;
  Random random_;
  Input input_;
  std::int32_t warehouse_, district_;
  Deck deck_;
  Kind kind_, before_;  // the transaction drawn, and the one before it, whose think time comes first
};

/// Executes what a terminal's Delivery put into the queue.
class Clerk : public Client {
 public:
  explicit Clerk(const RunState& state) : state_(state) {}
  OperationId next(std::uint64_t payload) override;
  Result<> run(Context&, OperationId) override;

  static std::uint64_t payload(const DeliveryInput&) noexcept;

 private:
  const RunState& state_;
  DeliveryInput input_;
};

}  // namespace assay::tpcc
