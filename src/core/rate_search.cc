#include "core/rate_search.h"

#include "base/error.h"

#include <cmath>

namespace assay {

std::optional<double> RateSearch::highest() const noexcept {
  return held_.empty() ? std::nullopt : std::optional(held_.rbegin()->first);
}

int RateSearch::held() const noexcept { return held_.empty() ? 0 : held_.rbegin()->second; }

bool RateSearch::complete() const noexcept {
  return highest() && failed_ && *failed_ <= *highest() * (1 + rule_.precision) && held() >= rule_.confirmations &&
         last_held_;
}

std::optional<double> RateSearch::next() const {
  if (steps_ >= rule_.most_steps || complete()) return std::nullopt;
  const std::optional<double> low = highest();
  if (!low && !failed_) return rule_.first;
  if (!low) {
    const double lower = *failed_ / 2;
    return lower < rule_.first * rule_.lowest_share ? std::nullopt : std::optional(lower);
  }
  if (!failed_) return *low * 2;
  return *failed_ > *low * (1 + rule_.precision) ? std::sqrt(*low * *failed_) : *low;
}

void RateSearch::tell(bool held) {
  const std::optional<double> rate = next();
  ASSAY_ASSERT(rate.has_value());
  steps_++;
  last_held_ = held;
  if (held) {
    held_[*rate]++;
  } else {
    failed_ = *rate;  // below every one that failed before
    held_.erase(held_.lower_bound(*rate), held_.end());
  }
}

double RateSearch::least_share(int n) noexcept { return n <= 0 ? 0 : std::pow(0.05, 1.0 / n); }

}  // namespace assay
