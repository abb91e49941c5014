// What stands in a file for a value of a column, and the value that a text stands for: the same for CSV and JSON Lines.
//
//   boolean            true, false
//   integer, bigint    digits
//   real               the shortest digits that read as the same number (0.1, 1e+300); Infinity, -Infinity, NaN
//   decimal            all digits of the column's scale: 12.50
//   bytes              base64 with padding (RFC 4648, section 4)
//   uuid               8-4-4-4-12 hexadecimal digits, lower case
//   date, time         ISO 8601: 2024-01-31, 12:34:56, 12:34:56.789
//   timestamp          RFC 3339, in UTC: 2024-01-31T12:34:56.789Z
//   json, array        JSON on one line
//   all texts          as they are
// A fraction of a second has three digits, six when it is finer, and none when it is zero.
#pragma once

#include "base/result.h"
#include "core/table.h"
#include "core/value.h"

#include <optional>
#include <string>
#include <string_view>

namespace assay::files {

struct Cell {
  enum class Kind {
    null,
    bare,  // a number, true or false, as JSON writes them too
    text,
    json
  };
  Kind kind = Kind::null;
  std::string_view text = {};
};

/// The text is valid as long as the value and, until the next call, `scratch` is. Rejects, naming the column, what
/// the column does not hold: null, another type, digits beyond its scale, a year that is not of four digits.
Result<Cell> cell_of(const Column&, const Value&, std::string& scratch);

/// Of a text that cell_of() makes of the column's type; nullopt: it is none. What the value points to is kept in the
/// batch. Not for types that are JSON.
std::optional<Value> value_of(const Column&, std::string_view text, RowBatch& batch);

bool is_text(ColumnType) noexcept;  // character, varchar, text
bool is_json(ColumnType) noexcept;  // json, array
/// Stands in a file as a number, true or false: see Cell::Kind::bare.
bool is_bare(ColumnType) noexcept;
std::string_view type_name(ColumnType) noexcept;

}  // namespace assay::files
