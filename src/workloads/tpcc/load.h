// Prepare and cleanup of TPC-C: tables, rows in parallel chunks with a ledger, then indexes and foreign keys.
//
// A chunk is a transaction that also writes its entry into the ledger (assay_meta), so a load that was killed goes on
// where it stopped and ends with the same rows. Shard 0 makes tables, items, indexes and keys; warehouse w is loaded by
// shard (w − 1) mod count. Throws Error.
#pragma once

#include "core/workload.h"
#include "workloads/tpcc/options.h"

namespace assay::tpcc {

/// Not beside another load or a run on the same data, but for the other shards of this one.
void load(Job&, const Settings&);
void require_nobody_at_work(Target&);
/// Drops the tables that assay_meta says are ours, and the record.
void remove_all(Job&);

}  // namespace assay::tpcc
