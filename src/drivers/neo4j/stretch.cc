#include "drivers/neo4j/stretch.h"

#include "drivers/neo4j/values.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::neo4j {
namespace {

std::string hexadecimal(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::optional<std::string> of_hexadecimal(std::string_view digits) {
  const auto value = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  std::string out;
  if (digits.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = value(digits[i]), low = value(digits[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(16 * high + low);
  }
  return out;
}

/// The bound's values as a list; false: it is none of so many.
bool unpack_bound(std::string_view bound, std::size_t columns, std::string& list, std::vector<Item>& items) {
  list.clear();
  Packer packer(list);
  add_bound(bound, columns, packer);
  return unpack(list, items);
}

}  // namespace

bool can_be_cut(std::span<const Column> key) noexcept {
  return !key.empty() && std::none_of(key.begin(), key.end(), [](const Column& column) {
    return column.type == ColumnType::array || column.type == ColumnType::bytes || column.type == ColumnType::real;
  });
}

std::string pack_bound(const Item& row, std::span<const Column> key) {
  std::string out;
  Packer packer(out);
  RowBatch batch(1);
  const Item* at = &row + 1;
  for (const Column& column : key) {
    pack_cell(unpack_cell(*at, column, batch), column, packer);
    at += at->span;
  }
  return out;
}

std::string stretch_text(const Stretch& stretch) {
  return fmt::format("{}-{}", hexadecimal(stretch.low.value_or("")), hexadecimal(stretch.high.value_or("")));
}

std::optional<Stretch> parse_stretch(std::string_view text, std::size_t columns) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  Stretch out{of_hexadecimal(text.substr(0, dash)), of_hexadecimal(text.substr(dash + 1))};
  if (!out.low || !out.high) return std::nullopt;
  std::string list;
  std::vector<Item> items;
  for (std::optional<std::string>* bound : {&out.low, &out.high}) {
    if ((*bound)->empty())
      bound->reset();
    else if (!unpack_bound(**bound, columns, list, items))
      return std::nullopt;
  }
  return out;
}

void add_bound(std::string_view bound, std::size_t columns, Packer& packer) {
  packer.list(columns);
  packer.packed(bound);
}

}  // namespace assay::neo4j
