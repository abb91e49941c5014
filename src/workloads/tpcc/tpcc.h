// The workload `tpcc`: TPC-C 5.11 on any target with a query facet (and rows for loading): five transactions of
// terminals that are each fixed to a warehouse, deferred deliveries, and the twelve consistency conditions. README.md
// says what follows the specification and what does not.
#pragma once

#include "core/workload.h"

namespace assay {

const WorkloadType& tpcc_workload();

}  // namespace assay
