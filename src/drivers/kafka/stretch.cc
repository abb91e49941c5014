// Stretches of topics.
#include "drivers/kafka/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace assay::kafka {

std::string to_text(const Stretch& stretch) {
  return fmt::format("{}:{}:{}", stretch.partition, stretch.extent.first, stretch.extent.end);
}

std::optional<Stretch> parse_stretch(std::string_view text) {
  Stretch out;
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto number = [&](auto& value, bool last) {
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc{} || value < 0 || (last ? next != end : next == end || *next != ':')) return false;
    at = last ? next : next + 1;
    return true;
  };
  if (!number(out.partition, false) || !number(out.extent.first, false) || !number(out.extent.end, true) ||
      out.extent.first > out.extent.end)
    return std::nullopt;
  return out;
}

std::vector<Stretch> stretches(std::span<const Extent> partitions, std::uint64_t offsets) {
  const std::int64_t step = static_cast<std::int64_t>(std::clamp<std::uint64_t>(offsets, 1, std::uint64_t{1} << 62));
  std::vector<Stretch> out;
  for (std::size_t p = 0; p < partitions.size(); p++)
    for (std::int64_t first = partitions[p].first; first < partitions[p].end;) {
      const std::int64_t end = first + std::min(step, partitions[p].end - first);
      out.push_back({static_cast<int>(p), {first, end}});
      first = end;
    }
  return out;
}

}  // namespace assay::kafka
