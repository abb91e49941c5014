#include "workloads/tpcc/random_values.h"

#include "base/error.h"

#include <cstdlib>
#include <cstring>

namespace assay::tpcc {

RandomConstants constants_from(std::uint64_t seed) {
  Random random(hash_of(seed, 0x43));  // a stream of its own: no table has this number
  RandomConstants c;
  c.last_name_load = random.between(0, 255);
  do {
    c.last_name_run = random.between(0, 255);
  } while (!allowed_delta(c.last_name_load, c.last_name_run));
  c.customer = random.between(0, 1023);
  c.item = random.between(0, 8191);
  return c;
}

bool allowed_delta(std::int64_t load, std::int64_t run) noexcept {
  const std::int64_t delta = std::abs(run - load);
  return delta >= 65 && delta <= 119 && delta != 96 && delta != 112;
}

std::int64_t nurand(Random& random, std::int64_t a, std::int64_t x, std::int64_t y, std::int64_t c) noexcept {
  const std::int64_t mixed = random.between(0, a) | random.between(x, y);
  return (mixed + c) % (y - x + 1) + x;
}

std::string last_name(std::int64_t number) {
  static constexpr std::string_view kSyllables[] = {"BAR", "OUGHT", "ABLE",  "PRI",   "PRES",
                                                    "ESE", "ANTI",  "CALLY", "ATION", "EING"};
  ASSAY_ASSERT(number >= 0 && number <= 999);
  std::string name(kSyllables[number / 100]);
  name += kSyllables[number / 10 % 10];
  name += kSyllables[number % 10];
  return name;
}

namespace {

/// Fills with characters of an alphabet of `n`: ten from each 64 random bits, as the integer parts of a fraction that
/// is multiplied by n again and again.
void fill(Random& random, const char* alphabet, std::uint64_t n, char* out, int length) noexcept {
  for (int i = 0; i < length;) {
    std::uint64_t fraction = random.next();
    for (const int end = i + 10 < length ? i + 10 : length; i < end; i++) {
      const Uint128 product = static_cast<Uint128>(fraction) * n;
      out[i] = alphabet[static_cast<std::size_t>(product >> 64)];
      fraction = static_cast<std::uint64_t>(product);
    }
  }
}

}  // namespace

std::string_view letters(Random& random, int low, int high, char* buffer) noexcept {
  const auto length = static_cast<int>(random.between(low, high));
  fill(random, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 62, buffer, length);
  return {buffer, static_cast<std::size_t>(length)};
}

std::string_view digits(Random& random, int length, char* buffer) noexcept {
  fill(random, "0123456789", 10, buffer, length);
  return {buffer, static_cast<std::size_t>(length)};
}

std::string_view letters_or_original(Random& random, char* buffer) noexcept {
  static constexpr std::string_view kOriginal = "ORIGINAL";
  const std::string_view text = letters(random, 26, 50, buffer);
  if (random.below(10) == 0)
    std::memcpy(buffer + random.below(text.size() - kOriginal.size() + 1), kOriginal.data(), kOriginal.size());
  return text;
}

std::string_view zip_code(Random& random, char* buffer) noexcept {
  digits(random, 4, buffer);
  std::memcpy(buffer + 4, "11111", 5);
  return {buffer, 9};
}

}  // namespace assay::tpcc
