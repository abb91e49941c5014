#include "drivers/sqlite/placeholders.h"

#include <algorithm>

namespace assay::sqlite {
namespace {

bool in_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Where what starts at `at` ends, when it is a literal, a quoted name or a comment; `at` when it is none. A doubled
/// quote inside a literal reads as two literals in a row, which comes to the same.
std::size_t end_of_verbatim(std::string_view text, std::size_t at) noexcept {
  const auto behind = [&](std::string_view end, std::size_t from) {
    const std::size_t found = text.find(end, from);
    return found == std::string_view::npos ? text.size() : found + end.size();
  };
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("--")) return behind("\n", at + 2);
  if (rest.starts_with("/*")) return behind("*/", at + 2);
  switch (text[at]) {
    case '\'':
    case '"':
    case '`':
      return behind(text.substr(at, 1), at + 1);
    case '[':
      return behind("]", at + 1);
    default:
      return at;
  }
}

}  // namespace

std::string with_own_placeholders(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t end = end_of_verbatim(text, at); end != at) {
      out += text.substr(at, end - at);
      at = end;
      continue;
    }
    const bool starts = text[at] == '$' && at + 1 < text.size() && text[at + 1] >= '1' && text[at + 1] <= '9' &&
                        (at == 0 || !in_name(text[at - 1]));
    out += starts ? '?' : text[at];
    at++;
  }
  return out;
}

}  // namespace assay::sqlite
