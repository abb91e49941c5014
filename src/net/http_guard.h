// Which requests an HTTP server refuses before it looks at what they ask for: foreign hosts, foreign pages, no token.
//
// Pure functions of the request. The token is compared in a time that does not depend on where it differs.
#pragma once

#include "net/http_message.h"

#include <optional>
#include <string>
#include <vector>

namespace assay::net {

struct Guard {
  bool loopback = true;            // only loopback names in Host
  std::vector<std::string> hosts;  // and these; in lower case
  std::string token;               // none: empty
  std::vector<std::string> open_paths;
};

/// The answer to a request that is refused: 403 or 401.
std::optional<Response> refusal(const Guard&, const Request&);

}  // namespace assay::net
