// Names, addresses, words and strings: our own short lists, put together at random. Internal to this folder.
//
// Writers put at most longest() bytes at a place that the caller has, and answer where they ended. They are immutable and
// thread-safe.
#pragma once

#include "base/permutation.h"
#include "dataset/draws.h"
#include "dataset/schema.h"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace assay::dataset {

/// Entries in ASCII first.
struct WordList {
  std::span<const std::string_view> all;
  std::size_t ascii;
  std::span<const std::string_view> of(bool ascii_only) const { return ascii_only ? all.first(ascii) : all; }
};
const WordList& first_names();
const WordList& last_names();
const WordList& cities();
const WordList& countries();
const WordList& streets();
const WordList& vocabulary();

/// A permutation of all numbers that keeps their size: within [0, 2^10), [2^10, 2^20) and so on. So numbers of rows can be made
/// unlike, and are no longer than before.
class Spread {
 public:
  explicit Spread(std::uint64_t seed) noexcept;
  std::uint64_t operator()(std::uint64_t x) const noexcept;  // x < 2^60

 private:
  std::array<Permutation, 6> steps_;
};

inline constexpr std::uint64_t kPhoneNumbers = 10'000'000'000;
/// 9 · 10^(digits-1)
std::uint64_t numbers_of_digits(int digits) noexcept;

struct TextSize {
  std::size_t bytes = 0, characters = 0;
};
/// Of what is written for rows before this one.
TextSize longest_words(const Words&, std::uint64_t rows);

class WordWriter {
 public:
  WordWriter(const Words&, ColumnKey, bool unique);
  std::size_t longest() const noexcept { return longest_; }
  char* write(Draws&, std::uint64_t row, char* at) const noexcept;

 private:
  char* name(Draws&, char* at) const noexcept;
  char* account(Draws&, std::uint64_t row, char* at) const noexcept;
  char* street_address(Draws&, char* at) const noexcept;
  char* sentence(Draws&, char* at) const noexcept;

  Words words_;
  bool unique_;
  std::span<const std::string_view> first_, last_, cities_, countries_, streets_, vocabulary_;
  Spread spread_;
  Permutation phones_;
  std::size_t longest_;
};

/// The texts that begin differently in each row, when they are unique; 1: there are none.
std::uint64_t unique_prefixes(const Characters&) noexcept;

class StringWriter {
 public:
  StringWriter(const Characters&, ColumnKey, bool unique);
  std::size_t longest() const noexcept;
  char* write(Draws&, std::uint64_t row, char* at) const noexcept;

 private:
  char* unicode(Draws&, std::uint64_t count, char* at) const noexcept;
  Characters characters_;
  std::string_view alphabet_;
  std::uint64_t prefix_ = 0;  // characters of a unique text that tell rows apart
  Permutation prefixes_;
};

/// Digits of a number; of 18 at most when `digits` are wanted, with zeros in front.
char* write_number(std::uint64_t number, char* at) noexcept;
char* write_digits(std::uint64_t number, int digits, char* at) noexcept;
char* write_text(std::string_view text, char* at) noexcept;

}  // namespace assay::dataset
