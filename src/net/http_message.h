// What a handler of the HTTP server is given, and what it gives back.
//
// Plain values, owned by who holds them. Paths and queries are decoded. A handler that waits (for the end of a task, say) heeds
// `stop`, which is requested when the server stops: std::condition_variable_any takes it as it is.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::net {

struct Request {
  std::string method;
  std::string path;                               // one slash between parts, none at the end but for "/"
  std::map<std::string, std::string> parameters;  // of the pattern
  std::map<std::string, std::string> query;       // the first of each name
  std::map<std::string, std::string> headers;     // by lower-case name; the values of one name with ", " between them
  std::string body;
  std::string peer;  // "127.0.0.1:40312", "[::1]:40312"
  std::stop_token stop;

  /// The value, or "" where there is none.
  std::string_view header(const std::string& lower_case_name) const;
  std::string_view in_query(const std::string& name) const;
  /// Of the content type what stands before its parameters, in lower case: "application/json".
  std::string media_type() const;
};

/// Server-sent events (HTML standard §9.2): asked again and again for the next text of a stream, whole events with their empty
/// line. "" is nothing new (it may wait up to about a second for more), nullopt the end. The stop is requested when the server
/// stops. It is asked only when the system has taken the text before, so a reader who stalls makes no memory grow; one
/// who does not take a piece within the write time-out is cut off. It is destroyed at once when its reader is gone: what it
/// holds learns of it by that.
using EventStream = std::function<std::optional<std::string>(const std::stop_token&)>;

struct Response {
  int status = 200;
  std::string body = {};
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
  EventStream events = {};  // when set: text/event-stream, and no body
};

/// {"error": TEXT} with that status: how every refusal is worded.
Response error_response(int status, std::string_view text);

/// What a handler throws to answer with a status of its own.
struct HttpError {
  int status;
  std::string text;
};

using Handler = std::function<Response(const Request&)>;

/// A to Z made small; all else stays as it is.
std::string lower_case(std::string_view);

}  // namespace assay::net
