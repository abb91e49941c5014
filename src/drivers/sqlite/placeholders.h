// Parameters as workloads write them ($1, $2, …) in SQLite's own form (?1, ?2, …).
#pragma once

#include <string>
#include <string_view>

namespace assay::sqlite {

/// Rewrites every $n outside of string literals, quoted names and comments. What is not closed stays as it is: SQLite
/// tells better what is wrong with it.
std::string with_own_placeholders(std::string_view text);

}  // namespace assay::sqlite
