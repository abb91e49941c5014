#include "drivers/sqlite/url.h"

#include "base/error.h"

#include <charconv>

namespace assay::sqlite {
namespace {

std::string decoded(std::string_view text, std::string_view url) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i++) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    unsigned byte = 0;
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || ec != std::errc{} || end != digits.data() + 2 || byte == 0)
      throw Error(fmt::format("{}: expected two hexadecimal digits behind '%'; a '%' itself is %25", url));
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

}  // namespace

Location parse_url(std::string_view url) {
  constexpr std::string_view kScheme = "sqlite:";
  if (!url.starts_with(kScheme))
    throw Error(fmt::format("'{}' is no URL of SQLite; expected for example sqlite:bench.db", url));
  std::string_view rest = url.substr(kScheme.size()), query;
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  if (rest.starts_with("///"))
    rest.remove_prefix(2);
  else if (rest.starts_with("//"))
    throw Error(
        fmt::format("{}: a SQLite file is on no host; write sqlite:{} for a path relative to here, or sqlite:/{}", url,
                    rest.substr(2), rest.substr(2)));
  Location location{.path = decoded(rest, url), .options = {}};
  if (location.path.empty()) throw Error(fmt::format("'{}' names no file; expected for example sqlite:bench.db", url));
  if (location.path.starts_with(":memory:") || location.path.starts_with("file:"))
    throw Error(
        fmt::format("{}: expected the path of a file. A database in memory belongs to one session; for one that "
                    "sessions share without a disk use a file in /dev/shm",
                    url));
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0)
      throw Error(fmt::format("{}: '{}' is no option; expected NAME=VALUE", url, pair));
    const auto [at, fresh] =
        location.options.emplace(decoded(pair.substr(0, equals), url), decoded(pair.substr(equals + 1), url));
    if (!fresh) throw Error(fmt::format("{}: the option {} is given twice", url, at->first));
  }
  return location;
}

}  // namespace assay::sqlite
