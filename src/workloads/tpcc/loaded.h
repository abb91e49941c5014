// What a target says of the data that was loaded into it: the entries in assay_meta, and the ledger of a load under
// way.
//
// Used over one session, by whoever holds it. Throws Error.
#pragma once

#include "core/meta.h"
#include "workloads/tpcc/load_rows.h"
#include "workloads/tpcc/options.h"

#include <optional>
#include <string>
#include <string_view>

namespace assay::tpcc {

inline constexpr std::string_view kWorkload = "tpcc";
inline constexpr std::string_view kLedger = "load/";  // a ledger entry is this and the chunk's name

struct Loaded {
  /// creating: tables are being made; loading: rows are; indexing: indexes and keys are; complete; removing: a clean-up has
  /// begun.
  std::string state;
  Source source;
  std::int64_t partitions = 1;
  std::string partition_type = "hash";
  bool foreign_keys = true;
  bool ran = false;  // transactions ran on it since it was loaded

  bool removing() const { return state == "removing"; }
  bool complete() const { return state == "complete"; }
  /// "4 warehouses, seed 7, scale-down 100, …" for messages.
  std::string describe() const;
};

/// Whether partitions and foreign keys are the same.
bool same_layout(const Loaded&, const Loaded&);

/// nullopt: nothing of ours is there.
std::optional<Loaded> read_loaded(Session&);
/// Writes all entries but `ran`.
void write_loaded(Session&, const Loaded&);
/// read_loaded, or an Error that tells how to load.
Loaded require_loaded(Session&);

}  // namespace assay::tpcc
