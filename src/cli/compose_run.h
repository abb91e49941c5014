// A generated load test, carried out on this machine by Docker Compose: the image made when it is not there,
// everything started, the workers waited for, their reports added up, everything removed again, also after a failure
// or Ctrl-C.
//
// Docker is asked through its command line, so that contexts, DOCKER_HOST and logins are the person's own. Blocks; one
// thread.
#pragma once

#include "base/error.h"
#include "deploy/deployment.h"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::cli {

/// How Compose is called here: {"docker", "compose"} or {"docker-compose"}. Throws Error: neither is there.
std::vector<std::string> find_compose();

/// `folder` holds what generate wrote. `make_image`: the image is assay's own, and is made when Docker does not have
/// it. Throws Error.
ExitCode run_compose(const std::filesystem::path& folder, const deploy::Deployment&, bool make_image);

}  // namespace assay::cli
