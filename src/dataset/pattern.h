// A pattern of text, taken apart: user_{index}, {uuid}, order-{rand:6}. Internal to this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::dataset {

struct PatternPart {
  enum class What { literal, index, uuid, digits } what = What::literal;
  std::string text = {};  // of a literal
  int digits = 0;         // of digits: 1 to 18, the first of them 1 to 9
};

/// Throws Error: another name in braces, a brace that is not closed. {{ and }} are braces.
std::vector<PatternPart> parse_pattern(std::string_view text);

}  // namespace assay::dataset
