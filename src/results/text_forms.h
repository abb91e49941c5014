// Numbers and texts in the forms that several renderers share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assay {

/// Three significant digits where there is a fraction, none of it for a whole number; "n/a" when it is not finite.
std::string digits(double);
/// "1 client", "3 clients".
std::string one_or_more(std::uint64_t n, std::string_view one, std::string_view more);

/// As RFC 4180 has it: quoted when it holds a comma, a quote or a line break.
std::string csv_text(std::string_view);
/// So that text stays text: in a cell of a table no character may end it or start something else.
std::string markdown_text(std::string_view);

}  // namespace assay
