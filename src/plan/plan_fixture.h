// A catalogue of invented workloads and drivers, and plans read from texts, for the tests of this folder.
#pragma once

#include "base/error.h"
#include "plan/plan.h"

#include <map>
#include <string>
#include <vector>

namespace assay::plan {

inline const OptionSpec kShopOptions[] = {
    {.name = "warehouses", .type = OptionType::count, .default_value = "1", .help = "how many", .min = 1, .max = 1000},
    {.name = "think-times", .type = OptionType::flag, .default_value = "true", .help = "whether they think"},
    {.name = "isolation-level",
     .type = OptionType::choice,
     .default_value = "default",
     .help = "level",
     .choices = {"default", "serializable"}},
    {.name = "partitions", .type = OptionType::count, .default_value = "1", .help = "parts"},
    {.name = "partition-type",
     .type = OptionType::choice,
     .default_value = "hash",
     .help = "which",
     .choices = {"hash", "range"}},
    {.name = "foreign-keys", .type = OptionType::flag, .default_value = "true", .help = "whether"},
    {.name = "drop-data", .type = OptionType::flag, .default_value = "false", .help = "whether"},
    {.name = "verify", .type = OptionType::flag, .default_value = "false", .help = "whether"},
};
inline const OptionSpec kKeyOptions[] = {{.name = "rows", .type = OptionType::count, .help = "keys", .min = 1}};
inline const OptionSpec kFileOptions[] = {{.name = "journal",
                                           .type = OptionType::choice,
                                           .default_value = "wal",
                                           .help = "which",
                                           .choices = {"wal", "delete"}}};
inline const OptionSpec kSystemOptions[] = {
    {.name = "connect-timeout", .type = OptionType::duration, .default_value = "10s", .help = "how long"}};
inline const OptionSpec kBenchmarkOptions[] = {
    {.name = "prepare", .type = OptionType::flag, .default_value = "false", .help = "first"},
    {.name = "seed", .type = OptionType::whole, .default_value = "1", .help = "of chance"}};
inline const OptionSpec kLoadOptions[] = {
    {.name = "duration", .type = OptionType::duration, .default_value = "15s", .help = "how long", .min = 0.001},
    {.name = "rate", .help = "how fast"},
    {.name = "arrival",
     .type = OptionType::choice,
     .default_value = "constant",
     .help = "how",
     .choices = {"constant", "poisson"}},
    {.name = "clients", .type = OptionType::count, .default_value = "0", .help = "how many", .min = 0, .max = 1e7},
    {.name = "think-time", .default_value = "0", .help = "pause"},
    {.name = "find-max", .help = "condition"}};

inline const Catalogue& catalogue() {
  static const Catalogue made{
      .workloads = {{"tpcc", "a shop", kShopOptions}, {"kv", "keys", kKeyOptions}},
      .drivers = {{"sqlite", "a file", kFileOptions}, {"postgres", "a server", {}}},
      .system = kSystemOptions,
      .benchmark = kBenchmarkOptions,
      .load = kLoadOptions,
      .group = std::span(kLoadOptions).subspan(1, 4),
      .driver_of =
          [](const std::string& url) {
            if (url.starts_with("sqlite:")) return std::string_view("sqlite");
            if (url.starts_with("postgres:")) return std::string_view("postgres");
            throw Error("no driver; expected sqlite: or postgres:");
          },
      .check_load =
          [](const Options& load, std::vector<std::string>& mistakes) {
            if (load.given("arrival") && load.text("rate").empty())
              mistakes.emplace_back("--arrival has no effect without --rate");
          },
      .groups_of = [](std::string_view workload, const Options&) -> std::vector<GroupShape> {
        if (workload == "kv") return {{.name = "kv", .operations = {{"get", "reads"}, {"put", "writes"}}}};
        return {{.name = "terminals", .operations = {{"new_order", "enters an order"}, {"payment", "pays"}}},
                {.name = "delivery", .operations = {{"deferred", "delivers"}}, .triggered = true}};
      },
      .length_of = [](const Options& load) { return load.duration("duration"); },
      .check_workload =
          [](std::string_view, const Options& options) {
            if (options.find("partitions") != nullptr && options.count("partitions") > options.count("warehouses"))
              throw Error("--partitions is more than --warehouses");
          }};
  return made;
}

inline Reading read(std::string_view text, const std::map<std::string, std::string>& environment = {},
                    const std::filesystem::path& folder = ".") {
  return read_plan_text(text, "plan", folder, catalogue(), [&](const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  });
}

/// "plan:3:5: text" of each mistake, and of each note.
inline std::vector<std::string> lines(const Reading& reading) {
  std::vector<std::string> out;
  for (const Mistake& mistake : reading.mistakes.sorted()) out.push_back(reading.mistakes.line(mistake));
  return out;
}

}  // namespace assay::plan
