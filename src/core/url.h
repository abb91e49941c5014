// The URL of a target, taken apart: scheme, what stands before the query, and the query's pairs, percent-decoded.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay {

struct Url {
  std::string scheme;  // "postgres"; lower case
  std::string rest;    // behind "scheme:", before the query; as written
  std::vector<std::pair<std::string, std::string>> query;
};

/// Throws Error: no scheme, a bad escape, a pair without '=', a name given twice, a password with a character that must be
/// percent-encoded. Messages do not show secrets, nor parts of what may be one.
Url parse_url(std::string_view text);
/// What a URL names a server by: "//user:password@host:port/path" in Url::rest, each part percent-decoded.
struct Authority {
  std::optional<std::string> user, password;
  std::string host;  // "" when none is given; an IPv6 address without its brackets
  std::optional<unsigned> port;
  std::string path;  // behind the first '/'
};
/// Throws Error: no "//", a port that is none. Messages do not show secrets.
Authority parse_authority(const Url&);
/// 1 to 65535. Throws Error that says what was found, unless that may be part of a password that was not encoded.
unsigned parse_port(std::string_view text);

/// Where secrets stand in a text that is, or was meant to be, the URL or connection string of a target: [begin, end) of the
/// password of an authority and of the values of what is named a password or secret. In doubt more than less.
std::vector<std::pair<std::size_t, std::size_t>> secrets_in(std::string_view text);
/// The text without them, for messages and results.
std::string without_secrets(std::string_view text);
/// The same of a text that is perhaps no URL: "user:password@host" too.
std::string without_possible_secrets(std::string_view text);
/// A message without the secrets of what it may quote, whole, in parts or changed as a path is: words of a command line.
std::string without_secrets_of(std::span<const std::string> words, std::string message);

/// "%41" → "A". Throws Error.
std::string percent_decoded(std::string_view text);
/// All but letters, digits and -._~ of ASCII (the unreserved ones of RFC 3986 §2.3) as %XX.
std::string percent_encoded(std::string_view text);

}  // namespace assay
