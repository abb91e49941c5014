// The description of the agent's HTTP API, an OpenAPI 3.1 document: docs/agent.openapi.json, embedded when assay is built.
#pragma once

#include <string_view>

namespace assay::agent {

extern const std::string_view kDescription;

}  // namespace assay::agent
