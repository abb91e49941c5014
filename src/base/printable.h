// Text of others as a terminal may show it: a control character (of ASCII, or of U+0080 to U+009F) would give it a command, and
// what is no UTF-8 may hide one. Both stand as \x1b: their bytes in hexadecimal digits. Pure; any text will do.
#pragma once

#include <string>
#include <string_view>

namespace assay {

/// Line ends and tabs stay.
std::string printable(std::string_view text);
/// Those stand as \n and \t.
std::string printable_line(std::string_view text);

}  // namespace assay
