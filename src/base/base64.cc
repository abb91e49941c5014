#include "base/base64.h"

#include "base/error.h"

#include <array>
#include <cstdint>

namespace assay {
namespace {

constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::uint8_t kNone = 0xff;
/// Of each character, by its code.
constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> out{};
  out.fill(kNone);
  for (std::uint8_t i = 0; i < 64; i++) out[static_cast<unsigned char>(kBase64[i])] = i;
  return out;
}();

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4, '=');
  std::size_t size = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t k) { return k < bytes.size() ? static_cast<unsigned char>(bytes[k]) : 0u; };
    const std::uint32_t word = (byte(i) << 16) | (byte(i + 1) << 8) | byte(i + 2);
    for (std::size_t k = 0; k < 4; k++, size++)
      if (k <= bytes.size() - i) out[size] = kBase64[(word >> (18 - 6 * k)) & 63];
  }
  return out;
}

std::string from_base64(std::string_view text, std::string_view what) {
  if (text.size() % 4 != 0)
    throw Error(fmt::format("{}: the text is cut off: its length is not a multiple of 4", what));
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') padding++;
  std::string out(text.size() / 4 * 3, '\0');
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 4; k++) {
      const bool is_padding = i + k >= text.size() - padding;
      const std::uint8_t six = is_padding ? std::uint8_t{0} : kValues[static_cast<unsigned char>(text[i + k])];
      if (six == kNone) throw Error(fmt::format("{}: character {} of the text is not base64", what, i + k + 1));
      word = word << 6 | six;
    }
    for (int shift = 16; shift >= 0; shift -= 8) out[size++] = static_cast<char>(word >> shift & 255);
  }
  out.resize(size - padding);
  return out;
}

}  // namespace assay
