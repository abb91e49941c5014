#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace assay {
namespace {

/// Bytes of the character of UTF-8 that a text begins with; 0: it begins with none. RFC 3629: no surrogates, none beyond
/// U+10FFFF, none in more bytes than it needs.
std::size_t character_of(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; i++)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const bool too_long = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool none = (first == 0xed && byte(1) > 0x9f) || (first == 0xf4 && byte(1) > 0x8f);
  return too_long || none ? 0 : length;
}

bool is_control(std::string_view character) noexcept {
  const auto first = static_cast<unsigned char>(character[0]);
  return first < 0x20 || first == 0x7f || (first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0);
}

std::string shown(std::string_view text, bool one_line) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = character_of(text);
    const std::string_view part = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(part.size());
    if (part == "\n" || part == "\t")
      out += !one_line ? part : part == "\n" ? "\\n" : "\\t";
    else if (length > 0 && !is_control(part))
      out += part;
    else
      for (const char c : part) fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) { return shown(text, false); }
std::string printable_line(std::string_view text) { return shown(text, true); }

}  // namespace assay
