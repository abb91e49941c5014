// Values that are written: identifiers, patterns, names, strings, bytes.
#include "base/error.h"
#include "dataset/constant.h"
#include "dataset/pattern.h"
#include "dataset/source.h"
#include "dataset/texts.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace assay::dataset {
namespace {

/// Write has longest() and write(draws, row, at), which answers where the text ended.
template <class Write>
class WrittenSource final : public Source {
 public:
  WrittenSource(Seeded seeded, Write write) : seeded_(seeded), write_(std::move(write)) {}
  void fill(const Rows& rows, Cells cells, RowBatch& keep) const override {
    const ColumnKey key = seeded_.of(rows.version);
    for (std::size_t i = 0; i < rows.count; i++) {
      Draws draws(key.hash(rows.numbers[i]));
      char* const begin = keep.room(write_.longest());
      const char* const end = write_.write(draws, rows.numbers[i], begin);
      cells[i] = keep.take(begin, static_cast<std::size_t>(end - begin));
    }
  }

 private:
  Seeded seeded_;
  Write write_;
};

template <class Write>
std::unique_ptr<Source> written(Seeded seeded, Write write) {
  return std::make_unique<WrittenSource<Write>>(seeded, std::move(write));
}

/// 62 bits of an identifier are a permutation of the row: so it is unique, whatever is drawn for the rest.
class Identity {
 public:
  explicit Identity(ColumnKey key) noexcept : permutation_(std::uint64_t{1} << 62, key.other("identity").number()) {}
  std::uint64_t operator()(std::uint64_t row) const noexcept { return permutation_(row); }

 private:
  Permutation permutation_;
};

void put(std::uint64_t word, std::uint8_t* at) noexcept {
  for (int i = 0; i < 8; i++) at[i] = static_cast<std::uint8_t>(word >> (56 - 8 * i));
}

/// RFC 9562, version 4.
Uuid uuid_of(std::uint64_t random, std::uint64_t identity) noexcept {
  Uuid out;
  put((random & ~std::uint64_t{0xf000}) | 0x4000, out.octets.data());
  put(identity | std::uint64_t{1} << 63, out.octets.data() + 8);
  return out;
}

char* write_uuid(const Uuid& uuid, char* at) noexcept {
  constexpr char kHex[] = "0123456789abcdef";
  for (std::size_t i = 0; i < uuid.octets.size(); i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
    *at++ = kHex[uuid.octets[i] >> 4];
    *at++ = kHex[uuid.octets[i] & 15];
  }
  return at;
}

class UuidSource final : public Source {
 public:
  explicit UuidSource(Seeded seeded) : seeded_(seeded), identity_(seeded.key) {}
  void fill(const Rows& rows, Cells cells, RowBatch&) const override {
    const ColumnKey key = seeded_.of(rows.version);
    for (std::size_t i = 0; i < rows.count; i++)
      cells[i] = uuid_of(key.hash(rows.numbers[i]), identity_(rows.numbers[i]));
  }

 private:
  Seeded seeded_;
  Identity identity_;
};

struct UuidText {
  Identity identity;
  std::size_t longest() const noexcept { return 36; }
  char* write(Draws& draws, std::uint64_t row, char* at) const noexcept {
    return write_uuid(uuid_of(draws.next(), identity(row)), at);
  }
};

/// github.com/ulid/spec: 48 bits of milliseconds and 80 of randomness in Crockford's base 32.
struct UlidText {
  Identity identity;
  std::uint64_t start, step;  // milliseconds
  std::size_t longest() const noexcept { return 26; }
  char* write(Draws& draws, std::uint64_t row, char* at) const noexcept {
    constexpr char kLetters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    const std::uint64_t when = start + row * step + draws.below(step), random = draws.next();
    Uint128 bits = static_cast<Uint128>(when) << 80 | static_cast<Uint128>(random & 0x3ffff) << 62 | identity(row);
    for (int i = 25; i >= 0; i--, bits >>= 5) at[i] = kLetters[static_cast<unsigned>(bits) & 31];
    return at + 26;
  }
};

struct PatternText {
  std::vector<PatternPart> parts;
  Identity identity;
  std::optional<std::size_t> unique;  // the part whose digits tell rows apart
  std::optional<Permutation> digits;
  std::size_t most = 0;

  PatternText(const Pattern& pattern, ColumnKey key, bool must_differ)
      : parts(parse_pattern(pattern.text)), identity(key) {
    bool differs = false;
    for (std::size_t i = 0; i < parts.size(); i++) {
      most += parts[i].what == PatternPart::What::literal ? parts[i].text.size() : 36;
      differs = differs || parts[i].what == PatternPart::What::index || parts[i].what == PatternPart::What::uuid;
      if (parts[i].what == PatternPart::What::digits && (!unique || parts[i].digits > parts[*unique].digits))
        unique = i;
    }
    if (!must_differ || differs) unique.reset();
    if (unique) digits.emplace(numbers_of_digits(parts[*unique].digits), key.other("unique").number());
  }
  std::size_t longest() const noexcept { return most; }
  char* write(Draws& draws, std::uint64_t row, char* at) const noexcept {
    for (std::size_t i = 0; i < parts.size(); i++) {
      switch (parts[i].what) {
        case PatternPart::What::literal:
          at = write_text(parts[i].text, at);
          break;
        case PatternPart::What::index:
          at = write_number(row, at);
          break;
        case PatternPart::What::uuid:
          at = write_uuid(uuid_of(draws.next(), identity(row)), at);
          break;
        case PatternPart::What::digits: {
          const std::uint64_t count = numbers_of_digits(parts[i].digits);  // from 10^(n-1)
          at = write_number(count / 9 + (unique == i ? (*digits)(row) : draws.below(count)), at);
          break;
        }
      }
    }
    return at;
  }
};

class OctetsSource final : public Source {
 public:
  OctetsSource(const Octets& octets, Seeded seeded, bool unique)
      : octets_(octets),
        seeded_(seeded),
        prefix_(unique ? static_cast<std::size_t>(std::min<std::int64_t>(octets.least, 7)) : 0),
        prefixes_(std::max<std::uint64_t>(std::uint64_t{1} << (8 * prefix_), 2), seeded.key.other("unique").number()) {}
  void fill(const Rows& rows, Cells cells, RowBatch& keep) const override {
    const ColumnKey key = seeded_.of(rows.version);
    for (std::size_t i = 0; i < rows.count; i++) {
      Draws draws(key.hash(rows.numbers[i]));
      const auto count = static_cast<std::size_t>(octets_.least) +
                         draws.below(static_cast<std::uint64_t>(octets_.most - octets_.least) + 1);
      char* const begin = keep.room(count + 8);
      std::size_t done = 0;
      if (prefix_ > 0)
        for (std::uint64_t rest = prefixes_(rows.numbers[i]); done < prefix_; done++, rest >>= 8)
          begin[done] = static_cast<char>(rest);
      for (; done < count; done += 8) {
        std::uint64_t word = draws.next();
        for (int b = 0; b < 8; b++, word >>= 8) begin[done + static_cast<std::size_t>(b)] = static_cast<char>(word);
      }
      cells[i] = Bytes{keep.take(begin, count)};
    }
  }

 private:
  Octets octets_;
  Seeded seeded_;
  std::size_t prefix_;
  Permutation prefixes_;
};

class LinkSource final : public Source {
 public:
  LinkSource(std::string table, const Source& key, std::unique_ptr<Pick> pick)
      : begin_(std::move(table) + ":"), key_(key), pick_(std::move(pick)) {}
  void fill(const Rows& rows, Cells cells, RowBatch& keep) const override {
    std::array<std::uint64_t, kBlock> picked;
    pick_->pick(rows, picked.data());
    std::array<Value, kBlock> keys;
    key_.fill({picked.data(), rows.count, 0}, {keys.data(), 1}, keep);
    std::string text;
    for (std::size_t i = 0; i < rows.count; i++) {
      const auto* plain = std::get_if<std::string_view>(&keys[i]);
      text = begin_;
      text += plain != nullptr ? std::string(*plain) : to_text(keys[i]);
      cells[i] = keep.keep(text);
    }
  }

 private:
  std::string begin_;
  const Source& key_;
  std::unique_ptr<Pick> pick_;
};

}  // namespace

std::unique_ptr<Source> uuid_source(bool as_text, Seeded seeded) {
  if (as_text) return written(seeded, UuidText{Identity(seeded.key)});
  return std::make_unique<UuidSource>(seeded);
}

std::unique_ptr<Source> ulid_source(const Instants& instants, Seeded seeded) {
  return written(seeded, UlidText{Identity(seeded.key), static_cast<std::uint64_t>(instants.start) / 1000,
                                  static_cast<std::uint64_t>(instants.step) / 1000});
}

std::unique_ptr<Source> pattern_source(const Pattern& pattern, Seeded seeded, bool unique) {
  return written(seeded, PatternText(pattern, seeded.key, unique));
}

std::unique_ptr<Source> words_source(const Words& words, Seeded seeded, bool unique) {
  return written(seeded, WordWriter(words, seeded.key, unique));
}

std::unique_ptr<Source> string_source(const Characters& characters, Seeded seeded, bool unique) {
  return written(seeded, StringWriter(characters, seeded.key, unique));
}

std::unique_ptr<Source> octets_source(const Octets& octets, Seeded seeded, bool unique) {
  return std::make_unique<OctetsSource>(octets, seeded, unique);
}

std::unique_ptr<Source> link_source(std::string table, const Source& key, std::unique_ptr<Pick> pick) {
  return std::make_unique<LinkSource>(std::move(table), key, std::move(pick));
}

}  // namespace assay::dataset
