// Parameters as workloads write them ($1, $2, …), found in the text of a statement, for drivers whose target writes them
// otherwise. Pure; knows SQL's literals, quoted names and comments, in which a dollar is no parameter.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// text[0] $numbers[0] text[1] $numbers[1] … text.back(): one text more than there are parameters.
struct StatementPieces {
  std::vector<std::string> text;
  std::vector<std::size_t> numbers;  // from 1; one may occur often
};

/// What differs between dialects: SQLite quotes names in [brackets] too, MySQL has comments that begin with #.
struct Quoting {
  bool brackets = false;
  bool hash_comments = false;
};

/// What is not closed stays as it is: the target tells better what is wrong with it.
StatementPieces split_at_parameters(std::string_view text, Quoting);

}  // namespace assay
