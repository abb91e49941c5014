// Stretches of a table in the order of its key: behind one key, up to another, each perhaps open. Pure.
//
// A bound is the packed values of the key's columns, one behind the other; the text of a stretch is both bounds in
// hexadecimal digits with a dash between them.
#pragma once

#include "core/table.h"
#include "drivers/neo4j/packstream.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace assay::neo4j {

struct Stretch {
  std::optional<std::string> low, high;  // low itself is not of it, high is
};

/// Whether < and > of Cypher order such keys, so that each row is of one stretch: not lists and bytes, nor reals, which may be
/// no number. Not without a key.
bool can_be_cut(std::span<const Column> key) noexcept;
std::string pack_bound(const Item& row, std::span<const Column> key);
std::string stretch_text(const Stretch&);
/// nullopt: it is none of a key of so many columns.
std::optional<Stretch> parse_stretch(std::string_view text, std::size_t columns);
/// As a list. The bound is one of pack_bound() or parse_stretch().
void add_bound(std::string_view bound, std::size_t columns, Packer&);

}  // namespace assay::neo4j
