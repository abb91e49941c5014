#include "core/shared_options.h"

#include <fmt/format.h>

namespace assay {

std::vector<TooLittle> too_little_for(std::uint64_t agents, const Options& options) {
  std::vector<TooLittle> wrong;
  for (const char* name : {"clients", "sessions", "count"})
    if (options.find(name) != nullptr)
      if (const auto value = static_cast<std::uint64_t>(options.count(name)); value > 0 && value < agents)
        wrong.push_back(
            {name, fmt::format("--{} is {} for {} agents; it is of all together: expected at least one for each", name,
                               value, agents)});
  return wrong;
}

}  // namespace assay
