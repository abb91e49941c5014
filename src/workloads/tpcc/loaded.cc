#include "workloads/tpcc/loaded.h"

#include "base/error.h"
#include "base/units.h"
#include "core/parallel.h"

#include <charconv>

namespace assay::tpcc {
namespace {

using Entries = std::map<std::string, std::string>;

const std::string& entry(const Entries& entries, const std::string& name) {
  const auto found = entries.find(name);
  if (found == entries.end())
    throw Error(fmt::format("assay_meta has no entry '{}' of tpcc: the record of the load is damaged", name));
  return found->second;
}

template <class T>
T number(const Entries& entries, const std::string& name) {
  const std::string& text = entry(entries, name);
  T value{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size())
    throw Error(fmt::format("assay_meta: the entry '{}' of tpcc is '{}'; expected a whole number", name, text));
  return value;
}

/// 1: the layout of tables, values and entries that this version of assay writes.
constexpr std::int64_t kVersion = 1;

}  // namespace

std::string Loaded::describe() const {
  std::string text = fmt::format("{} warehouses, seed {}", source.scale.warehouses, source.seed);
  if (source.scale.divisor > 1) text += fmt::format(", scale-down {}", source.scale.divisor);
  if (partitions > 1) text += fmt::format(", {} partitions by {}", partitions, partition_type);
  return text + (foreign_keys ? ", with foreign keys" : ", without foreign keys");
}

bool same_layout(const Loaded& a, const Loaded& b) {
  return a.partitions == b.partitions && (a.partitions == 1 || a.partition_type == b.partition_type) &&
         a.foreign_keys == b.foreign_keys;
}

std::optional<Loaded> read_loaded(Session& session) {
  Meta meta(session, kWorkload);
  if (!meta.exists()) return std::nullopt;
  const Value arguments[] = {kWorkload};
  // Not Meta::all: the ledger of a load under way may be long. Nor are marks of runs a record of a load.
  const ResultSet& rows = *value_or_throw(
      session.query()->run("select name, value from assay_meta where workload = $1 and "
                           "name not like 'load/%' and name not like 'run/%' and name not like 'ended/%'",
                           arguments),
      "reading assay_meta");
  Entries entries;
  for (std::size_t r = 0; r < rows.size(); r++)
    entries.emplace(rows.text(r, 0).value_or(""), rows.text(r, 1).value_or(""));
  if (entries.empty()) return std::nullopt;
  if (const auto version = number<std::int64_t>(entries, "version"); version != kVersion)
    throw Error(
        fmt::format("the target holds tpcc data of version {}, this assay reads and writes version {}; clean "
                    "it up with the assay that made it",
                    version, kVersion));
  Loaded loaded;
  loaded.state = entry(entries, "state");
  loaded.source.seed = number<std::uint64_t>(entries, "seed");
  loaded.source.scale = {.warehouses = number<std::int64_t>(entries, "warehouses"),
                         .divisor = number<std::int64_t>(entries, "scale_down")};
  loaded.source.constants = {.last_name_load = number<std::int64_t>(entries, "c_last_load"),
                             .last_name_run = number<std::int64_t>(entries, "c_last_run"),
                             .customer = number<std::int64_t>(entries, "c_customer"),
                             .item = number<std::int64_t>(entries, "c_item")};
  loaded.partitions = number<std::int64_t>(entries, "partitions");
  loaded.partition_type = entry(entries, "partition_type");
  loaded.foreign_keys = parse_bool(entry(entries, "foreign_keys"));
  loaded.ran = entries.contains("ran");
  return loaded;
}

void write_loaded(Session& session, const Loaded& loaded) {
  Meta meta(session, kWorkload);
  const Source& source = loaded.source;
  meta.put("version", std::to_string(kVersion));
  meta.put("state", loaded.state);
  meta.put("seed", std::to_string(source.seed));
  meta.put("warehouses", std::to_string(source.scale.warehouses));
  meta.put("scale_down", std::to_string(source.scale.divisor));
  meta.put("c_last_load", std::to_string(source.constants.last_name_load));
  meta.put("c_last_run", std::to_string(source.constants.last_name_run));
  meta.put("c_customer", std::to_string(source.constants.customer));
  meta.put("c_item", std::to_string(source.constants.item));
  meta.put("partitions", std::to_string(loaded.partitions));
  meta.put("partition_type", loaded.partition_type);
  meta.put("foreign_keys", loaded.foreign_keys ? "true" : "false");
}

Loaded require_loaded(Session& session) {
  std::optional<Loaded> loaded = read_loaded(session);
  if (!loaded) throw Error("the target holds no tpcc data; load it with: assay prepare tpcc --target …");
  if (loaded->removing())
    throw Error(fmt::format("the clean-up of tpcc data ({}) was not finished; run assay cleanup tpcc again",
                            loaded->describe()));
  if (!loaded->complete())
    throw Error(
        fmt::format("the load of tpcc data ({}) was not finished: it is {}; run assay prepare tpcc again with "
                    "the same options, it goes on where it stopped",
                    loaded->describe(), loaded->state));
  return *std::move(loaded);
}

}  // namespace assay::tpcc
