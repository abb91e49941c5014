#include "workloads/kv/layout.h"

#include "base/error.h"
#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace assay::kv {
namespace {

std::uint64_t power_of_ten(int digits) noexcept {
  std::uint64_t power = 1;
  while (digits-- > 0) power *= 10;
  return power;
}

}  // namespace

Range Range::parse(std::string_view text, std::string_view what, std::uint64_t least, std::uint64_t most) {
  const auto dots = text.find("..");
  const auto bound = [&](std::string_view part) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || end != part.data() + part.size() || value < least || value > most)
      throw Error(fmt::format("--{} is '{}'; expected a whole number or a range like {}..{}, from {} to {}", what, text,
                              least, std::min(most, 10 * least), least, most));
    return value;
  };
  if (dots == std::string_view::npos) return {bound(text), bound(text)};
  const Range range{bound(text.substr(0, dots)), bound(text.substr(dots + 2))};
  if (range.low > range.high) throw Error(fmt::format("--{} is '{}'; expected the smaller bound first", what, text));
  return range;
}

std::string Range::text() const { return low == high ? fmt::format("{}", low) : fmt::format("{}..{}", low, high); }

std::uint64_t Layout::key_space() const noexcept { return power_of_ten(digits); }

std::map<std::string, std::string> Layout::entries() const {
  return {{"rows", std::to_string(rows)},
          {"seed", std::to_string(seed)},
          {"key-prefix", prefix},
          {"key-digits", std::to_string(digits)},
          {"key-order", hashed ? "hashed" : "ordered"},
          {"value-size", value_size.text()}};
}

Layout Layout::from(const std::map<std::string, std::string>& entries) {
  const auto entry = [&](const std::string& name) -> const std::string& {
    const auto found = entries.find(name);
    if (found == entries.end())
      throw Error(
          fmt::format("the record of kv in assay_meta has no '{}'; run `assay cleanup kv` and prepare again", name));
    return found->second;
  };
  const auto number = [&](const std::string& name) {
    const std::string& text = entry(name);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
      throw Error(fmt::format("'{}' of kv in assay_meta is '{}'; expected a whole number", name, text));
    return value;
  };
  Layout layout;
  layout.rows = number("rows");
  layout.seed = number("seed");
  layout.prefix = entry("key-prefix");
  layout.digits = static_cast<int>(std::min<std::uint64_t>(number("key-digits"), 18));
  layout.hashed = entry("key-order") == "hashed";
  layout.value_size = Range::parse(entry("value-size"), "value-size", 1, ~std::uint64_t{0});
  return layout;
}

KeyFormat::KeyFormat(const Layout& layout)
    : prefix_(layout.prefix),
      digits_(layout.digits),
      hashed_(layout.hashed),
      // The key of a row must not depend on the seed: who resumes or reads need not know it.
      permutation_(layout.key_space(), 0x6b76) {}

[[gnu::hot]] void KeyFormat::key(std::uint64_t row, std::string& out) const {
  key_of_number(hashed_ ? permutation_(row) : row, out);
}

[[gnu::hot]] void KeyFormat::key_of_number(std::uint64_t number, std::string& out) const {
  const fmt::format_int text(number);
  const auto digits = static_cast<std::size_t>(digits_);
  const std::size_t zeros = digits - std::min(text.size(), digits);
  out.resize(prefix_.size() + digits);
  char* const at = out.data();
  std::memcpy(at, prefix_.data(), prefix_.size());
  std::memset(at + prefix_.size(), '0', zeros);
  // Of a longer number the last digits.
  std::memcpy(at + prefix_.size() + zeros, text.data() + text.size() - (digits - zeros), digits - zeros);
}

bool KeyFormat::is_key(std::string_view text) const noexcept {
  return text.size() == prefix_.size() + static_cast<std::size_t>(digits_) && text.starts_with(prefix_) &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(prefix_.size()), text.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace assay::kv
