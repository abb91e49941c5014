// The driver of Neo4j 5.5 and later, by Bolt. docs/populate-neo4j.md is for users, README.md here for who changes it.
#pragma once

#include "core/driver.h"

namespace assay {

const Driver& neo4j_driver();

}  // namespace assay
