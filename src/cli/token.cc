#include "cli/token.h"

#include "base/error.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace assay::cli {

void require_token(std::string_view token, std::string_view where) {
  if (token.empty()) throw Error(fmt::format("{} holds no token; expected one of visible characters", where));
  const auto wrong = std::find_if(token.begin(), token.end(), [](char c) { return c <= ' ' || c > '~'; });
  if (wrong == token.end()) return;
  const bool blank = *wrong == ' ' || *wrong == '\t';
  throw Error(fmt::format("the token of {} has {} as its character {} of {}; expected visible characters of ASCII only",
                          where,
                          blank ? "a blank" : fmt::format("the byte 0x{:02x}", static_cast<unsigned char>(*wrong)),
                          wrong - token.begin() + 1, token.size()));
}

std::string token_of(const std::string& file) {
  if (file.empty()) {
    const char* const found = std::getenv("ASSAY_TOKEN");
    std::string token = found == nullptr ? "" : found;
    if (!token.empty()) require_token(token, "ASSAY_TOKEN");
    return token;
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error(fmt::format("'{}' cannot be read; expected a file whose first line is the token", file));
  std::string token;
  std::getline(in, token);
  if (token.ends_with('\r')) token.pop_back();
  require_token(token, fmt::format("'{}'", file));
  return token;
}

}  // namespace assay::cli
