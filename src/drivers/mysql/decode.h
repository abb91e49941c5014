// Cells as the server sends them, in text and in the binary form of prepared statements.
//
// Text and bytes point into the given data. Source: MariaDB Knowledge Base, "Result Set Packets" and "Server Response
// Packets (Binary Protocol)".
#pragma once

#include "core/value.h"

#include <cstdint>
#include <optional>
#include <string_view>

struct st_mysql_field;

namespace assay::mysql {

/// What the values of a column are read as.
enum class CellKind : std::uint8_t {
  boolean,  // tinyint(1), as the server calls it when asked for a boolean
  integer,
  unsigned_integer,
  real,
  decimal,
  text,
  bytes,
  json,
  uuid,
  date,
  time,
  timestamp,
  bits,
};
CellKind cell_kind(const st_mysql_field&) noexcept;

/// A cell of a text row. nullopt: it is not what its column says, or a time of day beyond a day, a zero date.
std::optional<Value> decode_text(CellKind, std::string_view data) noexcept;
/// Takes a cell off the front of a binary row. nullopt likewise, or when the row is too short.
std::optional<Value> decode_binary(CellKind, const st_mysql_field&, std::string_view& row) noexcept;

}  // namespace assay::mysql
