// A server of HTTP/1.1, perhaps over TLS, on threads of its own: routes, JSON errors, server-sent events, limits.
//
// Routes are added before start(). A pattern is a path whose parts in braces take any text: "/tasks/{id}/stop". Handlers are
// called on threads of the server, several at once. What they throw becomes {"error": "…"}: 400 for Error(usage), 500 for
// any other. Unknown paths are 404, wrong methods 405 with Allow; a slash at the end of a path and doubled slashes do not
// matter; HEAD is answered as GET without a body.
//
// A page in a browser may only change things when it came from this server: a request other than GET with an Origin that
// is not the server's own is refused (403), and a server on loopback refuses Host names that are not of loopback, so that a
// foreign name that resolves to it is of no use.
#pragma once

#include "base/time.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::net {

struct Request {
  std::string method, path;
  std::map<std::string, std::string> parameters;  // of the pattern
  std::map<std::string, std::string> query;       // the first of each name
  std::map<std::string, std::string> headers;     // by lower-case name
  std::string body;
  std::string peer;  // address

  std::string_view header(const std::string& lower_case_name) const;
  std::string_view in_query(const std::string& name) const;
};

/// Asked again and again for the next text of a stream: "" is nothing new (it may wait up to about a second for more),
/// nullopt the end. The stop is requested when the server stops.
using EventStream = std::function<std::optional<std::string>(const std::stop_token&)>;

struct Response {
  int status = 200;
  std::string body = {};
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
  EventStream events = {};  // when set: text/event-stream, and no body
};

Response error_response(int status, std::string_view text);

/// What a handler throws to answer with a status of its own.
struct HttpError {
  int status;
  std::string text;
};

struct ServerOptions {
  std::string listen = "127.0.0.1:8080";  // HOST:PORT, [IPV6]:PORT; port 0 is any that is free
  std::string token = {};                 // when set: "Authorization: Bearer TOKEN" is required
  std::vector<std::string> open_paths = {};
  std::string certificate = {}, key = {};  // files in PEM; both or none
  std::size_t most_body = 64 << 20;
  Nanos read_timeout = std::chrono::seconds(5);  // of each read
  Nanos write_timeout = std::chrono::seconds(10);
  int threads = 24;  // requests at once; each open event stream takes one, others wait
  /// Told of every answer: method, pattern ("" when none fits), status, and how long the handler took.
  std::function<void(std::string_view, std::string_view, int, Nanos)> observe = {};
};

class HttpServer {
 public:
  explicit HttpServer(ServerOptions);
  ~HttpServer();
  using Handler = std::function<Response(const Request&)>;
  void route(std::string method, std::string pattern, Handler);
  /// "POST /tasks/{id}/stop"
  std::vector<std::pair<std::string, std::string>> routes() const;
  /// Binds and serves. Throws Error: the address is none, is taken, the certificate cannot be read.
  void start();
  /// "127.0.0.1:41234", and as a URL. After start().
  std::string address() const;
  std::string url() const;
  /// Ends streams, finishes the requests under way. Idempotent.
  void stop();

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace assay::net
