// JSON as text in one form, which is also what PostgreSQL's jsonb and MySQL's json give back: members by the length of their
// names and then by their bytes, ", " and ": " between them, characters beyond ASCII as they are.
#pragma once

#include "core/value.h"
#include "input/node.h"

#include <string>
#include <string_view>

namespace assay::dataset {

/// The order of members.
bool json_name_before(std::string_view a, std::string_view b) noexcept;
void append_json_string(std::string_view text, std::string& out);
/// Of a value of the schema: texts, times, identifiers as strings, bytes in base64.
void append_json(const Value&, std::string& out);
/// Of YAML: what stands bare and is a number, true, false or null in JSON is that; all else is a string.
void append_json(const input::Node&, std::string& out);

}  // namespace assay::dataset
