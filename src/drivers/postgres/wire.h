// Integers in network byte order, appended to and taken from byte strings.
#pragma once

#include <bit>
#include <concepts>
#include <cstring>
#include <string>
#include <string_view>

namespace assay::postgres {

template <std::integral T>
T big_endian(T v) noexcept {
  if constexpr (std::endian::native == std::endian::big) return v;
  if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(static_cast<std::uint16_t>(v)));
  if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(static_cast<std::uint32_t>(v)));
  if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(static_cast<std::uint64_t>(v)));
  return v;
}

template <std::integral T>
void put(std::string& out, T v) {
  const T wire = big_endian(v);
  out.append(reinterpret_cast<const char*>(&wire), sizeof wire);
}

/// The integer at an offset; the caller knows that it is there.
template <std::integral T>
T get(std::string_view data, std::size_t at = 0) noexcept {
  T wire;
  std::memcpy(&wire, data.data() + at, sizeof wire);
  return big_endian(wire);
}

}  // namespace assay::postgres
