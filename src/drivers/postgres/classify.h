// What kind of failure a SQLSTATE is: one pure function, so that the rule can be read and tested as a table.
//
// Source: PostgreSQL documentation, appendix A "PostgreSQL Error Codes".
#pragma once

#include "base/result.h"

#include <string_view>

namespace assay::postgres {

/// An empty or unknown code is `rejected`: the server answered, and did not do it.
FailureKind classify(std::string_view sqlstate) noexcept;

}  // namespace assay::postgres
