// Draws the rows that a client works on, by the distribution of the run, over the rows that are known to be there: the
// loaded ones and, behind them in the order of their insertion, those inserted by this process. One per client.
#pragma once

#include "base/random.h"
#include "base/zipfian.h"
#include "workloads/kv/run_state.h"

#include <cstdint>
#include <vector>

namespace assay::kv {

class RowChooser {
 public:
  explicit RowChooser(RunState& state) noexcept : state_(state), zipfian_(state.config.zipfian_constant) {}
  std::uint64_t draw(Random&);
  /// `count` different rows, ascending: whoever writes several rows locks them in one order.
  void draw_distinct(Random&, std::uint64_t count, std::vector<std::uint64_t>& rows);

 private:
  std::uint64_t draw_item(Random&, std::uint64_t items);

  RunState& state_;
  Zipfian zipfian_;
};

}  // namespace assay::kv
