#include "net/http_server.h"

#include "base/error.h"

#include <httplib.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <thread>

namespace assay::net {
namespace {

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0) parts.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

bool is_parameter(const std::string& part) { return part.size() > 2 && part.front() == '{' && part.back() == '}'; }

/// The time does not tell how much of it was right.
bool same_secret(std::string_view a, std::string_view b) {
  unsigned char differs = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); i++)
    differs |= static_cast<unsigned char>(a[i] ^ (b.empty() ? 0 : b[i % b.size()]));
  return differs == 0;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// HOST and PORT of HOST:PORT or [HOST]:PORT.
std::pair<std::string, int> take_apart_address(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  std::string host = colon == std::string::npos ? "" : listen.substr(0, colon);
  const std::string port = colon == std::string::npos ? listen : listen.substr(colon + 1);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const bool digits = !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || std::stoi(port) > 65535)
    throw Error(
        fmt::format("'{}' is no address to listen on; expected HOST:PORT with a port of 0 to 65535, such as "
                    "127.0.0.1:8080 or [::1]:8080",
                    listen));
  return {host.empty() ? "0.0.0.0" : host, std::stoi(port)};
}

std::string host_of(std::string_view authority) {
  if (!authority.empty() && authority.front() == '[') return std::string(authority.substr(1, authority.find(']') - 1));
  return std::string(authority.substr(0, authority.find(':')));
}

bool is_loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

}  // namespace

std::string_view Request::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : found->second;
}

std::string_view Request::in_query(const std::string& name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::string_view() : found->second;
}

Response error_response(int status, std::string_view text) {
  const nlohmann::json body{{"error", std::string(text)}};
  return {.status = status, .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"};
}

struct HttpServer::Inner {
  struct Route {
    std::string method, pattern;
    std::vector<std::string> parts;
    Handler handler;

    bool fits(const std::vector<std::string>& path) const {
      if (path.size() != parts.size()) return false;
      for (std::size_t i = 0; i < parts.size(); i++)
        if (!is_parameter(parts[i]) && parts[i] != path[i]) return false;
      return true;
    }
  };

  explicit Inner(ServerOptions o) : options(std::move(o)) {}

  ServerOptions options;
  std::vector<Route> routes;
  std::unique_ptr<httplib::Server> server;
  std::string host;
  int port = 0;
  std::stop_source stopping;
  std::thread thread;

  void set_up();
  void answer(const httplib::Request&, httplib::Response&);
  Response respond(const Request&, std::string_view& pattern) const;
  std::optional<Response> refusal(const Request&) const;
  static void send(Response, const std::stop_token&, httplib::Response&);
};

std::optional<Response> HttpServer::Inner::refusal(const Request& request) const {
  const std::string_view authority = request.header("host");
  if (is_loopback(host) && !authority.empty() && !is_loopback(host_of(authority)))
    return error_response(
        403, fmt::format("this server is on loopback, and the request is for the host '{}'", host_of(authority)));
  const std::string_view origin = request.header("origin");
  if (request.method != "GET" && request.method != "HEAD" && !origin.empty() &&
      origin != fmt::format("{}://{}", options.certificate.empty() ? "http" : "https", authority))
    return error_response(403, fmt::format("a page of {} may not change anything here", origin));
  const bool open =
      std::find(options.open_paths.begin(), options.open_paths.end(), request.path) != options.open_paths.end();
  if (!options.token.empty() && !open && !same_secret(request.header("authorization"), "Bearer " + options.token)) {
    Response response =
        error_response(401, "expected the header 'Authorization: Bearer TOKEN' with this server's token");
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
  }
  return std::nullopt;
}

Response HttpServer::Inner::respond(const Request& asked, std::string_view& pattern) const {
  if (std::optional<Response> refused = refusal(asked)) return std::move(*refused);
  const std::vector<std::string> parts = parts_of(asked.path);
  const std::string method = asked.method == "HEAD" ? "GET" : asked.method;
  std::string allowed;
  for (const Route& route : routes) {
    if (!route.fits(parts)) continue;
    if (route.method != method) {
      allowed += (allowed.empty() ? "" : ", ") + route.method;
      continue;
    }
    pattern = route.pattern;
    Request request = asked;
    for (std::size_t i = 0; i < parts.size(); i++)
      if (is_parameter(route.parts[i]))
        request.parameters[route.parts[i].substr(1, route.parts[i].size() - 2)] = parts[i];
    try {
      return route.handler(request);
    } catch (const HttpError& error) {
      return error_response(error.status, error.text);
    } catch (const Error& error) {
      return error_response(error.code() == ExitCode::usage ? 400 : 500, error.what());
    } catch (const std::exception& error) {
      return error_response(500, fmt::format("this is a bug: {}", error.what()));
    }
  }
  if (allowed.empty()) return error_response(404, fmt::format("there is no {}", asked.path));
  Response response = error_response(405, fmt::format("{} takes {}, not {}", asked.path, allowed, asked.method));
  response.headers.emplace_back("Allow", allowed);
  return response;
}

void HttpServer::Inner::send(Response from, const std::stop_token& stop, httplib::Response& to) {
  to.status = from.status;
  to.set_header("Cache-Control", "no-store");
  to.set_header("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : from.headers) to.set_header(name, value);
  if (!from.events) {
    to.set_content(std::move(from.body), from.content_type);
    return;
  }
  to.set_chunked_content_provider(
      "text/event-stream", [stop, events = std::move(from.events)](std::size_t, httplib::DataSink& sink) {
        const std::optional<std::string> text = stop.stop_requested() ? std::nullopt : events(stop);
        if (!text) {
          sink.done();
          return true;
        }
        // Nothing new: a comment shows whether the reader is still there.
        const std::string_view piece = text->empty() ? std::string_view(":\n\n") : std::string_view(*text);
        return sink.write(piece.data(), piece.size());
      });
}

void HttpServer::Inner::answer(const httplib::Request& from, httplib::Response& to) {
  const TimePoint begin = real_clock().now();
  Request request{.method = from.method,
                  .path = from.path,
                  .parameters = {},
                  .query = {},
                  .headers = {},
                  .body = from.body,
                  .peer = from.remote_addr};
  for (const auto& [name, value] : from.params) request.query.emplace(name, value);
  for (const auto& [name, value] : from.headers) request.headers.emplace(lower(name), value);
  std::string_view pattern;
  Response response = respond(request, pattern);
  const int status = response.status;
  send(std::move(response), stopping.get_token(), to);
  if (options.observe) options.observe(request.method, pattern, status, real_clock().now() - begin);
}

void HttpServer::Inner::set_up() {
  if (options.certificate.empty() != options.key.empty())
    throw Error("TLS takes a certificate and its key; only one of them was given");
  if (options.certificate.empty()) {
    server = std::make_unique<httplib::Server>();
  } else {
    server = std::make_unique<httplib::SSLServer>(options.certificate.c_str(), options.key.c_str());
    if (!server->is_valid())
      throw Error(
          fmt::format("the certificate {} and the key {} cannot be used together: expected PEM files that "
                      "belong to each other",
                      options.certificate, options.key));
  }
  const auto handle = [this](const httplib::Request& from, httplib::Response& to) { answer(from, to); };
  server->Get(".*", handle).Post(".*", handle).Put(".*", handle).Patch(".*", handle).Delete(".*", handle);
  server->Options(".*", handle);
  server->set_error_handler([](const httplib::Request&, httplib::Response& to) {
    if (!to.body.empty() || to.content_length_ > 0) return;
    const std::string_view text = to.status == 413   ? "the request is larger than this server takes"
                                  : to.status == 414 ? "the address is longer than this server takes"
                                                     : "this is no request that this server understands";
    to.set_content(error_response(to.status, text).body, "application/json");
  });
  const auto seconds = [](Nanos time) {
    return std::pair{static_cast<time_t>(time / std::chrono::seconds(1)),
                     static_cast<time_t>(time % std::chrono::seconds(1) / std::chrono::microseconds(1))};
  };
  const auto [read_s, read_us] = seconds(options.read_timeout);
  const auto [write_s, write_us] = seconds(options.write_timeout);
  server->set_read_timeout(read_s, read_us);
  server->set_write_timeout(write_s, write_us);
  server->set_keep_alive_timeout(3);
  server->set_keep_alive_max_count(1000);
  server->set_payload_max_length(options.most_body);
  server->set_tcp_nodelay(true);
  server->new_task_queue = [threads = static_cast<std::size_t>(options.threads)] {
    return new httplib::ThreadPool(threads);  // taken over by the server
  };
}

HttpServer::HttpServer(ServerOptions options) : inner_(std::make_unique<Inner>(std::move(options))) {}

HttpServer::~HttpServer() { stop(); }

void HttpServer::route(std::string method, std::string pattern, Handler handler) {
  std::vector<std::string> parts = parts_of(pattern);
  inner_->routes.push_back({std::move(method), std::move(pattern), std::move(parts), std::move(handler)});
}

std::vector<std::pair<std::string, std::string>> HttpServer::routes() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const Inner::Route& route : inner_->routes) all.emplace_back(route.method, route.pattern);
  return all;
}

void HttpServer::start() {
  Inner& in = *inner_;
  const auto [host, port] = take_apart_address(in.options.listen);
  in.host = host;
  in.set_up();
  // By default the library shares the port with whoever wants it too.
  in.server->set_socket_options([](socket_t socket) {
    int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  in.port = port == 0 ? in.server->bind_to_any_port(host) : in.server->bind_to_port(host, port) ? port : -1;
  if (in.port < 0)
    throw Error(fmt::format("cannot listen on {}: {}", in.options.listen, std::generic_category().message(errno)),
                ExitCode::unreachable);
  in.thread = std::thread([&in] { in.server->listen_after_bind(); });
  while (!in.server->is_running()) std::this_thread::yield();
}

std::string HttpServer::address() const {
  const bool v6 = inner_->host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", inner_->host, inner_->port) : fmt::format("{}:{}", inner_->host, inner_->port);
}

std::string HttpServer::url() const {
  return fmt::format("{}://{}", inner_->options.certificate.empty() ? "http" : "https", address());
}

void HttpServer::stop() {
  if (!inner_->thread.joinable()) return;
  inner_->stopping.request_stop();
  inner_->server->stop();
  inner_->thread.join();
}

}  // namespace assay::net
