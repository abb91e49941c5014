#include "drivers/files/failure.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace assay::files {

FailureKind classify(int error) noexcept {
  switch (error) {
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case ENOLCK:
    case EAGAIN:
      return FailureKind::overloaded;
    case EIO:
    case ENXIO:
    case ENODEV:
    case ESTALE:
    case ENOTCONN:
      return FailureKind::disconnected;
    case ETIMEDOUT:
      return FailureKind::timeout;
    default:  // a full disk too: nobody makes room while one waits, and who does begins again
      return FailureKind::rejected;
  }
}

tl::unexpected<Failure> io_failure(std::string_view doing, std::string_view path, int error) {
  const char* const text = ::strerrordesc_np(error);
  const char* const name = ::strerrorname_np(error);
  return fail(classify(error),
              fmt::format("{} {}: {}", doing, path, text == nullptr ? fmt::format("error {}", error) : text),
              name == nullptr ? std::to_string(error) : name);
}

}  // namespace assay::files
