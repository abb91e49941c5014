// Requests over HTTP and HTTPS to servers that collect or answer: libcurl behind one object, or one call.
//
// An HttpClient keeps its connections open for the next request and belongs to one thread at a time, which may wait. The
// proxy of the environment is used as curl does it, but never for this machine's own loopback. Redirects are not followed. A
// status of 400 and above is an answer like others, for the caller to judge. Error(unreachable) is for what got no whole
// answer: an unknown host, a refused connection, a time-out, a certificate that does not fit; Error(usage) for a URL
// that is none.
#pragma once

#include "base/error.h"
#include "base/time.h"

#include <cstddef>
#include <memory>
#include <optional>
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
  Nanos timeout = std::chrono::seconds(30);  // for all of it, from the look-up of the host to the end of the answer
  std::size_t most_answer = 1 << 20;         // bytes of the answer's body, unpacked; what follows is dropped
};

struct HttpResponse {
  long status = 0;
  std::string body;
  bool cut = false;  // the body was longer than `most_answer`
};

/// What became of one of many requests.
struct Outcome {
  HttpResponse response;
  std::optional<Error> error;  // when there is no whole answer; the response is then empty
};

struct ClientOptions {
  std::string token = {};    // sent as "Authorization: Bearer TOKEN" when not empty
  std::string ca_file = {};  // PEM; instead of the system's certificates
};

class HttpClient {
 public:
  explicit HttpClient(ClientOptions = {});
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  HttpResponse send(const HttpRequest&);
  /// All at once, each with its own time-out; what became of each, in their order. Throws no Error of a single one.
  std::vector<Outcome> send_all(const std::vector<HttpRequest>&);

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

/// One request by a client of its own.
HttpResponse send(const HttpRequest&);

/// The URL without user and password, for messages.
std::string without_user(std::string_view url);
/// The path of a URL with its leading slash; empty when there is none or only that slash.
std::string_view path_of(std::string_view url);

}  // namespace assay::net
