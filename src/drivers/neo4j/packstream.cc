#include "drivers/neo4j/packstream.h"

#include <bit>

namespace assay::neo4j {
namespace {

constexpr int kDeepest = 64;  // of lists in lists; more is no answer of a server

}  // namespace

// ---------------------------------------------------------------------------------------------------------------------
// Packing

void Packer::big_endian(std::uint64_t value, int octets) {
  for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8) out_ += static_cast<char>(value >> shift & 0xff);
}

void Packer::null() { out_ += '\xC0'; }
void Packer::boolean(bool v) { out_ += v ? '\xC3' : '\xC2'; }

void Packer::integer(std::int64_t v) {
  const auto bits = static_cast<std::uint64_t>(v);
  if (v >= -16 && v <= 127) return big_endian(bits, 1);
  const int octets = v == static_cast<std::int8_t>(v)    ? 1
                     : v == static_cast<std::int16_t>(v) ? 2
                     : v == static_cast<std::int32_t>(v) ? 4
                                                         : 8;
  out_ += static_cast<char>(0xC8 + std::countr_zero(static_cast<unsigned>(octets)));
  big_endian(bits, octets);
}

void Packer::real(double v) {
  out_ += '\xC1';
  big_endian(std::bit_cast<std::uint64_t>(v), 8);
}

void Packer::sized(std::size_t size, std::uint8_t tiny, std::uint8_t marker) {
  if (size < 16 && tiny != 0) return big_endian(tiny + size, 1);
  const int octets = size <= 0xff ? 1 : size <= 0xffff ? 2 : 4;
  big_endian(marker + static_cast<unsigned>(std::countr_zero(static_cast<unsigned>(octets))), 1);
  big_endian(size, octets);
}

void Packer::text(std::string_view v) {
  sized(v.size(), 0x80, 0xD0);
  out_ += v;
}
void Packer::bytes(std::string_view v) {
  sized(v.size(), 0, 0xCC);
  out_ += v;
}
void Packer::list(std::size_t size) { sized(size, 0x90, 0xD4); }
void Packer::map(std::size_t size) { sized(size, 0xA0, 0xD8); }
void Packer::structure(std::uint8_t tag, std::size_t fields) {
  big_endian(0xB0 + fields, 1);
  big_endian(tag, 1);
}

// ---------------------------------------------------------------------------------------------------------------------
// Unpacking

namespace {

class Unpacker {
 public:
  Unpacker(std::string_view bytes, std::vector<Item>& out) : rest_(bytes), out_(out) {}

  bool one(int depth) {
    std::uint64_t marker = 0;
    if (depth > kDeepest || !number(1, marker)) return false;
    const std::uint64_t low = marker & 0x0f;
    switch (marker >> 4) {
      case 0x8:
        return text(Item::Type::text, low);
      case 0x9:
        return many(Item::Type::list, low, low, depth);
      case 0xA:
        return many(Item::Type::map, low, 2 * low, depth);
      case 0xB:
        return structure(low, depth);
      case 0xC:
        return scalar(marker);
      case 0xD:
        return sized(marker, depth);
      default:  // a small integer
        return whole(static_cast<std::int8_t>(marker));
    }
  }
  bool at_end() const noexcept { return rest_.empty(); }

 private:
  bool number(std::size_t octets, std::uint64_t& value) {
    if (rest_.size() < octets) return false;
    value = 0;
    for (std::size_t i = 0; i < octets; i++) value = value << 8 | static_cast<unsigned char>(rest_[i]);
    rest_.remove_prefix(octets);
    return true;
  }

  bool whole(std::int64_t v) {
    out_.push_back({.type = Item::Type::integer, .integer = v});
    return true;
  }

  bool text(Item::Type type, std::uint64_t size) {
    if (rest_.size() < size) return false;
    out_.push_back({.type = type, .data = rest_.substr(0, size)});
    rest_.remove_prefix(size);
    return true;
  }

  bool many(Item::Type type, std::uint64_t size, std::uint64_t items, int depth) {
    if (items > rest_.size()) return false;  // each takes a byte at least
    const std::size_t at = out_.size();
    out_.push_back({.type = type, .size = static_cast<std::uint32_t>(size)});
    for (std::uint64_t i = 0; i < items; i++) {
      const std::size_t child = out_.size();
      if (!one(depth + 1)) return false;
      if (type == Item::Type::map && i % 2 == 0 && out_[child].type != Item::Type::text) return false;
    }
    out_[at].span = static_cast<std::uint32_t>(out_.size() - at);
    return true;
  }

  bool structure(std::uint64_t fields, int depth) {
    std::uint64_t tag = 0;
    const std::size_t at = out_.size();
    if (!number(1, tag) || !many(Item::Type::structure, fields, fields, depth)) return false;
    out_[at].tag = static_cast<std::uint8_t>(tag);
    return true;
  }

  bool scalar(std::uint64_t marker) {
    std::uint64_t bits = 0;
    switch (marker) {
      case 0xC0:
        out_.push_back({});
        return true;
      case 0xC1:
        if (!number(8, bits)) return false;
        out_.push_back({.type = Item::Type::real, .real = std::bit_cast<double>(bits)});
        return true;
      case 0xC2:
      case 0xC3:
        out_.push_back({.type = Item::Type::boolean, .integer = marker == 0xC3});
        return true;
      case 0xC8:
        return number(1, bits) && whole(static_cast<std::int8_t>(bits));
      case 0xC9:
        return number(2, bits) && whole(static_cast<std::int16_t>(bits));
      case 0xCA:
        return number(4, bits) && whole(static_cast<std::int32_t>(bits));
      case 0xCB:
        return number(8, bits) && whole(static_cast<std::int64_t>(bits));
      case 0xCC:
      case 0xCD:
      case 0xCE:
        return number(std::size_t{1} << (marker - 0xCC), bits) && text(Item::Type::bytes, bits);
      default:
        return false;
    }
  }

  bool sized(std::uint64_t marker, int depth) {
    std::uint64_t size = 0;
    if ((marker & 3) == 3 || marker >= 0xDC || !number(std::size_t{1} << (marker & 3), size)) return false;
    if (marker < 0xD4) return text(Item::Type::text, size);
    if (marker < 0xD8) return many(Item::Type::list, size, size, depth);
    return many(Item::Type::map, size, 2 * size, depth);
  }

  std::string_view rest_;
  std::vector<Item>& out_;
};

}  // namespace

bool unpack(std::string_view bytes, std::vector<Item>& out) {
  out.clear();
  Unpacker unpacker(bytes, out);
  return unpacker.one(0) && unpacker.at_end();
}

const Item* find(const Item& map, std::string_view name) noexcept {
  if (map.type != Item::Type::map) return nullptr;
  const Item* at = &map + 1;
  for (std::uint32_t i = 0; i < map.size; i++) {
    const Item* const value = at + 1;
    if (at->data == name) return value;
    at = value + value->span;
  }
  return nullptr;
}

std::string_view text_of(const Item* item) noexcept {
  return item != nullptr && item->type == Item::Type::text ? item->data : std::string_view();
}

std::optional<std::int64_t> integer_of(const Item* item) noexcept {
  if (item == nullptr || item->type != Item::Type::integer) return std::nullopt;
  return item->integer;
}

bool is_true(const Item* item) noexcept {
  return item != nullptr && item->type == Item::Type::boolean && item->integer != 0;
}

}  // namespace assay::neo4j
