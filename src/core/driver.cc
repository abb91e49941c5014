#include "core/driver.h"

#include "base/error.h"
#include "core/url.h"

namespace assay {

void throw_unreachable(std::string_view url, const Failure& failure) {
  if (failure.kind == FailureKind::cancelled) throw Error("interrupted", ExitCode::interrupted);
  throw Error(fmt::format("cannot use {}: {}", without_secrets(url), failure.message), ExitCode::unreachable);
}

}  // namespace assay
