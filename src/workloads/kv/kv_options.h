// What the user asked of kv, read from its option table: the layout of the data, the mix, the distribution of keys.
// Presets are YCSB's core workloads (workloads/workloada … workloadf of its source): the same operations, proportions,
// distributions and record size (10 fields of 100 bytes, held here as one value of 1000).
#pragma once

#include "core/options.h"
#include "workloads/kv/layout.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::kv {

enum class Op : std::uint8_t { get, put, update, insert, remove, scan, batch_get, batch_put, read_modify_write };
inline constexpr int kOps = 9;
std::string_view to_string(Op) noexcept;  // as in --mix and in reports: "delete" for remove
std::string_view summary_of(Op) noexcept;
bool reads(Op) noexcept;  // answers values, which are verified

struct Share {
  Op op;
  double weight;  // above 0, relative to the sum of all
  friend bool operator==(const Share&, const Share&) = default;
};
/// "get=95,put=5" → shares in the order written. Throws Error: unknown operation, one twice, a negative weight, all
/// zero.
std::vector<Share> parse_mix(std::string_view text);

enum class Distribution : std::uint8_t { uniform, zipfian, zipfian_plain, latest, sequential };

struct Preset {
  std::string_view name;
  std::vector<Share> mix;
  Distribution distribution;
  Range scan_length;
};
/// YCSB's A to F.
std::span<const Preset> presets();

struct Config {
  std::string collection;
  Layout layout;  // as asked for; what was prepared decides where the user gave nothing
  std::vector<Share> mix;
  Distribution distribution = Distribution::uniform;
  double zipfian_constant = 0.99;
  std::uint64_t batch_size = 10;
  Range scan_length{100, 100};

  bool has(Op) const noexcept;
  bool writes() const noexcept;
};

std::span<const OptionSpec> option_table();
/// Throws Error when options contradict each other.
Config read_options(const Options&);
/// What was prepared, after making sure that no option that the user gave contradicts it. Throws Error.
void adopt(Config&, const Layout& prepared, const Options& given);

/// The options that a preset or the prepared data decide, as they would be written on the command line.
std::map<std::string, std::string> in_force(const Config&);

}  // namespace assay::kv
