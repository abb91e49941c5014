// The routes of an HTTP server: which handler answers a method and a path.
//
// A pattern is a path of parts, each literal or a {name} that stands for any one part: "/api/v1/tasks/{id}/stop". Where several
// fit, the one with the fewest names does it, of equals the first. Built before the server listens, then only read, from any
// thread. A pattern that is none is a bug of ours.
#pragma once

#include "net/http_message.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::net {

struct Route {
  std::string method;
  std::string pattern;
  std::vector<std::string> parts;
  Handler handler;
};

class Routes {
 public:
  void add(std::string method, std::string pattern, Handler handler);

  struct Found {
    const Route* route = nullptr;      // of this method; a HEAD without a route of its own has that of GET
    std::vector<std::string> allowed;  // the methods that this path has, sorted; empty: the path is unknown
    std::map<std::string, std::string> parameters;
  };
  const std::vector<Route>& all() const { return routes_; }
  Found find(std::string_view method, const std::vector<std::string>& parts) const;

 private:
  std::vector<Route> routes_;
};

/// What stands before and after the '?' of a request's target; one with scheme and host ("http://host/path") is cut to its path.
std::pair<std::string_view, std::string_view> split_target(std::string_view target);
/// The decoded parts of a path without the empty ones and ".", each ".." taking the one before it along; nothing when it does not
/// begin with a slash, or a %XX in it is wrong or says a NUL.
std::optional<std::vector<std::string>> path_parts(std::string_view path);
/// Names and values of a query, the first of each name; nothing when a %XX is wrong.
std::optional<std::map<std::string, std::string>> query_values(std::string_view query);

}  // namespace assay::net
