#include "workloads/kv/row_chooser.h"

#include <algorithm>

namespace assay::kv {

[[gnu::hot]] std::uint64_t RowChooser::draw_item(Random& random, std::uint64_t items) {
  const std::uint64_t loaded = state_.config.layout.rows;
  switch (state_.config.distribution) {
    case Distribution::uniform:
      break;
    case Distribution::zipfian: {
      // The scatter does not depend on how many rows were inserted, so what is popular stays so while the run inserts:
      // new rows join at the cold end.
      zipfian_.resize(items);
      const std::uint64_t rank = zipfian_.draw(random);
      return rank < loaded ? state_.scatter(rank) : rank;
    }
    case Distribution::zipfian_plain:
      zipfian_.resize(items);
      return zipfian_.draw(random);
    case Distribution::latest:
      zipfian_.resize(items);
      return items - 1 - zipfian_.draw(random);
    case Distribution::sequential:
      return state_.shard.global(state_.cursor.fetch_add(1, std::memory_order_relaxed)) % items;
  }
  return random.below(items);
}

[[gnu::hot]] std::uint64_t RowChooser::draw(Random& random) {
  const std::uint64_t loaded = state_.config.layout.rows;
  const std::uint64_t item = draw_item(random, loaded + state_.inserts.acknowledged());
  return item < loaded ? item : state_.inserts.row(item - loaded);
}

void RowChooser::draw_distinct(Random& random, std::uint64_t count, std::vector<std::uint64_t>& rows) {
  rows.clear();
  for (int round = 0; round < 8 && rows.size() < count; round++) {
    while (rows.size() < count) rows.push_back(draw(random));
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  }
  // A very skewed distribution repeats itself: the rest are neighbours of a row of the loaded ones.
  const std::uint64_t loaded = state_.config.layout.rows;
  for (std::uint64_t next = random.below(loaded); rows.size() < count; next = (next + 1) % loaded) {
    const auto at = std::lower_bound(rows.begin(), rows.end(), next);
    if (at == rows.end() || *at != next) rows.insert(at, next);
  }
}

}  // namespace assay::kv
