// PackStream, the binary form of what Bolt carries: values to bytes, and bytes to a flat tree of items.
//
// Numbers are big-endian. Nothing here waits or throws. An Item points into the bytes that it was read from. Source: Neo4j,
// "PackStream Specification Version 1".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::neo4j {

/// Appends values to a text of bytes.
class Packer {
 public:
  explicit Packer(std::string& out) noexcept : out_(out) {}
  void null();
  void boolean(bool);
  void integer(std::int64_t);
  void real(double);
  void text(std::string_view);  // UTF-8
  void bytes(std::string_view);
  // The header; so many items (of a map: pairs of a text and an item) follow.
  void list(std::size_t size);
  void map(std::size_t size);
  void structure(std::uint8_t tag, std::size_t fields);
  /// What was packed before.
  void packed(std::string_view bytes) { out_ += bytes; }
  /// A pair of a map.
  void pair(std::string_view name, std::string_view value) {
    text(name);
    text(value);
  }

 private:
  void sized(std::size_t size, std::uint8_t tiny, std::uint8_t marker);
  void big_endian(std::uint64_t value, int octets);
  std::string& out_;
};

/// An item of the tree, which stands in order: the items of a list, map or structure follow it.
struct Item {
  enum class Type : std::uint8_t { null, boolean, integer, real, text, bytes, list, map, structure };
  Type type = Type::null;
  std::uint8_t tag = 0;      // of a structure
  std::int64_t integer = 0;  // and 0 or 1 of a boolean
  double real = 0;
  std::string_view data = {};  // of text and bytes
  std::uint32_t size = 0;      // of a list, map (pairs) or structure
  std::uint32_t span = 1;      // items that it takes with all below it: the one behind it is this + span
};

/// The items of the bytes, which must be one value and nothing else; false: they are no PackStream. The vector is
/// overwritten.
bool unpack(std::string_view bytes, std::vector<Item>& out);

/// The value of a name in a map; nullptr when it is none, or has no such name.
const Item* find(const Item& map, std::string_view name) noexcept;
std::string_view text_of(const Item* item) noexcept;  // "" when it is none
std::optional<std::int64_t> integer_of(const Item* item) noexcept;
bool is_true(const Item* item) noexcept;

}  // namespace assay::neo4j
