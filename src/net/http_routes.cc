#include "net/http_routes.h"

#include "base/error.h"

#include <algorithm>
#include <set>

namespace assay::net {
namespace {

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex(text[i + 2]) : -1;
      if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

template <class Each>
void split(std::string_view text, char at, Each&& each) {
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t to = std::min(text.find(at, from), text.size());
    each(text.substr(from, to - from));
    from = to + 1;
  }
}

bool is_name(const std::string& part) { return part.size() > 2 && part.front() == '{' && part.back() == '}'; }

bool fits(const Route& route, const std::vector<std::string>& parts) {
  return route.parts.size() == parts.size() && std::equal(parts.begin(), parts.end(), route.parts.begin(),
                                                          [](const std::string& part, const std::string& pattern) {
                                                            return is_name(pattern) || part == pattern;
                                                          });
}

}  // namespace

void Routes::add(std::string method, std::string pattern, Handler handler) {
  auto parts = path_parts(pattern);
  ASSAY_ASSERT(parts.has_value());
  routes_.push_back({std::move(method), std::move(pattern), std::move(*parts), std::move(handler)});
}

Routes::Found Routes::find(std::string_view method, const std::vector<std::string>& parts) const {
  std::vector<const Route*> fitting;
  for (const Route& route : routes_)
    if (fits(route, parts)) fitting.push_back(&route);
  const auto names = [](const Route* r) { return std::count_if(r->parts.begin(), r->parts.end(), is_name); };
  std::stable_sort(fitting.begin(), fitting.end(), [&](auto* a, auto* b) { return names(a) < names(b); });
  // A path belongs to its best pattern: "/tasks/new" does not become "/tasks/{id}" because of the method.
  std::erase_if(fitting,
                [best = fitting.empty() ? 0 : names(fitting.front()), &names](auto* r) { return names(r) > best; });

  Found found;
  std::set<std::string> allowed;
  for (const Route* route : fitting) {
    allowed.insert(route->method);
    if (route->method == "GET") allowed.insert("HEAD");
    if (found.route == nullptr && route->method == method) found.route = route;
  }
  if (found.route == nullptr && method == "HEAD")
    for (const Route* route : fitting)
      if (found.route == nullptr && route->method == "GET") found.route = route;
  found.allowed.assign(allowed.begin(), allowed.end());
  if (found.route != nullptr)
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (const std::string& part = found.route->parts[i]; is_name(part))
        found.parameters[part.substr(1, part.size() - 2)] = parts[i];
  return found;
}

std::pair<std::string_view, std::string_view> split_target(std::string_view target) {
  if (!target.starts_with('/'))
    if (const std::size_t scheme = target.find("://"); scheme != std::string_view::npos) {
      const std::size_t path = target.find_first_of("/?", scheme + 3);
      target = path == std::string_view::npos ? "/" : target.substr(path);
    }
  const std::size_t at = target.find('?');
  return {target.substr(0, at), at == std::string_view::npos ? std::string_view() : target.substr(at + 1)};
}

std::optional<std::vector<std::string>> path_parts(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  std::vector<std::string> parts;
  bool wrong = false;
  split(path, '/', [&](std::string_view part) {
    auto text = decoded(part, false);
    if (!text)
      wrong = true;
    else if (*text == "..")
      parts.resize(parts.empty() ? 0 : parts.size() - 1);
    else if (!text->empty() && *text != ".")
      parts.push_back(std::move(*text));
  });
  if (wrong) return std::nullopt;
  return parts;
}

std::optional<std::map<std::string, std::string>> query_values(std::string_view query) {
  std::map<std::string, std::string> values;
  bool wrong = false;
  split(query, '&', [&](std::string_view pair) {
    if (pair.empty()) return;
    const std::size_t at = std::min(pair.find('='), pair.size());
    auto name = decoded(pair.substr(0, at), true);
    auto value = decoded(pair.substr(std::min(at + 1, pair.size())), true);
    if (!name || !value)
      wrong = true;
    else
      values.emplace(std::move(*name), std::move(*value));
  });
  if (wrong) return std::nullopt;
  return values;
}

}  // namespace assay::net
