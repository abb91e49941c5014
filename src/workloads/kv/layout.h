// What was prepared: how rows are called and how large their values are. It is written into the target's assay_meta, so
// that a run, a check and a resumed prepare on another machine work on the same rows.
//
// Row r has the key prefix + number with a fixed count of digits; the number is r itself (ordered) or a permutation of
// it (hashed, as YCSB's insertorder). Immutable, thread-safe.
#pragma once

#include "base/permutation.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace assay::kv {

/// Uniform in [low, high], both included.
struct Range {
  std::uint64_t low = 0, high = 0;
  /// "100" or "100..1000"; `what` names the option in the Error.
  static Range parse(std::string_view text, std::string_view what, std::uint64_t least, std::uint64_t most);
  std::string text() const;
  friend bool operator==(const Range&, const Range&) = default;
};

struct Layout {
  std::uint64_t rows = 0;
  std::uint64_t seed = 1;
  std::string prefix = "user";
  int digits = 12;
  bool hashed = false;
  Range value_size{100, 100};

  /// How many different keys there can be: 10^digits.
  std::uint64_t key_space() const noexcept;
  /// As entries of assay_meta, and back. Throws Error when an entry is missing or makes no sense.
  std::map<std::string, std::string> entries() const;
  static Layout from(const std::map<std::string, std::string>& entries);
  friend bool operator==(const Layout&, const Layout&) = default;
};

/// Row numbers to keys.
class KeyFormat {
 public:
  explicit KeyFormat(const Layout&);
  /// Writes the key of the row to `out`; keeps its memory.
  void key(std::uint64_t row, std::string& out) const;
  /// The key with this number, whatever row it belongs to: the bounds of a range of keys.
  void key_of_number(std::uint64_t number, std::string& out) const;
  /// Whether the text can be a key of ours.
  bool is_key(std::string_view text) const noexcept;

 private:
  std::string prefix_;
  int digits_;
  bool hashed_;
  Permutation permutation_;
};

}  // namespace assay::kv
