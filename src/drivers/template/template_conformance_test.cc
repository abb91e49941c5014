#include "drivers/conformance/conformance.h"
#include "drivers/template/template.h"

namespace assay::conformance {

const Subject& subject() {
  static const Subject subject{.driver = template_driver(),
                               .spec = {.url = "template:test", .options = Options({})},
                               .bad_urls = {"postgres://host/database", ""}};
  return subject;
}

}  // namespace assay::conformance
