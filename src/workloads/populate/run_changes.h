// Changes of populated rows as a run: inserts, updates and deletes that follow from the seed.
//
// Check knows every row, whoever was killed when. On a target with transactions a change and the note of how many its
// client made are one, and a change whose commit is in doubt is looked up before anything else is done. On another the note
// is written behind the change, which is of one row and can be made again; until the run has ended it says that one more
// may have been made (Doer::open).
#pragma once

#include "core/workload.h"
#include "workloads/populate/changes.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace assay::populate {

/// What the clients of a run share.
struct ChangeRun {
  /// `before`: of the runs before this one. `first`: the client 0.
  ChangeRun(Population, const std::vector<Doer>& before, const Doer& first, std::uint64_t count, bool transactions);

  const Population population;
  Contents contents;
  const std::uint64_t count;  // changes to be made, of all clients; 0: without end
  const bool transactions;
  /// How far each client is: written by it alone.
  struct Progress {
    Doer doer;
    bool in_doubt = false;  // a change was begun, and whether it was made is not known
  };
  std::vector<Progress> clients;
  const std::vector<std::string> before;  // what stood in the record when the contents were made of it
  std::atomic<std::uint64_t> replaced =
      0;  // changes of another kind than was drawn, since nothing of that was left to change
};
/// Names and values of these entries.
std::vector<std::string> entries_of(const std::vector<Doer>&);

/// By their ids, those with a weight.
std::vector<OperationInfo> operations_of(const ChangeMix&);
/// The operations insert, update, delete as the mix has them.
Group change_group(const std::shared_ptr<ChangeRun>&);

/// Behind a run on a target without transactions: notes which changes are known to have ended. Throws Error.
void close_notes(const ChangeRun&, Session&);
/// Before a run on such a target: makes what is in doubt of the runs before it, and notes it; shards other than 0 wait until
/// that has been done. Throws Error.
void settle(const Population&, std::uint32_t run, Shard, Session&);

}  // namespace assay::populate
