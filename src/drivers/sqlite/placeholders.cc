#include "drivers/sqlite/placeholders.h"

#include "core/parameters.h"

namespace assay::sqlite {

std::string with_own_placeholders(std::string_view text) {
  const StatementPieces pieces = split_at_parameters(text, {.brackets = true});
  std::string out = pieces.text[0];
  for (std::size_t i = 0; i < pieces.numbers.size(); i++)
    out += "?" + std::to_string(pieces.numbers[i]) + pieces.text[i + 1];
  return out;
}

}  // namespace assay::sqlite
