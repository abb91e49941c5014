#include "dataset/dataset_fixture.h"

#include "input/text_file.h"

namespace assay::dataset {

const std::string& every_type() {
  static const std::string text =
      input::read_file(ASSAY_SCHEMAS "/every-type.yaml", {.name = "schema", .has = "tables"});
  return text;
}

}  // namespace assay::dataset
