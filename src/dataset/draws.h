// Random numbers of one value: SplitMix64's stream (base/random.h), begun by a hash of seed, table, column and row.
//
// The golden tests and docs/schema.md hold on to these functions: another one makes other data of every schema.
#pragma once

#include "base/random.h"

#include <string_view>

namespace assay::dataset {

class Draws {
 public:
  explicit Draws(std::uint64_t hash) noexcept : state_(hash) {}
  std::uint64_t next() noexcept {
    const std::uint64_t out = mix(state_);
    state_ += 0x9e3779b97f4a7c15ull;
    return out;
  }
  /// Uniform in [0, n), n > 0; see Random::below().
  std::uint64_t below(std::uint64_t n) noexcept {
    return static_cast<std::uint64_t>((static_cast<Uint128>(next()) * n) >> 64);
  }

 private:
  std::uint64_t state_;
};

/// FNV-1a of 64 bits (Fowler, Noll, Vo; RFC 9923): names as numbers.
constexpr std::uint64_t name_hash(std::string_view name) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325ull;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return hash;
}

/// What makes the values of one column: a function of seed and names alone, so that other tables and columns do not change it.
class ColumnKey {
 public:
  ColumnKey(std::uint64_t seed, std::string_view table, std::string_view column) noexcept
      : key_(hash_of(seed, name_hash(table), name_hash(column))) {}
  /// Another one for another purpose: whether it is null, which row it points at.
  ColumnKey other(std::string_view purpose) const noexcept { return ColumnKey(hash_of(key_, name_hash(purpose))); }
  std::uint64_t number() const noexcept { return key_; }
  /// Of a version of the rows: 0 is as populated.
  ColumnKey version(std::uint64_t version) const noexcept {
    return version == 0 ? *this : ColumnKey(hash_of(key_, version));
  }
  /// Of a row.
  std::uint64_t hash(std::uint64_t row) const noexcept { return mix(key_ ^ (row * 0xd6e8feb86659fd93ull)); }

 private:
  explicit ColumnKey(std::uint64_t key) noexcept : key_(key) {}
  std::uint64_t key_;
};

}  // namespace assay::dataset
