#include "net/http_guard.h"

#include <fmt/core.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace assay::net {
namespace {

std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const std::size_t bracket = host.rfind(']');
  const bool port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  return port ? host.substr(0, colon) : host;
}

/// 127.0.0.0/8 in its usual form: a name such as 127.0.0.1.example.com is none.
bool is_loopback_name(std::string_view name) {
  if (name == "localhost" || name.ends_with(".localhost") || name == "[::1]") return true;
  return name.starts_with("127.") && name.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool same_secret(std::string_view a, std::string_view b) {
  const auto digest = [](std::string_view text) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> out{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data());
    return out;
  };
  const auto x = digest(a), y = digest(b);
  return CRYPTO_memcmp(x.data(), y.data(), x.size()) == 0;
}

bool has_token(const std::string& token, std::string_view sent) {
  constexpr std::string_view kScheme = "bearer ";
  if (lower_case(sent.substr(0, kScheme.size())) != kScheme) return false;
  sent.remove_prefix(std::min(sent.find_first_not_of(' ', kScheme.size()), sent.size()));
  return same_secret(token, sent);
}

bool among(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

std::optional<Response> refusal(const Guard& guard, const Request& request) {
  const std::string host = lower_case(request.header("host"));
  const std::string_view name = without_port(host);
  if ((guard.loopback || !guard.hosts.empty()) && !host.empty() && !is_loopback_name(name) && !among(guard.hosts, name))
    return error_response(403, fmt::format("this is not {}: expected a Host that is localhost{}", host,
                                           guard.hosts.empty() ? "" : " or one of those configured"));
  if (const std::string origin = lower_case(request.header("origin")); !origin.empty()) {
    const std::size_t scheme = origin.find("://");
    const std::string_view from = scheme == std::string::npos ? "" : std::string_view(origin).substr(scheme + 3);
    if (from.empty() || (from != host && !among(guard.hosts, without_port(from))))
      return error_response(403, fmt::format("a page of {} may not use this server", origin));
  }
  if (!guard.token.empty() && !among(guard.open_paths, request.path) &&
      !has_token(guard.token, request.header("authorization"))) {
    Response response = error_response(401, "expected the header Authorization: Bearer TOKEN with this server's token");
    response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"assay\"");
    return response;
  }
  return std::nullopt;
}

}  // namespace assay::net
