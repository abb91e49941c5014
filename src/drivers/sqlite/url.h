// SQLite's URLs: sqlite:PATH[?option=value[&…]].
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace assay::sqlite {

struct Location {
  std::string path;
  std::map<std::string, std::string> options;  // of the query
};

/// `sqlite:bench.db` is relative to the working directory, `sqlite:/data/bench.db` and `sqlite:///data/bench.db` are
/// absolute. %xx stands for a byte, so that a path may hold '?' and '%'. Throws Error.
Location parse_url(std::string_view url);

}  // namespace assay::sqlite
