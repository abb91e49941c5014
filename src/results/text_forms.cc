#include "results/text_forms.h"

#include <fmt/format.h>

#include <cmath>

namespace assay {

std::string digits(double v) {
  if (!std::isfinite(v)) return "n/a";
  const double size = std::fabs(v);
  return fmt::format("{:.{}f}", v,
                     size >= 100 || v == std::trunc(v) ? 0
                     : size >= 10                      ? 1
                     : size >= 1                       ? 2
                     : size >= 0.1                     ? 3
                                                       : 4);
}

std::string one_or_more(std::uint64_t n, std::string_view one, std::string_view more) {
  return fmt::format("{} {}", n, n == 1 ? one : more);
}

std::string csv_text(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  return out + '"';
}

std::string markdown_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      out += ' ';
      continue;
    }
    if (c == '<') {
      out += "&lt;";
      continue;
    }
    if (std::string_view("\\`*_{}[]#|>~!").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace assay
