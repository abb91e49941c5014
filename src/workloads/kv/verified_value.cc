#include "workloads/kv/verified_value.h"

#include "base/random.h"

#include <fmt/core.h>

#include <array>
#include <bit>
#include <cstring>

namespace assay::kv {
namespace {

static_assert(std::endian::native == std::endian::little, "values are written as the machine holds integers");

constexpr std::array kMagic = {'A', 'K', 'V', '1'};

template <class T>
T read(std::string_view value, std::size_t at) noexcept {
  T out;
  std::memcpy(&out, value.data() + at, sizeof out);
  return out;
}

[[gnu::hot]] std::uint64_t hash_of_key(std::string_view key) noexcept {
  std::uint64_t hash = key.size();
  for (; key.size() >= 8; key.remove_prefix(8)) hash = mix(hash ^ read<std::uint64_t>(key, 0));
  std::uint64_t rest = 0;
  std::memcpy(&rest, key.data(), key.size());
  return mix(hash ^ rest);
}

[[gnu::hot]] std::uint64_t checksum(std::uint32_t load, std::uint64_t version, std::uint64_t key_hash,
                                    std::size_t size) noexcept {
  return hash_of(0x616b7631, load, version, key_hash, size);
}

/// The i-th word of the filler.
std::uint64_t filler(std::uint64_t checksum, std::size_t i) noexcept { return mix(checksum + i); }

void fill(std::uint64_t checksum, char* at, std::size_t size) noexcept {
  std::size_t word = 0;
  for (; size >= 8; size -= 8, at += 8) {
    const std::uint64_t next = filler(checksum, word++);
    std::memcpy(at, &next, 8);
  }
  const std::uint64_t last = filler(checksum, word);
  std::memcpy(at, &last, size);
}

/// Where the filler differs first.
[[gnu::hot]] std::optional<std::size_t> filler_fault(std::uint64_t checksum, std::string_view text) noexcept {
  std::size_t word = 0;
  for (; (word + 1) * 8 <= text.size(); word++)
    if (read<std::uint64_t>(text, word * 8) != filler(checksum, word)) return word * 8;
  const std::uint64_t last = filler(checksum, word);
  if (std::memcmp(text.data() + word * 8, &last, text.size() - word * 8) != 0) return word * 8;
  return std::nullopt;
}

}  // namespace

ValueFormat::ValueFormat(const Layout& layout) noexcept
    : load_(static_cast<std::uint32_t>(hash_of(layout.seed, 0x6b76))), size_(layout.value_size) {}

void ValueFormat::make(std::string_view key, std::uint64_t version, std::string& out) const {
  const std::uint64_t key_hash = hash_of_key(key);
  const std::uint64_t choices = size_.high - size_.low + 1;
  const std::size_t size = size_.low + (choices == 1 ? 0 : hash_of(key_hash, version) % choices);
  const std::uint64_t sum = checksum(load_, version, key_hash, size);
  out.resize(size);
  char* at = out.data();
  std::memcpy(at, kMagic.data(), kMagic.size());
  std::memcpy(at + 4, &load_, 4);
  std::memcpy(at + 8, &version, 8);
  std::memcpy(at + 16, &key_hash, 8);
  std::memcpy(at + 24, &sum, 8);
  fill(sum, at + kValueHeader, size - kValueHeader);
}

[[gnu::hot]] bool ValueFormat::is_right(std::string_view key, std::string_view value,
                                        std::uint64_t oldest) const noexcept {
  if (value.size() < kValueHeader || read<std::uint32_t>(value, 0) != std::bit_cast<std::uint32_t>(kMagic))
    return false;
  const auto load = read<std::uint32_t>(value, 4);
  const auto version = read<std::uint64_t>(value, 8);
  const auto key_hash = read<std::uint64_t>(value, 16), sum = read<std::uint64_t>(value, 24);
  return load == load_ && version >= oldest && sum == checksum(load, version, key_hash, value.size()) &&
         key_hash == hash_of_key(key) && !filler_fault(sum, {value.data() + kValueHeader, value.size() - kValueHeader});
}

std::optional<std::string> ValueFormat::fault(std::string_view key, std::string_view value,
                                              std::uint64_t oldest) const {
  if (is_right(key, value, oldest)) return std::nullopt;
  if (value.size() < kValueHeader)
    return fmt::format("key '{}': found {} bytes, expected at least {}", key, value.size(), kValueHeader);
  if (!value.starts_with(std::string_view(kMagic.data(), kMagic.size())))
    return fmt::format("key '{}': found a value that kv did not write (no 'AKV1' at its start)", key);
  const auto version = read<std::uint64_t>(value, 8);
  const auto key_hash = read<std::uint64_t>(value, 16), sum = read<std::uint64_t>(value, 24);
  if (sum != checksum(read<std::uint32_t>(value, 4), version, key_hash, value.size()))
    return fmt::format(
        "key '{}': found {} bytes of version {} whose checksum is wrong: the header or the length changed", key,
        value.size(), version);
  if (read<std::uint32_t>(value, 4) != load_)
    return fmt::format("key '{}': found a value of another load (seed), version {}", key, version);
  if (key_hash != hash_of_key(key))
    return fmt::format("key '{}': found the value of another key, version {}", key, version);
  if (const auto at = filler_fault(sum, value.substr(kValueHeader)))
    return fmt::format("key '{}': found version {} with wrong bytes from offset {} of {}", key, version,
                       *at + kValueHeader, value.size());
  return fmt::format("key '{}': found version {}{}, though a later write was acknowledged", key, version,
                     version == kLoadedVersion ? " (as it was loaded)" : "");
}

std::optional<std::uint64_t> ValueFormat::version_of(std::string_view value) noexcept {
  if (value.size() < kValueHeader) return std::nullopt;
  return read<std::uint64_t>(value, 8);
}

}  // namespace assay::kv
