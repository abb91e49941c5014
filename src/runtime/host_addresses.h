// The look-up of host names, off the loop: getaddrinfo cannot be made to wait as a fiber does, so a thread calls it.
#pragma once

#include "base/result.h"
#include "base/time.h"

#include <string>
#include <vector>

namespace assay::runtime {

/// The numeric addresses of a host, in the system's order; a numeric host is its own. Waits as runtime/wait.h does. Failures
/// (unknown host, too late, cancelled) name the host.
Result<std::vector<std::string>> host_addresses(const std::string& host, TimePoint deadline);

}  // namespace assay::runtime
