// What `assay worker` is asked for: the documented words of a load test's worker as a request of the workload populate.
#pragma once

#include "cli/command.h"
#include "core/options.h"
#include "job/setup.h"

#include <span>
#include <string>
#include <vector>

namespace assay::cli {

/// Its own options, beside those of the target, of a job and of the workload populate.
std::span<const OptionSpec> worker_options();

/// The URL of what is to be filled: --target, or --source with --connection-string or what the environment says of that
/// source (MYSQL_CONNECTION_STRING, KAFKA_BROKERS, …). Throws Error.
std::string worker_target(const Options& own, const std::string& target);

/// Who it is: --worker-id, or CONTAINER_ID, or HOSTNAME, or the name of the machine. Throws Error: it is no name of a
/// file.
std::string worker_name(const Options& own);

}  // namespace assay::cli
