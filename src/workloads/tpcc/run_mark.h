// That a run is under way, noted in the target, so that two runs on the same data know of each other.
//
// The cross-check of New-Orders compares what one run counted with the growth of the target's own counters. Another run on the
// same warehouses grows them too: then they differ though nothing is wrong. Each run therefore leaves an entry in assay_meta,
// `run/ID` = its shard as `INDEX/COUNT`, and `ended/ID` when it is over (no entry is ever changed, as a change may be seen half
// done). A run that was killed never ends, which takes nothing from a later run but the certainty that a surplus is an error.
// Cleanup removes the entries with all others.
#pragma once

#include "core/driver.h"
#include "core/shard.h"

#include <set>
#include <string>

namespace assay::tpcc {

class RunMark {
 public:
  /// Before the counters are read for the first time. Throws Error.
  void begin(Session&, Shard);
  /// After they were read for the last time. Answers how many other runs were, or may have been, under way meanwhile: not
  /// those of the other shards of this job, which work on warehouses of their own. Throws Error.
  std::size_t end(Session&);

 private:
  std::string id_;
  Shard shard_;
  std::set<std::string> over_;  // the runs that had ended before this one began
};

}  // namespace assay::tpcc
