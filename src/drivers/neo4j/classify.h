// What kind of failure a status code of Neo4j is: one pure function, so that the rule can be read and tested as a table.
//
// Source: Neo4j, "Status Codes for Errors" (Neo.CLASSIFICATION.CATEGORY.TITLE), of 4.4 and 5.
#pragma once

#include "base/result.h"

#include <string_view>

namespace assay::neo4j {

/// An unknown code is `rejected`: the server answered, and did not do it. Unknown transient ones are `conflict`: "the same
/// operation may succeed when tried again" is what the class says.
FailureKind classify(std::string_view code) noexcept;

}  // namespace assay::neo4j
