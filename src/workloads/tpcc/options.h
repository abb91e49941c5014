// The options of TPC-C: the table that the command line is made from, and what it comes to.
#pragma once

#include "core/facets.h"
#include "core/options.h"
#include "workloads/tpcc/schema.h"

#include <array>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace assay::tpcc {

/// The five transactions, in the order of the specification; also their OperationId in the group of the terminals.
enum class Kind : std::uint16_t { new_order, payment, order_status, delivery, stock_level };
inline constexpr std::size_t kKinds = 5;
std::string_view name_of(Kind) noexcept;

enum class Mix { deck, weighted };

struct Settings {
  Scale scale;
  std::int64_t terminals = 0;  // of the whole job; 0: not given
  Isolation isolation = Isolation::default_level;
  Mix mix = Mix::deck;
  std::array<double, kKinds> weights{10, 10, 1, 1, 1};  // by Kind; used when the mix is weighted
  std::int64_t partitions = 1;
  PartitionType partition_type = PartitionType::hash;
  bool foreign_keys = true;
  bool partitions_given = false, foreign_keys_given = false;  // asked for, not left to their defaults
  bool warehouses_given = false, scale_down_given = false;    // likewise
  bool think_times = true;
  bool think_times_given = false;
  bool drop_data = false;
  bool pipeline = true;
};

std::span<const OptionSpec> option_table();
/// Throws Error when there are more partitions than warehouses.
void require_partitions(const Settings&);
/// The options that the loaded data, other options and the target decide, as they would be written on the command line. The
/// weights of a deck are its cards.
std::map<std::string, std::string> in_force(const Settings&, std::uint64_t terminals, bool waits);
/// Throws Error when a value is wrong or the options contradict each other.
Settings make_settings(const Options&);
/// "new_order=45,payment=43,…": what is not named weighs nothing. Throws Error.
std::array<double, kKinds> parse_weights(std::string_view);
/// Throws Error when the target cannot have what is asked.
void require_of_target(const Settings&, const Dialect&);

}  // namespace assay::tpcc
