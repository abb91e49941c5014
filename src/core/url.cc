#include "core/url.h"

#include "base/error.h"
#include "core/driver.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace assay {

std::string percent_decoded(std::string_view text) {
  std::string out;
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  for (std::size_t i = 0; i < text.size(); i++) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0)
      throw Error("expected two hexadecimal digits behind '%'; a '%' itself is %25");
    out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return out;
}

Url parse_url(std::string_view text) {
  const std::string shown = without_secrets(text);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0)
    throw Error(fmt::format(
        "'{}' is no URL of a target; expected SCHEME:…, for example sqlite:bench.db or postgres://user@host/database",
        shown));
  Url url;
  for (const char c : text.substr(0, colon)) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '+' && c != '-' && c != '.')
      throw Error(fmt::format("'{}' is no URL of a target: '{}' cannot stand in a scheme", shown, c));
    url.scheme += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  std::string_view rest = text.substr(colon + 1), query;
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  url.rest = rest;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0)
      throw Error(fmt::format("{}: '{}' is no option; expected NAME=VALUE", shown, pair.substr(0, equals)));
    std::string name = percent_decoded(pair.substr(0, equals));
    for (const auto& [known, value] : url.query)
      if (known == name) throw Error(fmt::format("{}: the option {} is given twice", shown, name));
    url.query.emplace_back(std::move(name), percent_decoded(pair.substr(equals + 1)));
  }
  return url;
}

Authority parse_authority(const Url& url) {
  std::string_view rest = url.rest;
  if (!rest.starts_with("//"))
    throw Error(fmt::format("a URL of {} names a server; expected {}://user@host:port/…", url.scheme, url.scheme));
  rest.remove_prefix(2);
  Authority out;
  const std::size_t slash = rest.find('/');
  if (slash != std::string_view::npos) out.path = percent_decoded(rest.substr(slash + 1));
  rest = rest.substr(0, slash);
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view user = rest.substr(0, at);
    const std::size_t colon = user.find(':');
    out.user = percent_decoded(user.substr(0, colon));
    if (colon != std::string_view::npos) out.password = percent_decoded(user.substr(colon + 1));
    rest.remove_prefix(at + 1);
  }
  std::string_view port;
  if (const std::size_t end = rest.find(']'); rest.starts_with("[") && end != std::string_view::npos) {
    out.host = percent_decoded(rest.substr(1, end - 1));
    port = rest.substr(end + 1);
  } else {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    out.host = percent_decoded(rest.substr(0, colon));
    port = rest.substr(colon);
  }
  if (port.empty()) return out;
  port.remove_prefix(1);
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  // Not shown: behind a '/' or '@' in a password that was not encoded, this may be the rest of the password.
  if (error != std::errc{} || end != port.data() + port.size() || number < 1 || number > 65535)
    throw Error("the port is none; expected 1 to 65535 (in a password, write %2F for '/', %40 for '@', %3A for ':')");
  out.port = number;
  return out;
}

}  // namespace assay
