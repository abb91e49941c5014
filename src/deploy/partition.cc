#include "deploy/partition.h"

#include "base/error.h"
#include "core/options.h"

#include <algorithm>

namespace assay::deploy {
namespace {

std::string worker_name_of(std::uint32_t index) { return fmt::format("worker-{}", index + 1); }

/// A row of another seed is another row.
void refuse_keys_between_workers(const dataset::Schema& schema, std::uint32_t count) {
  std::vector<std::string> mistakes;
  for (std::size_t t = 0; t < schema.tables.size(); t++)
    for (const dataset::ForeignKey& key : schema.tables[t].foreign_keys)
      if (key.table % count != t % count)
        mistakes.push_back(fmt::format(
            "--partition-by table: {} has a foreign key to {}, whose rows another worker makes with a seed of its own; "
            "expected --partition-by rows, or fewer workers",
            schema.tables[t].name, schema.tables[key.table].name));
  refuse_mistakes(mistakes);
}

}  // namespace

std::vector<Worker> workers_of(const dataset::Schema& schema, Partition partition, std::uint32_t count,
                               std::uint64_t seed) {
  const auto tables = static_cast<std::uint32_t>(schema.tables.size());
  std::vector<Worker> workers;
  for (std::uint32_t i = 0; i < count; i++) {
    Worker worker{.name = worker_name_of(i), .tables = {}, .part = {i, count}, .seed = seed};
    if (partition == Partition::rows) {
      for (const dataset::Table& table : schema.tables) worker.tables.push_back(table.name);
    } else {
      // Those beyond the tables come round again: worker i shares its table with i + tables, i + 2 · tables, …
      const std::uint32_t first = i % tables;
      for (std::uint32_t t = first; t < tables; t += count) worker.tables.push_back(schema.tables[t].name);
      worker.part = {i / tables, (count - first + tables - 1) / tables};
      worker.seed = seed + first;
      // Data of several seeds are several loads.
      if (count > 1 && tables > 1) worker.record = worker_name_of(first);
    }
    workers.push_back(std::move(worker));
  }
  if (partition == Partition::table) refuse_keys_between_workers(schema, std::min(count, tables));
  return workers;
}

}  // namespace assay::deploy
