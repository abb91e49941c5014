// The marks of an axis of a picture, and what is written at them.
//
// Pure. Values are in the unit of the axis.
#pragma once

#include <string>
#include <vector>

namespace assay {

struct Tick {
  double at;
  std::string label;
};

/// "12k", "1.5M".
std::string short_text(double);
/// Round numbers from `from` to `to`, about `many` of them: steps of 1, 2 or 5 times a power of ten.
std::vector<Tick> even_ticks(double from, double to, int many);

}  // namespace assay
