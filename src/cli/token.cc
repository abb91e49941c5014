#include "cli/token.h"

#include "base/error.h"

#include <cstdlib>
#include <fstream>

namespace assay::cli {

std::string token_of(const std::string& file) {
  if (file.empty()) {
    const char* token = std::getenv("ASSAY_TOKEN");
    return token == nullptr ? "" : token;
  }
  std::ifstream in(file);
  std::string token;
  if (!std::getline(in, token) || token.empty())
    throw Error(fmt::format("'{}' holds no token; expected a file whose first line is the token", file));
  return token;
}

}  // namespace assay::cli
