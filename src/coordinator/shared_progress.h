// What agents told of their progress, added up by stretch ("loading tpcc"), one stretch behind the other. Used by one thread.
#pragma once

#include "core/workload.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace assay::coordinator {

class SharedProgress {
 public:
  SharedProgress(Progress& progress, std::size_t agents) : progress_(progress), agents_(agents) {}

  /// A task in the form of the API.
  void take(std::size_t agent, const nlohmann::json& task) {
    const bool tells = task.contains("progress");
    if (!tells && task.value("state", "") != "done") return;
    const std::string what = tells ? task["progress"]["what"].get<std::string>() : "";
    for (Stretch& stretch : stretches_)  // what it does no more is done, although the last of it was not told
      if (Told& told = stretch.told[agent]; stretch.what != what) told.done = told.total;
    if (!tells) return;
    auto at = std::find_if(stretches_.begin(), stretches_.end(), [&](const Stretch& s) { return s.what == what; });
    if (at == stretches_.end())
      at = stretches_.insert(at, {what, task["progress"]["unit"].get<std::string>(), std::vector<Told>(agents_)});
    at->told[agent] = {task["progress"]["total"].get<std::uint64_t>(), task["progress"]["done"].get<std::uint64_t>()};
  }

  void tell() {
    while (at_ < stretches_.size()) {
      const Stretch& stretch = stretches_[at_];
      Told sum;
      for (const Told& told : stretch.told) sum.total += told.total, sum.done += told.done;
      if (sum.total != shown_.total) {  // another stretch, or one more agent at it
        progress_.start(stretch.what, stretch.unit, sum.total);
        shown_ = {sum.total, 0};
      }
      if (sum.done > shown_.done) progress_.advance(sum.done - shown_.done);
      shown_.done = std::max(shown_.done, sum.done);
      if (sum.done < sum.total || at_ + 1 == stretches_.size()) return;
      at_++;
      shown_ = {};
    }
  }

 private:
  struct Told {
    std::uint64_t total = 0, done = 0;
  };
  struct Stretch {
    std::string what, unit;
    std::vector<Told> told;  // by agent
  };
  Progress& progress_;
  const std::size_t agents_;
  std::vector<Stretch> stretches_;
  std::size_t at_ = 0;  // the one that is shown
  Told shown_;
};

}  // namespace assay::coordinator
