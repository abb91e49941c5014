// Base64 with padding (RFC 4648, section 4): bytes as text for files and lines.
#pragma once

#include <string>
#include <string_view>

namespace assay {

std::string to_base64(std::string_view bytes);
/// Strict: throws Error, which begins with `what` ("histogram"), for another character and for text that is cut off.
std::string from_base64(std::string_view text, std::string_view what);

}  // namespace assay
