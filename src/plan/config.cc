#include "plan/config.h"

#include "base/error.h"
#include "base/units.h"

#include <algorithm>
#include <cctype>

namespace assay::plan {
namespace {

struct Translation {
  std::string_view config, option;
};
constexpr Translation kTpcc[] = {{"warehouses", "warehouses"},
                                 {"partitions", "partitions"},
                                 {"partition_type", "partition-type"},
                                 {"use_foreign_keys", "foreign-keys"},
                                 {"isolation_level", "isolation-level"},
                                 {"drop_data", "drop-data"},
                                 {"verify", "verify"},
                                 {"wait_thinking", "think-times"}};
constexpr std::int64_t kTerminalsPerWarehouse = 10;

/// Go's form: "5m", or a whole number of nanoseconds.
Nanos go_duration(std::string_view text) {
  const bool number = std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  return number ? Nanos(parse_count(text)) : parse_duration(text);
}

}  // namespace

bool has_translation(std::string_view workload) { return workload == "tpcc"; }

void translate_config(Benchmark& benchmark, Step& step) {
  static const Value kNothing;
  const Value& config = benchmark.config ? *benchmark.config : kNothing;
  for (const auto& [name, option] : kTpcc) {
    // pgdistbench takes the way to cut into one part, and it means nothing.
    const bool whole = name == "partition_type" &&
                       (config.find("partitions") == nullptr || parse_count(config.text_of("partitions")) == 1);
    if (config.find(name) != nullptr && !whole) step.options.set(option, config.text_of(name));
  }
  const std::int64_t warehouses = config.find("warehouses") == nullptr ? 1 : parse_count(config.text_of("warehouses"));
  step.options.set("warehouses", std::to_string(warehouses));
  benchmark.terminals_per_agent = static_cast<std::uint64_t>(config.find("active_terminals") == nullptr
                                                                 ? kTerminalsPerWarehouse * warehouses
                                                                 : parse_count(config.text_of("active_terminals")));
  if (config.find("count") != nullptr)
    if (const std::int64_t count = parse_count(config.text_of("count")); count > 0)
      benchmark.count_per_terminal = static_cast<std::uint64_t>(count);
  const Nanos duration =
      config.find("duration") == nullptr ? Nanos(std::chrono::minutes(5)) : go_duration(config.text_of("duration"));
  benchmark.until_stopped = duration == Nanos(0);
  if (!benchmark.until_stopped) step.load.set("duration", format_duration(duration));
}

}  // namespace assay::plan
