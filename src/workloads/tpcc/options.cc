#include "workloads/tpcc/options.h"

#include "base/error.h"
#include "base/units.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace assay::tpcc {
namespace {

constexpr std::string_view kDefaultWeights = "new_order=10,payment=10,order_status=1,delivery=1,stock_level=1";

// The names are pgdistbench's, with dashes.
const OptionSpec kOptions[] = {
    {.name = "warehouses",
     .type = OptionType::count,
     .default_value = "1",
     .help = "warehouses to load, or to use of those loaded; without it 1 is loaded, and a run uses all that are",
     .min = 1,
     .max = 1e6,
     .verbs = kPrepare | kRun},
    {.name = "terminals",
     .type = OptionType::count,
     .default_value = "0",
     .help =
         "terminals of the whole job, each fixed to a warehouse; 0: ten a warehouse with think times, a few without",
     .min = 0,
     .max = 1e7,
     .verbs = kRun},
    {.name = "think-times",
     .type = OptionType::flag,
     .default_value = "true",
     .help = "terminals key in and think as the specification says; false: no pauses, as fast as the target answers. "
             "With --rate there are none",
     .verbs = kRun},
    {.name = "isolation-level",
     .type = OptionType::choice,
     .default_value = "default",
     .help = "isolation level of the transactions",
     .choices = {"default", "read_committed", "read_uncommitted", "repeatable_read", "snapshot", "serializable",
                 "linearizable"},
     .verbs = kRun},
    {.name = "mix",
     .type = OptionType::choice,
     .default_value = "deck",
     .help = "how a terminal chooses transactions: from a shuffled deck of 10/10/1/1/1, or at random by weight",
     .choices = {"deck", "weighted"},
     .verbs = kRun},
    {.name = "weights",
     .default_value = kDefaultWeights,
     .help = "the weights of a weighted mix; those that there are not have none",
     .verbs = kRun},
    {.name = "partitions",
     .type = OptionType::count,
     .default_value = "1",
     .help = "parts that each table but ITEM is cut into, by warehouse",
     .min = 1,
     .max = 10'000,
     .verbs = kPrepare | kRun},
    {.name = "partition-type",
     .type = OptionType::choice,
     .default_value = "hash",
     .help =
         "how warehouses are dealt to partitions: by hash, in consecutive ranges, by a list of w mod n, by a list of "
         "consecutive warehouses",
     .choices = {"hash", "range", "list_hash", "list_range"},
     .verbs = kPrepare | kRun},
    {.name = "foreign-keys",
     .type = OptionType::flag,
     .default_value = "true",
     .help = "create foreign keys after the load",
     .verbs = kPrepare | kRun},
    {.name = "verify",
     .type = OptionType::flag,
     .default_value = "false",
     .help = "check the consistency conditions after prepare, and before and after a run",
     .verbs = kPrepare | kRun},
    {.name = "drop-data",
     .type = OptionType::flag,
     .default_value = "false",
     .help = "drop what an earlier prepare made before loading",
     .verbs = kPrepare,
     .owner = OptionOwner::whole},
    {.name = "scale-down",
     .type = OptionType::count,
     .default_value = "1",
     .help =
         "divide customers, orders, stock and items by this, for tests; such a run follows no specification. Without "
         "it nothing is divided, and a run takes what was loaded",
     .min = 1,
     .max = kMostDivisor,
     .verbs = kPrepare | kRun},
    {.name = "pipeline",
     .type = OptionType::flag,
     .default_value = "true",
     .help = "send the statements of a transaction in batches; false: one by one",
     .verbs = kRun},
};

}  // namespace

std::string_view name_of(Kind kind) noexcept {
  constexpr std::string_view kNames[kKinds] = {"new_order", "payment", "order_status", "delivery", "stock_level"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::span<const OptionSpec> option_table() { return kOptions; }

std::array<double, kKinds> parse_weights(std::string_view text) {
  std::array<double, kKinds> weights{};
  std::array<bool, kKinds> seen{};
  const auto bad = [&](const std::string& why) {
    return Error(
        fmt::format("--weights is '{}': {}; expected NAME=NUMBER,… with the names new_order, payment, "
                    "order_status, delivery, stock_level",
                    text, why));
  };
  if (text.ends_with(',')) throw bad("it ends with a comma");
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view part = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) throw bad(fmt::format("'{}' has no '='", part));
    std::size_t kind = 0;
    while (kind < kKinds && name_of(static_cast<Kind>(kind)) != part.substr(0, equals)) kind++;
    if (kind == kKinds) throw bad(fmt::format("there is no transaction '{}'", part.substr(0, equals)));
    if (seen[kind]) throw bad(fmt::format("'{}' is named twice", part.substr(0, equals)));
    seen[kind] = true;
    try {
      weights[kind] = parse_number(part.substr(equals + 1));
    } catch (const Error& error) {
      throw bad(error.what());
    }
    if (!(weights[kind] >= 0)) throw bad(fmt::format("'{}' is negative", part));
  }
  if (!(std::accumulate(weights.begin(), weights.end(), 0.0) > 0)) throw bad("nothing has a weight");
  return weights;
}

void require_partitions(const Settings& s) {
  if (s.partitions > s.scale.warehouses)
    throw Error(fmt::format("--partitions is {} with {} warehouses; expected at most one partition a warehouse",
                            s.partitions, s.scale.warehouses));
}

std::map<std::string, std::string> in_force(const Settings& s, std::uint64_t terminals, bool waits) {
  std::array<double, kKinds> weights = s.weights;
  if (s.mix == Mix::deck) weights = {10, 10, 1, 1, 1};
  std::vector<std::string> shares;
  for (std::size_t k = 0; k < kKinds; k++)
    if (weights[k] > 0) shares.push_back(fmt::format("{}={}", name_of(static_cast<Kind>(k)), weights[k]));
  return {
      {"warehouses", std::to_string(s.scale.warehouses)}, {"scale-down", std::to_string(s.scale.divisor)},
      {"terminals", std::to_string(terminals)},           {"think-times", waits ? "true" : "false"},
      {"mix", s.mix == Mix::deck ? "deck" : "weighted"},  {"weights", fmt::format("{}", fmt::join(shares, ","))},
      {"partitions", std::to_string(s.partitions)},       {"partition-type", std::string(to_string(s.partition_type))},
      {"foreign-keys", s.foreign_keys ? "true" : "false"}};
}

Settings make_settings(const Options& options) {
  Settings s;
  s.scale = {.warehouses = options.count("warehouses"), .divisor = options.count("scale-down")};
  s.terminals = options.count("terminals");
  s.isolation = parse_isolation(options.text("isolation-level"));
  s.mix = options.text("mix") == "weighted" ? Mix::weighted : Mix::deck;
  s.weights = parse_weights(options.text("weights"));
  if (options.given("weights")) {
    if (options.given("mix") && s.mix == Mix::deck)
      throw Error("--weights has no effect with --mix deck; expected --mix weighted");
    s.mix = Mix::weighted;
  }
  s.partitions = options.count("partitions");
  s.partition_type = parse_partition_type(options.text("partition-type"));
  s.warehouses_given = options.given("warehouses");
  s.scale_down_given = options.given("scale-down");
  if (s.warehouses_given) require_partitions(s);
  if (options.given("partition-type") && s.partitions == 1)
    throw Error("--partition-type has no effect without --partitions; expected --partitions of at least 2");
  s.foreign_keys = options.flag("foreign-keys");
  s.partitions_given = options.given("partitions");
  s.foreign_keys_given = options.given("foreign-keys");
  s.think_times = options.flag("think-times");
  s.think_times_given = options.given("think-times");
  s.drop_data = options.flag("drop-data");
  s.pipeline = options.flag("pipeline");
  return s;
}

void require_of_target(const Settings& s, const Dialect& dialect) {
  std::vector<std::string> mistakes;
  if (s.partitions > 1 && !dialect.partitions)
    mistakes.push_back(fmt::format("--partitions is {}, and {} has no partitions", s.partitions, dialect.name));
  if (s.foreign_keys && !dialect.foreign_keys)
    mistakes.push_back(fmt::format("{} has no foreign keys; expected --foreign-keys false", dialect.name));
  if (s.foreign_keys && s.partitions > 1 && dialect.partitions && !dialect.foreign_keys_with_partitions)
    mistakes.push_back(
        fmt::format("{} has no foreign keys between partitioned tables; expected --foreign-keys false", dialect.name));
  if (std::find(dialect.isolations.begin(), dialect.isolations.end(), s.isolation) == dialect.isolations.end()) {
    std::vector<std::string_view> known;
    for (const Isolation level : dialect.isolations) known.push_back(to_string(level));
    mistakes.push_back(fmt::format("--isolation-level is {}, which {} does not have; expected {}",
                                   to_string(s.isolation), dialect.name, fmt::join(known, ", ")));
  }
  if (!mistakes.empty()) throw Error(fmt::format("{}", fmt::join(mistakes, "\n")));
}

}  // namespace assay::tpcc
