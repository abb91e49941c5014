// What a plan may name in this build: workloads, drivers, and the command line's own options, from the registry and the tables
// of `assay run`. Lives for the whole process.
#pragma once

#include "plan/catalogue.h"

#include <optional>
#include <string>

namespace assay::cli {

const plan::Catalogue& plan_catalogue();

/// A variable of the environment, as plan::Environment asks for it.
std::optional<std::string> from_environment(const std::string& name);

}  // namespace assay::cli
