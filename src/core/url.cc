#include "core/url.h"

#include "base/error.h"
#include "core/driver.h"

#include <algorithm>
#include <cctype>

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

}  // namespace assay
