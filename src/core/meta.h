// The small record that assay leaves in a target: which workload was prepared, with what seed, scale and state, which
// chunks of a load are done, and which tables are ours. So run, check, cleanup and a resumed prepare work from another
// machine.
//
// On a target with query and rows facets it is the table assay_meta(workload, name, value). On one that has only a kv
// facet it is the collection assay_meta with the keys workload/name; every call then makes assay_meta the collection in
// use, and the caller must use() its own again. Used over one session, by whoever holds it. Every call waits, and but for
// try_put throws Error.
#pragma once

#include "core/driver.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay {

class Meta {
 public:
  /// `workload` is the owner of the entries seen through this object.
  Meta(Session& session, std::string_view workload);

  /// Makes the table when it is not there.
  void create();
  bool exists();
  std::optional<std::string> get(std::string_view name);
  /// All entries whose name starts with the prefix.
  std::map<std::string, std::string> all(std::string_view prefix = "");
  /// Inserts or replaces; part of the open transaction, if there is one.
  void put(std::string_view name, std::string_view value);
  /// The same for whoever tries its transaction again after a conflict.
  Result<> try_put(std::string_view name, std::string_view value);
  /// Removes an entry, if it is there.
  void erase(std::string_view name);
  /// Removes this workload's entries, and the table when no other workload has any.
  void remove();

 private:
  KvFacet& kv();  // using assay_meta
  std::vector<std::pair<std::string, std::string>> kv_entries(const std::string& prefix);
  void kv_remove();

  Session& session_;
  const std::string workload_;
  const bool by_kv_;
};

/// The table itself, for drivers' tests and cleanup.
const Table& meta_table();

}  // namespace assay
