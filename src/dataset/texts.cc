#include "dataset/texts.h"

#include "dataset/constant.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace assay::dataset {
namespace {

constexpr std::string_view kDomains[] = {"example.com", "example.net", "example.org"};  // RFC 2606: nobody's
constexpr std::string_view kForms[] = {" & Co", " AG", " Group", " Inc", " Ltd", " Works"};
constexpr std::string_view kAlphanumeric = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::uint64_t kWithoutCapitals = 36;  // of kAlphanumeric: what stores that ignore case tell apart

std::string_view alphabet_of(Alphabet alphabet) {
  switch (alphabet) {
    case Alphabet::lower:
      return kAlphanumeric.substr(10, 26);
    case Alphabet::hex:
      return kAlphanumeric.substr(0, 16);
    case Alphabet::digits:
      return kAlphanumeric.substr(0, 10);
    default:
      return kAlphanumeric;
  }
}

/// Letters of many scripts, without such that combine or that a normal form replaces.
struct Script {
  std::uint32_t first, count;
};
constexpr Script kScripts[] = {{0x61, 26},       {0x41, 26},       {0xc0, 23},    {0xd8, 31},
                               {0x3b1, 17},      {0x410, 64},      {0x5d0, 27},   {0x3041, 83},
                               {0x4e00, 20'902}, {0xac00, 11'172}, {0x1f600, 56}, {0x20000, 40'000}};

char* write_code_point(std::uint32_t c, char* at) noexcept {
  if (c < 0x80) {
    *at++ = static_cast<char>(c);
  } else if (c < 0x800) {
    *at++ = static_cast<char>(0xc0 | (c >> 6));
    *at++ = static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    *at++ = static_cast<char>(0xe0 | (c >> 12));
    *at++ = static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    *at++ = static_cast<char>(0x80 | (c & 0x3f));
  } else {
    *at++ = static_cast<char>(0xf0 | (c >> 18));
    *at++ = static_cast<char>(0x80 | ((c >> 12) & 0x3f));
    *at++ = static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    *at++ = static_cast<char>(0x80 | (c & 0x3f));
  }
  return at;
}

std::string_view pick(std::span<const std::string_view> list, Draws& draws) noexcept {
  return list[draws.below(list.size())];
}

char* write_lower(std::string_view text, char* at) noexcept {
  for (const char c : text) *at++ = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return at;
}

TextSize longest_of(std::span<const std::string_view> list) {
  TextSize out;
  for (const std::string_view word : list) {
    out.bytes = std::max(out.bytes, word.size());
    out.characters = std::max(out.characters, characters_of(word));
  }
  return out;
}

TextSize operator+(TextSize a, TextSize b) { return {a.bytes + b.bytes, a.characters + b.characters}; }
TextSize operator+(TextSize a, std::size_t ascii) { return {a.bytes + ascii, a.characters + ascii}; }

/// Of numbers below Spread's next step.
std::size_t spread_digits(std::uint64_t rows) {
  const int bits = std::bit_width(rows == 0 ? 0 : rows - 1);
  return bits <= 10 ? 4 : bits <= 20 ? 7 : bits <= 30 ? 10 : bits <= 40 ? 13 : bits <= 50 ? 16 : 19;
}

}  // namespace

char* write_number(std::uint64_t number, char* at) noexcept {
  char digits[20];
  char* first = digits + sizeof digits;
  do {
    *--first = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  const auto count = static_cast<std::size_t>(digits + sizeof digits - first);
  std::memcpy(at, first, count);
  return at + count;
}

char* write_digits(std::uint64_t number, int digits, char* at) noexcept {
  for (int i = digits - 1; i >= 0; i--) {
    at[i] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  return at + digits;
}

char* write_text(std::string_view text, char* at) noexcept {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

Spread::Spread(std::uint64_t seed) noexcept
    : steps_{Permutation(std::uint64_t{1} << 10, seed), Permutation(std::uint64_t{1} << 20, seed),
             Permutation(std::uint64_t{1} << 30, seed), Permutation(std::uint64_t{1} << 40, seed),
             Permutation(std::uint64_t{1} << 50, seed), Permutation(std::uint64_t{1} << 60, seed)} {}

std::uint64_t Spread::operator()(std::uint64_t x) const noexcept {
  const std::size_t step = x < 1024 ? 0 : static_cast<std::size_t>(std::bit_width(x) - 1) / 10;
  const std::uint64_t least = step == 0 ? 0 : std::uint64_t{1} << (10 * step);
  do {
    x = steps_[step](x);
  } while (x < least);  // walks along a cycle of the permutation, so back to where it may be
  return x;
}

std::uint64_t numbers_of_digits(int digits) noexcept {
  std::uint64_t out = 9;
  for (int i = 1; i < digits; i++) out *= 10;
  return out;
}

TextSize longest_words(const Words& words, std::uint64_t rows) {
  const TextSize first = longest_of(first_names().of(words.ascii)), last = longest_of(last_names().of(words.ascii)),
                 city = longest_of(cities().of(words.ascii)), street = longest_of(streets().of(words.ascii));
  const TextSize plain_name =
      longest_of(first_names().of(true)) + longest_of(last_names().of(true)) + 2 + spread_digits(rows);
  switch (words.what) {
    case Wording::name:
      return first + last + 1;
    case Wording::first_name:
      return first;
    case Wording::last_name:
      return last;
    case Wording::username:
      return plain_name;
    case Wording::email:
      return plain_name + 12;
    case Wording::phone:
      return {17, 17};
    case Wording::street_address:
      return street + 4;
    case Wording::city:
      return city;
    case Wording::country:
      return longest_of(countries().of(words.ascii));
    case Wording::postcode:
      return {5, 5};
    case Wording::address:
      return street + city + 12;
    case Wording::company:
      return last + 6;
    case Wording::url:
      return longest_of(vocabulary().of(true)) + 21 + spread_digits(rows);
    case Wording::word:
      return longest_of(vocabulary().of(words.ascii));
    case Wording::words:
      break;
  }
  const TextSize word = longest_of(vocabulary().of(words.ascii)) + 1;
  return {word.bytes * static_cast<std::size_t>(words.most),
          word.characters * static_cast<std::size_t>(words.most) - 1};
}

WordWriter::WordWriter(const Words& words, ColumnKey key, bool unique)
    : words_(words),
      unique_(unique),
      first_(first_names().of(words.ascii || words.what == Wording::email || words.what == Wording::username)),
      last_(last_names().of(words.ascii || words.what == Wording::email || words.what == Wording::username)),
      cities_(cities().of(words.ascii)),
      countries_(countries().of(words.ascii)),
      streets_(streets().of(words.ascii)),
      vocabulary_(vocabulary().of(words.ascii || words.what == Wording::url)),
      spread_(key.other("spread").number()),
      phones_(kPhoneNumbers, key.other("phone").number()),
      longest_(longest_words(words, kMostRows).bytes) {}

char* WordWriter::name(Draws& draws, char* at) const noexcept {
  at = write_text(pick(first_, draws), at);
  *at++ = ' ';
  return write_text(pick(last_, draws), at);
}

/// The number behind the name is that of the row, made unlike it: so no two rows have the same.
char* WordWriter::account(Draws& draws, std::uint64_t row, char* at) const noexcept {
  at = write_lower(pick(first_, draws), at);
  *at++ = '.';
  at = write_lower(pick(last_, draws), at);
  *at++ = '.';
  return write_number(spread_(row), at);
}

char* WordWriter::street_address(Draws& draws, char* at) const noexcept {
  at = write_text(pick(streets_, draws), at);
  *at++ = ' ';
  return write_number(1 + draws.below(999), at);
}

char* WordWriter::sentence(Draws& draws, char* at) const noexcept {
  const std::uint64_t count = static_cast<std::uint64_t>(words_.least) +
                              draws.below(static_cast<std::uint64_t>(words_.most - words_.least) + 1);
  for (std::uint64_t i = 0; i < count; i++) {
    if (i > 0) *at++ = ' ';
    at = write_text(pick(vocabulary_, draws), at);
  }
  return at;
}

char* WordWriter::write(Draws& draws, std::uint64_t row, char* at) const noexcept {
  switch (words_.what) {
    case Wording::name:
      return name(draws, at);
    case Wording::first_name:
      return write_text(pick(first_, draws), at);
    case Wording::last_name:
      return write_text(pick(last_, draws), at);
    case Wording::username:
      return account(draws, row, at);
    case Wording::email:
      at = account(draws, row, at);
      *at++ = '@';
      return write_text(pick(kDomains, draws), at);
    case Wording::phone: {  // +999 is no country's
      const std::uint64_t number = unique_ ? phones_(row) : draws.below(kPhoneNumbers);
      at = write_digits(number / 10'000'000, 3, write_text("+999 ", at));
      at = write_digits(number / 10'000 % 1000, 3, write_text(" ", at));
      return write_digits(number % 10'000, 4, write_text(" ", at));
    }
    case Wording::street_address:
      return street_address(draws, at);
    case Wording::city:
      return write_text(pick(cities_, draws), at);
    case Wording::country:
      return write_text(pick(countries_, draws), at);
    case Wording::postcode:
      return write_digits(draws.below(100'000), 5, at);
    case Wording::address:
      at = write_text(", ", street_address(draws, at));
      at = write_text(" ", write_digits(draws.below(100'000), 5, at));
      return write_text(pick(cities_, draws), at);
    case Wording::company:
      at = write_text(pick(last_, draws), at);
      return write_text(pick(kForms, draws), at);
    case Wording::url:
      at = write_text("/", write_text(pick(kDomains, draws), write_text("https://", at)));
      at = write_text("/", write_text(pick(vocabulary_, draws), at));
      return write_number(spread_(row), at);
    case Wording::word:
      return write_text(pick(vocabulary_, draws), at);
    case Wording::words:
      break;
  }
  return sentence(draws, at);
}

std::uint64_t unique_prefixes(const Characters& characters) noexcept {
  if (characters.alphabet == Alphabet::unicode) return 1;
  const std::uint64_t letters = std::min<std::uint64_t>(alphabet_of(characters.alphabet).size(), kWithoutCapitals);
  std::uint64_t out = 1;
  for (std::int64_t i = 0; i < characters.least && out < (std::uint64_t{1} << 56); i++) out *= letters;
  return out;
}

StringWriter::StringWriter(const Characters& characters, ColumnKey key, bool unique)
    : characters_(characters),
      alphabet_(alphabet_of(characters.alphabet)),
      prefixes_(std::max<std::uint64_t>(unique_prefixes(characters), 2), key.other("unique").number()) {
  if (!unique) return;
  if (alphabet_.size() > kWithoutCapitals) alphabet_ = alphabet_.substr(0, kWithoutCapitals);
  for (std::uint64_t rest = unique_prefixes(characters); rest > 1; rest /= alphabet_.size()) prefix_++;
}

std::size_t StringWriter::longest() const noexcept {
  return static_cast<std::size_t>(characters_.most) * (characters_.alphabet == Alphabet::unicode ? 4 : 1);
}

char* StringWriter::unicode(Draws& draws, std::uint64_t count, char* at) const noexcept {
  for (std::uint64_t i = 0; i < count; i++) {
    const Script script = kScripts[draws.below(std::size(kScripts))];
    at = write_code_point(script.first + static_cast<std::uint32_t>(draws.below(script.count)), at);
  }
  return at;
}

char* StringWriter::write(Draws& draws, std::uint64_t row, char* at) const noexcept {
  const std::uint64_t count = static_cast<std::uint64_t>(characters_.least) +
                              draws.below(static_cast<std::uint64_t>(characters_.most - characters_.least) + 1);
  if (characters_.alphabet == Alphabet::unicode) return unicode(draws, count, at);
  const std::uint64_t letters = alphabet_.size();
  std::uint64_t done = 0;
  if (prefix_ > 0)
    for (std::uint64_t rest = prefixes_(row); done < prefix_; done++, rest /= letters)
      *at++ = alphabet_[rest % letters];
  while (done < count) {
    // Eight letters of one draw: each takes the upper part of what is left, as in arithmetic decoding. 62^8 is below 2^48, so
    // what favours a letter is below 2^-16 of its share.
    std::uint64_t left = draws.next();
    for (const std::uint64_t end = std::min(done + 8, count); done < end; done++) {
      const Uint128 product = static_cast<Uint128>(left) * letters;
      *at++ = alphabet_[static_cast<std::size_t>(product >> 64)];
      left = static_cast<std::uint64_t>(product);
    }
  }
  return at;
}

}  // namespace assay::dataset
