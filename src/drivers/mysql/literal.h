// Values as literals of SQL, for statements that are sent as text. Pure; knows nothing of the client library.
//
// For sessions whose sql_mode has NO_BACKSLASH_ESCAPES (connection.cc sets it): a quote is escaped by doubling it, and that
// is all.
#pragma once

#include "core/value.h"

#include <string>
#include <string_view>

namespace assay::mysql {

/// Appends the value. False, with `out` as before, when SQL has no literal for it: an array, an infinity, NaN.
bool append_literal(const Value&, std::string& out);
/// 'it''s'
void append_text(std::string_view text, std::string& out);
/// A table's or column's name: `name`, also where "name" would be a text.
std::string quoted_name(std::string_view identifier);

}  // namespace assay::mysql
