#include "net/http_conversation.h"

#include "base/error.h"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace assay::net {
namespace http = boost::beast::http;
namespace {

constexpr std::size_t kMiB = 1 << 20;
constexpr Nanos kEventSilence = std::chrono::seconds(15);  // then a comment shows middle boxes that the stream lives
constexpr Nanos kFarewell = std::chrono::seconds(1);

std::string text_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

/// A value for a header line: no line breaks or other control characters, which would begin lines of their own.
std::string one_line(std::string_view value) {
  std::string out(value);
  std::erase_if(out, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  return out;
}

std::string head_of(const Response& response, bool keep, bool with_length) {
  const auto reason = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status, text_of(reason));
  const auto add = [&](std::string_view name, std::string_view value) {
    head += fmt::format("{}: {}\r\n", name, one_line(value));
  };
  bool cache_told = false;
  for (const auto& [name, value] : response.headers) {
    add(one_line(name), value);
    cache_told = cache_told || lower_case(name) == "cache-control";
  }
  if (!cache_told) add("Cache-Control", "no-store");
  add("X-Content-Type-Options", "nosniff");
  if (!response.content_type.empty()) add("Content-Type", response.content_type);
  const bool bodyless = response.status == 204 || response.status == 304;
  if (with_length && !bodyless) add("Content-Length", std::to_string(response.body.size()));
  if (!keep) add("Connection", "close");
  return head + "\r\n";
}

Response refusal_of(const boost::system::error_code& wrong, const ServerOptions& limits) {
  if (wrong == http::error::header_limit)
    return error_response(431, fmt::format("the header is longer than {} bytes", limits.most_header));
  if (wrong == http::error::body_limit)
    return error_response(413, fmt::format("the body is longer than {} bytes", limits.most_body));
  if (wrong == http::error::bad_version) return error_response(505, "expected HTTP/1.1");
  return error_response(400, "not HTTP/1.1: " + wrong.message());
}

Response answer_of(const Route& route, const Request& request) {
  try {
    return route.handler(request);
  } catch (const HttpError& e) {
    return error_response(e.status, e.text);
  } catch (const Error& e) {
    return error_response(e.code() == ExitCode::usage ? 400 : 500, e.what());
  } catch (const std::exception& e) {
    return error_response(500, fmt::format("this is a bug: {}", e.what()));
  } catch (...) {
    return error_response(500, "this is a bug: something unknown was thrown");
  }
}

}  // namespace

/// A request as far as it has come.
struct Conversation::Reading {
  http::request_parser<http::string_body> parser;
  Request request;
  const Route* route = nullptr;
  TimePoint began = real_clock().now();

  /// Parses what is there; false when it is wrong, with the reason.
  bool take(std::string& unread, boost::system::error_code& wrong) {
    const std::size_t used = parser.put(boost::asio::const_buffer(unread.data(), unread.size()), wrong);
    unread.erase(0, used);
    if (wrong == http::error::need_more) wrong = {};
    return !wrong;
  }
};

void Conversation::hold() {
  doing_.idle_since = real_clock().now().time_since_epoch().count();
  if (!wire_.greet(real_clock().now() + service_.options.header_timeout)) return;
  bool first = true;
  do {
    doing_.answering = false;
    doing_.idle_since = real_clock().now().time_since_epoch().count();
    // Whoever stops the server asks for the stop first and looks at `answering` then: one of us sees the other.
    if (service_.stop.stop_requested()) return;
    const Nanos patience = first ? service_.options.header_timeout : service_.options.idle_timeout;
    if (unread_.empty() && !wire_.read(unread_, real_clock().now() + patience)) return;
    doing_.idle_since = 0;
    first = false;
  } while (exchange());
}

bool Conversation::exchange() {
  Reading reading;
  reading.parser.header_limit(static_cast<std::uint32_t>(service_.options.most_header));
  reading.parser.body_limit(service_.options.most_body);
  if (!read_header(reading) || !understand(reading) || !read_body(reading)) return false;
  if (reading.route == nullptr) return true;  // refused, and the connection goes on
  reading.request.body = std::move(reading.parser.get().body());
  return answer(reading);
}

bool Conversation::read_header(Reading& reading) {
  const TimePoint deadline = real_clock().now() + service_.options.header_timeout;
  for (;;) {
    boost::system::error_code wrong;
    if (!reading.take(unread_, wrong)) return refuse(reading, refusal_of(wrong, service_.options));
    if (reading.parser.is_header_done()) return true;
    if (wire_.read(unread_, deadline)) continue;
    if (real_clock().now() >= deadline) refuse(reading, error_response(408, "the header did not come in time"));
    return false;
  }
}

bool Conversation::understand(Reading& reading) {
  reading.began = real_clock().now();
  const auto& message = reading.parser.get();
  Request& request = reading.request;
  request.method = text_of(message.method_string());
  request.peer = peer_;
  request.stop = service_.stop.get_token();
  for (const auto& field : message)
    if (auto [at, first] = request.headers.emplace(lower_case(text_of(field.name_string())), text_of(field.value()));
        !first)
      at->second += ", " + text_of(field.value());

  const std::string target = text_of(message.target());
  const auto [path, query] = split_target(target);
  const auto parts = path_parts(path);
  auto values = query_values(query);
  if (!parts || !values)
    return refuse(reading,
                  error_response(400, fmt::format("{} is no path: expected /… with %XX for odd bytes", target)));
  for (const std::string& part : *parts) request.path += '/' + part;
  if (request.path.empty()) request.path = "/";
  request.query = std::move(*values);
  if (message.version() >= 11 && request.header("host").empty())
    return refuse(reading, error_response(400, "expected a Host header"));
  if (const auto coding = request.header("transfer-encoding"); !coding.empty() && lower_case(coding) != "chunked")
    return refuse(reading, error_response(501, fmt::format("transfer encoding {}: expected chunked", coding)));
  if (const auto no = refusal(service_.guard, request)) return refuse(reading, *no);

  Routes::Found found = service_.routes.find(request.method, *parts);
  if (found.route == nullptr && found.allowed.empty())
    return refuse(reading, error_response(404, fmt::format("there is no {} here", request.path)));
  if (found.route == nullptr) {
    Response no = error_response(405, fmt::format("{} is not for {}: expected {}", request.method, request.path,
                                                  fmt::join(found.allowed, ", ")));
    no.headers.emplace_back("Allow", fmt::format("{}", fmt::join(found.allowed, ", ")));
    return refuse(reading, no);
  }
  reading.route = found.route;
  request.parameters = std::move(found.parameters);
  return true;
}

bool Conversation::read_body(Reading& reading) {
  if (reading.parser.is_done()) return true;
  const TimePoint deadline = real_clock().now() + service_.options.body_timeout;
  reading.parser.eager(true);
  if (lower_case(reading.request.header("expect")) == "100-continue" && unread_.empty() &&
      !wire_.write("HTTP/1.1 100 Continue\r\n\r\n", deadline))
    return false;
  for (;;) {
    boost::system::error_code wrong;
    if (!unread_.empty() && !reading.take(unread_, wrong))
      return refuse(reading, refusal_of(wrong, service_.options)) && false;
    if (reading.parser.is_done()) return true;
    if (wire_.read(unread_, deadline)) continue;
    if (real_clock().now() >= deadline) refuse(reading, error_response(408, "the body did not come in time"));
    return false;
  }
}

/// True when the connection can go on, that is when the whole request has been read and was understood.
bool Conversation::refuse(Reading& reading, const Response& response) {
  const bool keep = reading.parser.is_done() && reading.parser.keep_alive() && reading.parser.get().version() >= 11;
  doing_.answering = true;
  reading.route = nullptr;
  const bool written = write_response(response, reading.request.method != "HEAD", keep);
  tell(reading, response.status);
  if (written && !keep) wire_.close_gently(real_clock().now() + kFarewell);
  return written && keep;
}

bool Conversation::answer(Reading& reading) {
  doing_.answering = true;
  const bool with_body = reading.request.method != "HEAD";
  Response response = answer_of(*reading.route, reading.request);
  if (response.events) {
    doing_.answering = false;  // a stream has no end to wait for
    write_events(response, with_body);
    tell(reading, response.status);
    return false;
  }
  const bool keep =
      reading.parser.keep_alive() && reading.parser.get().version() >= 11 && !service_.stop.stop_requested();
  const bool written = write_response(response, with_body, keep);
  tell(reading, response.status);
  if (written && !keep) wire_.close_gently(real_clock().now() + kFarewell);
  return written && keep;
}

bool Conversation::write_response(const Response& response, bool with_body, bool keep) {
  std::string head = head_of(response, keep, true);
  std::string_view body;
  if (with_body && response.status != 204 && response.status != 304) body = response.body;
  if (body.size() <= 4096) head.append(std::exchange(body, {}));  // one packet
  if (!wire_.write(head, real_clock().now() + service_.options.write_timeout)) return false;
  for (; !body.empty(); body.remove_prefix(std::min(body.size(), kMiB)))
    if (!wire_.write(body.substr(0, kMiB), real_clock().now() + service_.options.write_timeout)) return false;
  return true;
}

void Conversation::write_events(Response& response, bool with_body) {
  const auto write = [&](std::string_view text) {
    return wire_.write(text, real_clock().now() + service_.options.write_timeout);
  };
  response.content_type = "text/event-stream";
  try {
    bool open = write(head_of(response, false, false)) && with_body;
    TimePoint last = real_clock().now();
    while (open && !service_.stop.stop_requested()) {
      const std::optional<std::string> text = response.events(service_.stop.get_token());
      if (!text) break;
      const bool silent = text->empty() && real_clock().now() - last >= kEventSilence;
      if (!text->empty() || silent) {
        open = write(silent ? ":\n\n" : std::string_view(*text));
        last = real_clock().now();
      }
      open = open && !wire_.peer_left();
    }
  } catch (...) {
    // The header is out, so the reader can only be told by the end of the stream.
  }
  response.events = {};
}

void Conversation::tell(const Reading& reading, int status) const {
  if (!service_.options.observe) return;
  const std::string_view pattern = reading.route != nullptr ? reading.route->pattern : std::string_view();
  service_.options.observe(reading.request.method, pattern, status, real_clock().now() - reading.began);
}

}  // namespace assay::net
