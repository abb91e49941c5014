#include "drivers/files/conformance_fixture.h"

namespace assay::conformance {

const Subject& subject() {
  static const files::TempDirectory directory;
  static const Subject subject = files::subject_of(jsonl_driver(), files::jsonl_format(), directory);
  return subject;
}

}  // namespace assay::conformance
