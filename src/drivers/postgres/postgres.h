// The driver for PostgreSQL 10 and later, by libpq. Facets query (with pipelining), rows (by COPY), kv. Its sessions
// wait on their descriptor: thousands on one thread.
#pragma once

#include "core/driver.h"

namespace assay {

const Driver& postgres_driver();

}  // namespace assay
