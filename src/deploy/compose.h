// The description of a load test as files for Docker Compose: `docker compose -f docker-compose.loadtest.yml up`. The
// Compose specification, and docker-compose 1.29, which understands it too. Pure.
#pragma once

#include "deploy/deployment.h"

#include <vector>

namespace assay::deploy {

inline constexpr std::string_view kComposeFile = "docker-compose.loadtest.yml";

/// Beside it what it reads: the schema in config/, and files with secrets.
std::vector<File> compose_files(const Deployment&);

}  // namespace assay::deploy
