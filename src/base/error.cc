#include "base/error.h"

#include "base/result.h"

#include <cstdio>
#include <cstdlib>

namespace assay {

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "assay: this is a bug: %s is not true (%s:%d)\n", condition, file, line);
  std::abort();
}

std::string_view to_string(FailureKind kind) noexcept {
  switch (kind) {
    case FailureKind::conflict:
      return "conflict";
    case FailureKind::timeout:
      return "timeout";
    case FailureKind::overloaded:
      return "overloaded";
    case FailureKind::disconnected:
      return "disconnected";
    case FailureKind::rejected:
      return "rejected";
    case FailureKind::wrong_answer:
      return "wrong_answer";
    case FailureKind::cancelled:
      return "cancelled";
  }
  return "unknown";
}

}  // namespace assay
