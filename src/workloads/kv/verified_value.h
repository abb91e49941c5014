// Values that can be verified by whoever reads them: all their bytes are a function of (load, key, version).
//
//   offset 0   magic "AKV1"
//          4   load      which prepare the row belongs to (from the seed), 32 bits
//          8   version   0: as it was loaded; otherwise the number of the write, unique in the life of the data
//         16   hash of the key
//         24   checksum of load, version, hash of the key, and length
//         32   filler: a stream that the checksum starts
//
// Integers are little-endian. A flipped bit anywhere, a cut or lengthened value, another key's value and a value of an
// earlier load are all found. The filler does not compress. Functions are pure.
#pragma once

#include "workloads/kv/layout.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assay::kv {

inline constexpr std::size_t kValueHeader = 32;  // the shortest value
inline constexpr std::uint64_t kLoadedVersion = 0;

class ValueFormat {
 public:
  explicit ValueFormat(const Layout&) noexcept;
  /// Writes the value to `out`; keeps its memory.
  void make(std::string_view key, std::uint64_t version, std::string& out) const;
  /// Whether a value that was read under `key` is one that was written there, with this version or a later one.
  bool is_right(std::string_view key, std::string_view value, std::uint64_t oldest = kLoadedVersion) const noexcept;
  /// What is wrong with a value that was read under `key`; nullopt: nothing. `oldest` is the lowest version that it may
  /// have.
  std::optional<std::string> fault(std::string_view key, std::string_view value,
                                   std::uint64_t oldest = kLoadedVersion) const;
  /// The version that a value says it has, without a look at the rest; nullopt: too short to have one.
  static std::optional<std::uint64_t> version_of(std::string_view value) noexcept;

 private:
  std::uint32_t load_;
  Range size_;
};

}  // namespace assay::kv
