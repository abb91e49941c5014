// Requests over HTTP and HTTPS to servers that collect or answer: libcurl behind one call.
//
// Blocks until the answer is there; may be called from any thread that may wait. The proxy of the environment is used as
// curl does it. A status of 400 and above is an answer like others, for the caller to judge; Error(unreachable) is for what
// got no answer: an unknown host, a refused connection, a time-out, a certificate that does not fit.
#pragma once

#include "base/time.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::net {

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // http or https; user and password in it are sent as basic authentication
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string_view body = {};
  Nanos timeout = std::chrono::seconds(30);
};

struct HttpResponse {
  long status = 0;
  std::string body;  // at most 1 MiB of it
};

HttpResponse send(const HttpRequest&);

/// The URL without user and password, for messages.
std::string without_user(std::string_view url);
/// The path of a URL with its leading slash; empty when there is none or only that slash.
std::string_view path_of(std::string_view url);

}  // namespace assay::net
