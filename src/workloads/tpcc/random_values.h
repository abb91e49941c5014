// The random values of TPC-C (clauses 2.1.6 and 4.3.2): non-uniform numbers, last names, strings.
//
// Pure functions over a Random, so that loading draws from f(seed, table, column, row) and a terminal from its own
// stream. Formula and constants: TPC-C 5.11, 2.1.6 and 4.3.2.
#pragma once

#include "base/random.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace assay::tpcc {

/// The constants C of NURand: one for each use. Made from the seed of the load, kept in the target, the same for every
/// process of every run on that data.
struct RandomConstants {
  std::int64_t last_name_load = 0;  // C_LAST while loading, in [0, 255]
  std::int64_t last_name_run = 0;   // C_LAST of the terminals: |run − load| is in [65, 119], but neither 96 nor 112
  std::int64_t customer = 0;        // C_ID, in [0, 1023]
  std::int64_t item = 0;            // OL_I_ID, in [0, 8191]
  friend bool operator==(const RandomConstants&, const RandomConstants&) = default;
};

RandomConstants constants_from(std::uint64_t seed);
/// The rule of 2.1.6.1 for the two constants of C_LAST.
bool allowed_delta(std::int64_t load, std::int64_t run) noexcept;

/// NURand(A, x, y) = (((random(0, A) | random(x, y)) + C) mod (y − x + 1)) + x.
std::int64_t nurand(Random&, std::int64_t a, std::int64_t x, std::int64_t y, std::int64_t c) noexcept;

/// The three syllables of a number in [0, 999]: 371 is PRICALLYOUGHT.
std::string last_name(std::int64_t number);

/// Random letters and digits, `low` to `high` of them; at most kLongest. The memory is the caller's.
inline constexpr std::size_t kLongest = 500;
std::string_view letters(Random&, int low, int high, char* buffer) noexcept;
/// Random digits, exactly `length`.
std::string_view digits(Random&, int length, char* buffer) noexcept;
/// 26 to 50 letters, one time in ten with ORIGINAL somewhere in it (I_DATA and S_DATA).
std::string_view letters_or_original(Random&, char* buffer) noexcept;
/// Four random digits and 11111.
std::string_view zip_code(Random&, char* buffer) noexcept;

}  // namespace assay::tpcc
