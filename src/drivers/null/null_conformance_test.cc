#include "drivers/conformance/conformance.h"
#include "drivers/null/null.h"

namespace assay::conformance {

// With memory=true it keeps what it is given; without, it answers anything at once, and there is nothing to check.
const Subject& subject() {
  const TargetSpec spec{.url = "null:?memory=true", .options = Options(null_driver().info().options)};
  static const Subject subject{.driver = null_driver(),
                               .spec = spec,
                               .bad_urls = {"null:address", "null:?latency=fast", "null:?no-such-option=1"}};
  return subject;
}

}  // namespace assay::conformance
