// Options that say how much all agents of a job have together: each of them needs at least one.
#pragma once

#include "core/options.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

struct TooLittle {
  std::string_view option;
  std::string text;
};
/// Each option that has too little for so many agents; what is unlimited (0), or not in the table, is enough.
std::vector<TooLittle> too_little_for(std::uint64_t agents, const Options&);

}  // namespace assay
