// The workload `kv`: point reads and writes, scans and batches on any target with a kv facet, in any mix, with YCSB's
// core workloads A–F as presets. Every value that is read back is verified. README.md says how it is put together.
#pragma once

#include "core/workload.h"

namespace assay {

const WorkloadType& kv_workload();

}  // namespace assay
