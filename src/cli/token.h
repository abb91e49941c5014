// The token that agents ask for.
#pragma once

#include <string>

namespace assay::cli {

/// The first line of the file; without one ASSAY_TOKEN, "" when that is not set. Throws Error.
std::string token_of(const std::string& file);

}  // namespace assay::cli
