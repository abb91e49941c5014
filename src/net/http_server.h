// A server of HTTP/1.1, perhaps over TLS: routes, JSON errors, server-sent events, limits.
//
// Routes are added before start(). A pattern is a path whose parts in braces take any text: "/tasks/{id}/stop". Unknown paths are
// 404, wrong methods 405 with Allow; a slash at the end of a path and doubled slashes do not matter; HEAD is answered as GET
// without a body. What a handler throws becomes {"error": "…"}: HttpError its status, Error(usage) 400, all else 500.
//
// Each connection has a thread of its own, so that one that idles, waits in its handler or stalls takes nothing from the others.
// When `most_connections` are there, the one that idles longest makes room; when none idles, the new one gets 503. What
// is too big or too slow ends its own connection only. HTTP's grammar is read by Boost.Beast. With TLS the process must
// ignore SIGPIPE.
//
// Against pages of other sites: a request with an Origin that is not the host that it asks is refused (403), and a server on
// loopback refuses Host names that are not of loopback, so that a foreign name that resolves to it is of no use.
#pragma once

#include "base/time.h"
#include "net/http_message.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::net {

struct ServerOptions {
  std::string listen = "127.0.0.1:8080";  // HOST:PORT, [IPV6]:PORT, :PORT for all addresses; port 0 is any that is free
  std::string token = {};                 // when set: "Authorization: Bearer TOKEN" is required
  std::vector<std::string> open_paths = {};  // those that need no token
  bool token_beyond_loopback = false;        // start() refuses an address that others reach when there is no token
  std::string certificate = {}, key = {};    // files in PEM; both or none
  std::vector<std::string> hosts = {};       // names without port by which it may be asked, beside loopback's own

  std::size_t most_connections = 256;
  std::size_t most_header = 16 << 10;               // bytes; 431
  std::size_t most_body = 64 << 20;                 // bytes; 413
  Nanos header_timeout = std::chrono::seconds(10);  // from its first byte, or the connection's begin, to its end; 408
  Nanos body_timeout = std::chrono::seconds(60);    // for all of it; 408
  Nanos write_timeout = std::chrono::seconds(10);   // for each MiB of an answer, each piece of a stream
  Nanos idle_timeout = std::chrono::seconds(60);    // between the requests of a connection

  /// Told of every answer: method, pattern ("" when it came to none), status, and the time from the end of the request's
  /// header to the end of the answer, of a stream too. Called on many threads; must not throw.
  std::function<void(std::string_view, std::string_view, int, Nanos)> observe = {};
};

class HttpServer {
 public:
  using Handler = net::Handler;

  explicit HttpServer(ServerOptions);
  /// Stops.
  ~HttpServer();
  void route(std::string method, std::string pattern, Handler);
  /// Method and pattern of each, as added.
  std::vector<std::pair<std::string, std::string>> routes() const;
  /// Binds and serves. Throws Error: the address is none, is taken, needs a token, the certificate cannot be read.
  void start();
  /// "127.0.0.1:41234", and as a URL. After start().
  std::string address() const;
  std::string url() const;
  /// Whether only this machine can reach it. After start().
  bool loopback() const;
  /// Ends streams and idle connections at once; requests under way have a second, then their connections are cut and their
  /// handlers waited for: one that heeds neither time nor Request::stop holds this. Idempotent; not for handlers to call.
  void stop();

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace assay::net
