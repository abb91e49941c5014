// What the system's error numbers mean for files that are a target. Pure; expectations are those of POSIX and
// man-pages.
#pragma once

#include "base/result.h"

#include <string_view>

namespace assay::files {

///   overloaded    the disk, a quota or the limit of a file is full, or the process has no descriptors or memory left
///   disconnected  the device or the network file system does not answer
///   timeout       it did not in time
///   rejected      all else: not there, not allowed, read-only
FailureKind classify(int error) noexcept;

/// "writing out/users.csv: No space left on device", with the error's name as native code.
tl::unexpected<Failure> io_failure(std::string_view doing, std::string_view path, int error);

}  // namespace assay::files
