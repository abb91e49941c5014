#include "base/base64.h"

#include "base/error.h"

#include <cstdint>
#include <cstring>

namespace assay {
namespace {

constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t k) { return k < bytes.size() ? static_cast<unsigned char>(bytes[k]) : 0u; };
    const std::uint32_t word = (byte(i) << 16) | (byte(i + 1) << 8) | byte(i + 2);
    for (std::size_t k = 0; k < 4; k++)
      out.push_back(k <= bytes.size() - i ? kBase64[(word >> (18 - 6 * k)) & 63] : '=');
  }
  return out;
}

std::string from_base64(std::string_view text, std::string_view what) {
  if (text.size() % 4 != 0)
    throw Error(fmt::format("{}: the text is cut off: its length is not a multiple of 4", what));
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::uint32_t word = 0;
    int padding = 0;
    for (std::size_t k = 0; k < 4; k++) {
      const char c = text[i + k];
      word <<= 6;
      if (c == '=' && i + 4 == text.size() && k >= 2) {
        padding++;
        continue;
      }
      const char* at = c == '\0' ? nullptr : std::strchr(kBase64, c);
      if (at == nullptr || padding > 0)
        throw Error(fmt::format("{}: character {} of the text is not base64", what, i + k + 1));
      word |= static_cast<std::uint32_t>(at - kBase64);
    }
    for (int k = 0; k < 3 - padding; k++) out.push_back(static_cast<char>((word >> (16 - 8 * k)) & 255));
  }
  return out;
}

}  // namespace assay
