#include "core/url.h"

#include "base/error.h"

#include <fmt/format.h>

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

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

namespace {

/// The password of SCHEME://user:password@…, also where its characters should have been encoded.
std::pair<std::size_t, std::size_t> password_in_authority(std::string_view text) {
  const std::pair<std::size_t, std::size_t> none = {0, 0};
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return none;
  const std::size_t begin = scheme + 3, colon = text.find(':', begin);
  // The query begins at the first '?' that is followed by NAME=…; one in a password is followed by its '@' before any '='.
  std::size_t query = text.find('?', begin);
  while (query != std::string_view::npos && text.find('@', query) < text.find('=', query))
    query = text.find('?', query + 1);
  std::size_t at = text.substr(0, query).rfind('@');
  if (at == std::string_view::npos && colon != std::string_view::npos && colon < query) {
    const std::string_view port = text.substr(colon + 1, text.find_first_of("/?#", colon) - colon - 1);
    if (port.find_first_not_of("0123456789") != std::string_view::npos)
      at = text.rfind('@');  // no port: part of a password
  }
  if (at == std::string_view::npos || at < begin || colon == std::string_view::npos || colon > at) return none;
  if (text.find('@', begin) < colon) return none;  // user@host:port
  return {colon + 1, at};
}

/// The password of user:password@host, without a scheme before it.
std::pair<std::size_t, std::size_t> password_without_scheme(std::string_view text) {
  const std::size_t colon = text.find(':'), at = text.rfind('@');
  if (text.find("://") != std::string_view::npos || colon == std::string_view::npos || at == std::string_view::npos ||
      colon > at)
    return {0, 0};
  return {colon + 1, at};
}

}  // namespace

std::vector<std::pair<std::size_t, std::size_t>> secrets_in(std::string_view text) {
  std::vector<std::pair<std::size_t, std::size_t>> found;
  if (const auto password = password_in_authority(text); password.second > 0) found.push_back(password);
  // NAME=VALUE, of a query or of libpq's "host=h password='a b'".
  for (std::size_t at = text.find('='); at != std::string_view::npos; at = text.find('=', at + 1)) {
    if (!found.empty() && at < found.back().second) continue;
    std::size_t end = at;
    while (end > 0 && text[end - 1] == ' ') end--;
    std::size_t begin = end;
    while (begin > 0 && (std::isalnum(static_cast<unsigned char>(text[begin - 1])) != 0 || text[begin - 1] == '_' ||
                         text[begin - 1] == '-'))
      begin--;
    const std::string_view name = text.substr(begin, end - begin);
    if (name.ends_with("-file") || name == "passfile") continue;
    if (name.find("password") == std::string_view::npos && name.find("secret") == std::string_view::npos) continue;
    std::size_t value = at + 1;
    while (value < text.size() && text[value] == ' ') value++;
    const bool quoted = value < text.size() && text[value] == '\'';
    const std::size_t past = quoted ? text.find('\'', value + 1) : text.find_first_of("& ", value);
    found.emplace_back(value, std::min(past, text.size() - quoted) + quoted);
  }
  return found;
}

std::string without_secrets(std::string_view text) {
  std::string out(text);
  const auto password = password_in_authority(text);
  const auto secrets = secrets_in(text);
  for (auto secret = secrets.rbegin(); secret != secrets.rend(); ++secret)
    if (*secret == password)
      out.erase(secret->first - 1, secret->second - secret->first + 1);
    else
      out.replace(secret->first, secret->second - secret->first, "***");
  return out;
}

namespace {

/// Parts of a password that is not encoded would be taken for a host, a database or an option, and shown.
void require_encoded_password(std::string_view url) {
  const auto [begin, end] = password_in_authority(url);
  if (end > begin && url.substr(begin, end - begin).find_first_of("/?#@") != std::string_view::npos)
    throw Error(fmt::format("{}: the password holds '/', '?', '#' or '@'; expected %2F, %3F, %23 or %40 for them",
                            without_secrets(url)));
}

}  // namespace

std::string without_possible_secrets(std::string_view text) {
  const auto [begin, end] = password_without_scheme(text);
  if (end == 0) return without_secrets(text);
  return without_secrets(fmt::format("{}***{}", text.substr(0, begin), text.substr(end)));
}

std::string without_secrets_of(std::span<const std::string> words, std::string message) {
  for (const std::string& word : words) {
    auto secrets = secrets_in(word);
    if (const auto password = password_without_scheme(word); password.second > 0) secrets.push_back(password);
    for (const auto& [begin, end] : secrets) {
      if (begin == 0 || begin == end) continue;
      // With what stands on both sides of it, so that a short one is not found in other words.
      const std::string secret = word.substr(begin - 1, end - begin + 2);
      const std::string shown = word[begin - 1] + std::string("***") + word.substr(end, 1);
      for (std::size_t at = message.find(secret); at != std::string::npos; at = message.find(secret, at + shown.size()))
        message.replace(at, secret.size(), shown);
    }
  }
  return message;
}

Url parse_url(std::string_view text) {
  require_encoded_password(text);
  const std::string shown = without_possible_secrets(text);
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
  if (!port.starts_with(":")) throw Error("an address in brackets is followed by something else than ':' and a port");
  out.port = parse_port(port.substr(1));
  return out;
}

unsigned parse_port(std::string_view text) {
  constexpr std::size_t kMostShown = 5;  // a longer number is rather a password in the wrong place
  if (text.empty()) throw Error("there is no port behind the ':'; expected 1 to 65535");
  if (text.find_first_not_of("0123456789") != std::string_view::npos)
    throw Error(
        "the port is no number; expected 1 to 65535 (in a password, write %2F for '/', %40 for '@', %3A for ':')");
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && number >= 1 && number <= 65535) return number;
  throw Error(fmt::format("the port is {}; expected 1 to 65535",
                          text.size() > kMostShown ? fmt::format("a number of {} digits", text.size()) : text));
}

}  // namespace assay
