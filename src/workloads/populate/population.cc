#include "workloads/populate/population.h"

#include "base/error.h"
#include "base/random.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace assay::populate {
namespace {

dataset::Schema taken(dataset::Reading reading) {
  if (reading.schema) return *std::move(reading.schema);
  std::vector<std::string> lines;
  for (const input::Mistake& mistake : reading.mistakes.sorted())
    if (!mistake.note) lines.push_back(reading.mistakes.line(mistake));
  throw Error(fmt::format("{}", fmt::join(lines, "\n")));
}

}  // namespace

dataset::Schema read_schema(const std::string& file, const dataset::Overrides& overrides) {
  return taken(dataset::read_schema(file, overrides));
}

dataset::Schema schema_of_record(const std::string& text) {
  return taken(dataset::read_schema_text(text, "the schema in assay_meta"));
}

Population::Population(dataset::Schema schema, const std::vector<std::string>& names, const RowsTraits& traits)
    : traits_(traits) {
  const dataset::Arrays arrays = traits.arrays ? dataset::Arrays::native : dataset::Arrays::json;
  const auto shared = std::make_shared<const dataset::Schema>(std::move(schema));
  std::vector<bool> wanted(shared->tables.size(), names.empty());
  std::vector<std::string> mistakes, there;
  for (const dataset::Table& table : shared->tables) there.push_back(table.name);
  for (const std::string& name : names)
    if (const auto t = shared->table(name))
      wanted[*t] = true;
    else
      mistakes.push_back(fmt::format("--tables names '{}'; the schema has {}", name, fmt::join(there, ", ")));
  for (std::size_t t = 0; t < shared->tables.size(); t++) {
    Table table = dataset::to_table(*shared, t, arrays);
    std::erase_if(table.foreign_keys, [&](const ForeignKey& key) {
      const auto other = shared->table(key.table);
      return !other || !wanted[*other];
    });
    if (wanted[t] && table.columns.size() > traits.columns)
      mistakes.push_back(fmt::format("table {} has {} columns; the target takes at most {}", table.name,
                                     table.columns.size(), traits.columns));
    tables_.push_back(std::move(table));
  }
  refuse_mistakes(mistakes);
  for (const std::size_t t : shared->load_order)
    if (wanted[t]) order_.push_back(t);
  generator_ = std::make_unique<dataset::RowGenerator>(shared, arrays);
}

std::uint64_t Population::all_rows() const noexcept {
  std::uint64_t all = 0;
  for (const std::size_t t : order_) all += rows(t);
  return all;
}

std::vector<std::string> Population::names() const {
  std::vector<std::string> out;
  for (const std::size_t t : order_) out.push_back(tables_[t].name);
  return out;
}

bool Population::refers_to_itself(std::size_t t) const noexcept {
  return std::any_of(tables_[t].foreign_keys.begin(), tables_[t].foreign_keys.end(),
                     [&](const ForeignKey& key) { return key.table == tables_[t].name; });
}

std::string Population::describe() const {
  return fmt::format("{} table{}, {} rows, seed {}", order_.size(), order_.size() == 1 ? "" : "s", all_rows(),
                     schema().seed);
}

RowRange share_of(std::uint64_t rows, std::uint32_t index, std::uint32_t count) noexcept {
  const auto bound = [&](std::uint64_t i) { return static_cast<std::uint64_t>(Uint128{rows} * i / count); };
  return {bound(index), bound(index + 1ull)};
}

std::vector<RowRange> left_of(RowRange range, std::vector<RowRange> covered, std::uint64_t batch_rows) {
  std::sort(covered.begin(), covered.end(), [](const RowRange& a, const RowRange& b) { return a.first < b.first; });
  std::vector<RowRange> out;
  const auto add = [&](std::uint64_t first, std::uint64_t end) {
    while (first < end) {
      const std::uint64_t next = std::min(end, (first / batch_rows + 1) * batch_rows);
      out.push_back({first, next});
      first = next;
    }
  };
  std::uint64_t at = range.first;
  for (const RowRange& there : covered) {
    if (there.first > at) add(at, std::min(there.first, range.end));
    at = std::max(at, there.end);
    if (at >= range.end) return out;
  }
  add(at, range.end);
  return out;
}

}  // namespace assay::populate
