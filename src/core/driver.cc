#include "core/driver.h"

#include "base/error.h"

namespace assay {

std::string without_secrets(std::string_view url) {
  std::string out(url);
  const std::size_t scheme = out.find("://");
  if (scheme != std::string::npos) {
    // Up to the query, not only to the path: a password may hold a '/' that should have been written %2F.
    const std::size_t begin = scheme + 3, end = std::min(out.find('?', begin), out.size());
    const std::size_t at = out.rfind('@', end);
    const std::size_t colon = out.find(':', begin);
    if (at != std::string::npos && at > begin && colon < at) out.erase(colon, at - colon);
  }
  for (std::size_t at = out.find('?'); at != std::string::npos && at < out.size(); at = out.find('&', at + 1)) {
    const std::size_t name = at + 1, equals = out.find('=', name);
    if (equals == std::string::npos) break;
    const std::string_view key = std::string_view(out).substr(name, equals - name);
    if (key.find("password") == std::string_view::npos && key.find("secret") == std::string_view::npos) continue;
    out.replace(equals + 1, std::min(out.find('&', equals), out.size()) - equals - 1, "***");
  }
  return out;
}

void throw_unreachable(std::string_view url, const Failure& failure) {
  if (failure.kind == FailureKind::cancelled) throw Error("interrupted", ExitCode::interrupted);
  throw Error(fmt::format("cannot use {}: {}", without_secrets(url), failure.message), ExitCode::unreachable);
}

}  // namespace assay
