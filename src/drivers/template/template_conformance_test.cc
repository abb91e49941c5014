#include "drivers/conformance/conformance.h"
#include "drivers/template/template.h"

namespace assay::conformance {

const Subject& subject() {
  const TargetSpec spec{.url = "template:test", .options = Options({})};
  static const Subject subject{.driver = template_driver(), .spec = spec, .bad_urls = {"postgres://host/database", ""}};
  return subject;
}

}  // namespace assay::conformance
