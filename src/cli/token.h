// The token that agents ask for: visible characters of ASCII, as it travels in a header (RFC 6750, section 2.1).
#pragma once

#include <string>
#include <string_view>

namespace assay::cli {

/// The first line of the file, without its end, LF or CR LF; without a file ASSAY_TOKEN, "" when that is not set. Throws
/// Error: there is none, or something in it that is no part of a token.
std::string token_of(const std::string& file);
/// Throws Error, which names `where` it stands and does not show it.
void require_token(std::string_view token, std::string_view where);

}  // namespace assay::cli
