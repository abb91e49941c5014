// SQLite's URLs: sqlite:PATH[?option=value[&…]].
#pragma once

#include "core/url.h"

#include <string>
#include <string_view>

namespace assay::sqlite {

/// `sqlite:bench.db` is relative to the working directory, `sqlite:/data/bench.db` and `sqlite:///data/bench.db` are
/// absolute. %xx stands for a byte, so that a path may hold '?' and '%'. Throws Error.
std::string file_path(const Url&);

}  // namespace assay::sqlite
