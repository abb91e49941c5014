// What the live page asks for beside the API of tasks: the page itself, past results, a comparison of two (docs/live-page.md).
#pragma once

#include "net/http_server.h"

#include <filesystem>

namespace assay::agent {

/// Adds "/", /api/v1/results and /api/v1/compare. Results are those of `folder` and of its folder results/.
void add_page(net::HttpServer&, std::filesystem::path folder);

}  // namespace assay::agent
