#include "results/better.h"

#include <algorithm>

namespace assay {

Better better_of(const ThresholdValue& value, std::string_view unit) {
  if (value.name == "rate" || value.name == "count") return Better::larger;
  if (value.name != "figure") return Better::smaller;
  const std::size_t slash = unit.rfind('/');
  if (slash == std::string_view::npos) return Better::neither;
  static constexpr std::string_view kTimes[] = {"s", "m", "min", "h"};
  return std::find(std::begin(kTimes), std::end(kTimes), unit.substr(slash + 1)) != std::end(kTimes) ? Better::larger
                                                                                                     : Better::neither;
}

}  // namespace assay
