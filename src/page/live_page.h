// The live page: one HTML file, UTF-8, that holds its own style and script and is embedded in the program; built from ui/live.
// It is served at "/" by a process that answers the interface under /api/v1 on the same origin, and loads nothing else. Its
// own Content-Security-Policy stands in it; whether it may be framed is for the server to say (frame-ancestors), as a page
// cannot say that of itself. The text lives as long as the program.
#pragma once

#include <string_view>

namespace assay {

std::string_view live_page() noexcept;

}  // namespace assay
