#include "core/driver.h"

#include "base/error.h"
#include "core/url.h"

#include <algorithm>

namespace assay {

void throw_unreachable(std::string_view url, const Failure& failure) {
  if (failure.kind == FailureKind::cancelled) throw Error("interrupted", ExitCode::interrupted);
  throw Error(fmt::format("cannot use {}: {}", without_secrets(url), failure.message), ExitCode::unreachable);
}

void require_effect(const Options& options, const TargetSpec& spec) {
  for (const OptionSpec& option : options.table())
    if (option.facet && options.given(option.name) && !spec.facets.empty() &&
        std::find(spec.facets.begin(), spec.facets.end(), *option.facet) == spec.facets.end())
      throw Error(fmt::format("the option {} has no effect in this workload, which does not use the facet {}",
                              option.name, to_string(*option.facet)));
}

}  // namespace assay
