// Files that people write, read whole, but for a byte more than parse_yaml() takes of what is larger.
#pragma once

#include "input/node.h"

#include <filesystem>
#include <string>

namespace assay::input {

/// "-" is stdin. Throws Error when there is no such file.
std::string read_file(const std::filesystem::path&, const Subject&);

}  // namespace assay::input
