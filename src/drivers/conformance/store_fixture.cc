#include "drivers/conformance/store_fixture.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace assay::conformance {
namespace {

std::int64_t cut(std::int64_t microseconds, Nanos resolution) {
  const std::int64_t unit = resolution / Nanos(1000), rest = unit > 1 ? microseconds % unit : 0;
  return microseconds - (rest < 0 ? rest + unit : rest);
}

/// Its kind and content. JSON by its meaning; of a text that is none, that it is none.
std::string described(const Value& value, Nanos resolution) {
  if (const auto* json = std::get_if<Json>(&value)) {
    const auto parsed = nlohmann::json::parse(json->text, nullptr, false);
    return "JSON " + (parsed.is_discarded() ? fmt::format("that is none: {}", json->text) : parsed.dump());
  }
  if (const auto* time = std::get_if<Timestamp>(&value))
    return "instant " + format_timestamp(Timestamp{cut(time->microseconds, resolution)});
  if (const auto* array = std::get_if<Array>(&value)) {
    std::string out = "array";
    for (std::size_t i = 0; i < array->size; i++) out += fmt::format(" ({})", described(array->data[i], resolution));
    return out;
  }
  return fmt::format("kind {}: {}", value.index(), to_text(value));
}

}  // namespace

Store::Store() : traits_(&rows().traits()) { kv().drop(meta_table().name); }

Store::~Store() {
  try {
    kv().drop(meta_table().name);
  } catch (const std::exception& error) {
    ADD_FAILURE() << "cleaning up: " << error.what();
  }
}

RowBatch Store::pairs(std::span<const std::int64_t> ids) {
  RowBatch batch(3);
  for (const std::int64_t id : ids) {
    batch.add(id);
    batch.add(id % 5 == 0 ? Value(kNull) : Value(10 * id));
    batch.add_copy("row " + std::to_string(id));
  }
  return batch;
}

RowBatch Store::pairs_from(std::int64_t first, std::int64_t count) {
  std::vector<std::int64_t> ids;
  for (std::int64_t id = first; id < first + count; id++) ids.push_back(id);
  return pairs(ids);
}

void Store::create_all(const Table& table) {
  meta().create();
  create(table);
}

std::vector<std::string> Store::described(const Table& table, const RowBatch& batch) const {
  std::vector<std::string> out;
  for (std::size_t r = 0; r < batch.size(); r++) {
    std::string& row = out.emplace_back();
    for (std::size_t c = 0; c < table.columns.size(); c++)
      row += fmt::format("{}{} = {}", c > 0 ? "; " : "", table.columns[c].name,
                         conformance::described(batch.row(r)[c], traits().timestamp_resolution));
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> Store::read_all(const Table& table, std::uint64_t rows) {
  constexpr std::size_t kMost = 7;
  std::vector<std::string> out;
  for (const std::string& stretch : this->rows().split(table, rows)) {
    const auto other = connect();
    const auto reader = must(other->rows()->read(table, stretch));
    for (RowBatch batch(table.columns.size());; batch.clear()) {
      const std::size_t added = must(reader->next(kMost, batch));
      EXPECT_EQ(added, batch.size());
      EXPECT_LE(added, kMost);
      if (added == 0) break;
      for (std::string& row : described(table, batch)) out.push_back(std::move(row));
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

void Store::expect_rows(const Table& table, const RowBatch& batch, std::uint64_t rows) {
  EXPECT_EQ(read_all(table, rows), described(table, batch));
}

}  // namespace assay::conformance
