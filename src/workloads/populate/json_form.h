// JSON in one form, whoever wrote it: what two texts of the same document have in common.
#pragma once

#include <string>
#include <string_view>

namespace assay::populate {

/// Appends the document without blanks, members by the bytes of their names (of two with one name the last), numbers
/// with a fraction as the nearest double's shortest text and whole where they are whole, characters as themselves.
/// False: the text is no JSON; `out` is then as before.
bool append_json_form(std::string_view text, std::string& out);

}  // namespace assay::populate
