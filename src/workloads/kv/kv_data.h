// Prepare, check and cleanup of kv: the rows of a collection and the record of them in assay_meta. Each call opens its
// own sessions, waits, and throws Error.
#pragma once

#include "core/workload.h"
#include "workloads/kv/layout.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace assay::kv {

/// What assay_meta says of a collection.
struct Prepared {
  Layout layout;
  bool complete = false;  // all shards of the load are done
  bool deleted = false;   // a run deleted rows, so rows may miss
};

/// Throws Error when the collection was not prepared, or the load was not finished.
Prepared read_prepared(Target&, const std::string& collection);
/// Tells all who come later that rows may miss.
void mark_deleted(Target&, const std::string& collection);

/// Writes this shard's rows; goes on where an earlier load of the same layout stopped. `layout.seed` is replaced by
/// that of the earlier load.
void load(Job&, const std::string& collection, Layout layout);
/// Every loaded row is there with a value that verifies (this shard's rows), and so is every row that runs inserted.
CheckOutcome check_rows(Job&, const std::string& collection, const Prepared&);
/// Removes the collection and its record, if assay made it.
void remove(Job&, const std::string& collection);

/// The first row number behind the loaded rows from which on no key is there.
std::uint64_t first_free_row(Target&, const std::string& collection, const Layout&);

}  // namespace assay::kv
