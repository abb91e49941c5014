// What a plan may name in this build: workloads, drivers, and the command line's own options, from the registry and the tables
// of `assay run`. Lives for the whole process.
#pragma once

#include "plan/catalogue.h"

namespace assay::cli {

const plan::Catalogue& plan_catalogue();

}  // namespace assay::cli
