// What each pair of runs says, as a picture: the change of every pair as a dot, the median as a line, its interval as the two
// dashed lines around it. As the page of a comparison has it.
//
// "pairs-get-rate.png" for each figure of each operation, and "pairs-nopm.png" for each of the whole run. Throws Error where
// no font is installed.
#pragma once

#include "results/comparison.h"
#include "results/picture.h"
#include "results/render.h"

#include <string_view>
#include <vector>

namespace assay {

std::vector<RenderedFile> pictures_of_pairs(const Comparison&, std::string_view subtitle, const Palette&);

}  // namespace assay
