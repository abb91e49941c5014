#include "core/parameters.h"

namespace assay {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool in_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Where what starts at `at` ends, when it is a literal, a quoted name or a comment; `at` when it is none. A doubled
/// quote inside a literal reads as two literals in a row, which comes to the same.
std::size_t end_of_verbatim(std::string_view text, std::size_t at, Quoting quoting) noexcept {
  const auto behind = [&](std::string_view end, std::size_t from) {
    const std::size_t found = text.find(end, from);
    return found == std::string_view::npos ? text.size() : found + end.size();
  };
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("--")) return behind("\n", at + 2);
  if (rest.starts_with("/*")) return behind("*/", at + 2);
  if (quoting.hash_comments && text[at] == '#') return behind("\n", at + 1);
  if (quoting.brackets && text[at] == '[') return behind("]", at + 1);
  switch (text[at]) {
    case '\'':
    case '"':
    case '`':
      return behind(text.substr(at, 1), at + 1);
    default:
      return at;
  }
}

}  // namespace

StatementPieces split_at_parameters(std::string_view text, Quoting quoting) {
  constexpr std::size_t kMost = 1'000'000;  // no target takes as many; keeps the number in range
  StatementPieces out;
  out.text.emplace_back();
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t end = end_of_verbatim(text, at, quoting); end != at) {
      out.text.back() += text.substr(at, end - at);
      at = end;
      continue;
    }
    const bool starts = text[at] == '$' && at + 1 < text.size() && is_digit(text[at + 1]) && text[at + 1] != '0' &&
                        (at == 0 || !in_name(text[at - 1]));
    if (!starts) {
      out.text.back() += text[at++];
      continue;
    }
    std::size_t number = 0;
    for (at++; at < text.size() && is_digit(text[at]) && number < kMost; at++)
      number = 10 * number + static_cast<std::size_t>(text[at] - '0');
    out.numbers.push_back(number);
    out.text.emplace_back();
  }
  return out;
}

}  // namespace assay
