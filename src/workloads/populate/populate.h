// The workload `populate`: rows of a schema, written into any target with a rows facet, checked to the last value,
// changed. README.md says how it is put together.
#pragma once

#include "core/workload.h"

namespace assay {

const WorkloadType& populate_workload();

}  // namespace assay
