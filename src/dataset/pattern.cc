#include "dataset/pattern.h"

#include "base/error.h"

#include <fmt/format.h>

namespace assay::dataset {
namespace {

PatternPart placeholder(std::string_view name) {
  using What = PatternPart::What;
  if (name == "index") return {.what = What::index};
  if (name == "uuid") return {.what = What::uuid};
  if (name.starts_with("rand:")) {
    const std::string_view digits = name.substr(5);
    int n = 0;
    for (const char c : digits) n = c >= '0' && c <= '9' && n < 100 ? n * 10 + (c - '0') : 100;
    if (!digits.empty() && n >= 1 && n <= 18) return {.what = What::digits, .digits = n};
  }
  throw Error(
      fmt::format("{{{}}} has no meaning; expected {{index}}, {{uuid}} or {{rand:N}}, N digits from 1 to 18", name));
}

}  // namespace

std::vector<PatternPart> parse_pattern(std::string_view text) {
  std::vector<PatternPart> parts;
  const auto add = [&](char c) {
    if (parts.empty() || parts.back().what != PatternPart::What::literal) parts.emplace_back();
    parts.back().text += c;
  };
  for (std::size_t i = 0; i < text.size(); i++) {
    const bool twice = i + 1 < text.size() && text[i + 1] == text[i];
    if ((text[i] == '{' || text[i] == '}') && twice) {
      add(text[i++]);
    } else if (text[i] == '{') {
      const std::size_t end = text.find('}', i);
      if (end == std::string_view::npos) throw Error(fmt::format("'{}' has a {{ that is not closed", text));
      parts.push_back(placeholder(text.substr(i + 1, end - i - 1)));
      i = end;
    } else if (text[i] == '}') {
      throw Error(fmt::format("'{}' has a }} that closes nothing; expected }}}} for the brace itself", text));
    } else {
      add(text[i]);
    }
  }
  return parts;
}

}  // namespace assay::dataset
