// Findings that threads collect: by condition, with some of the rows. Thread-safe.
#pragma once

#include "stats/facts.h"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace assay::populate {

class Findings {
 public:
  static constexpr std::size_t kNamedRows = 10;  // of a finding

  void add(const std::string& condition, std::string_view text, std::string row, std::uint64_t violations = 1) {
    const std::lock_guard lock(mutex_);
    auto found = std::find_if(list_.begin(), list_.end(), [&](const Finding& f) { return f.condition == condition; });
    if (found == list_.end()) found = list_.insert(list_.end(), {condition, std::string(text), {}, 0});
    found->violations += violations;
    if (found->rows.size() < kNamedRows) found->rows.push_back(std::move(row));
  }
  /// In order of their conditions.
  std::vector<Finding> take() {
    std::sort(list_.begin(), list_.end(), [](const Finding& a, const Finding& b) { return a.condition < b.condition; });
    return std::move(list_);
  }

 private:
  std::mutex mutex_;
  std::vector<Finding> list_;
};

}  // namespace assay::populate
