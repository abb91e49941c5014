// Changes of populated rows as a run: inserts, updates and deletes that follow from the seed.
//
// A change and the note of how many its client made are one transaction, so that check knows every row, whoever was
// killed when. A change whose commit is in doubt is looked up before anything else is done.
#pragma once

#include "core/workload.h"
#include "workloads/populate/changes.h"

#include <memory>

namespace assay::populate {

/// What the clients of a run share.
struct ChangeRun {
  ChangeRun(Population what, const std::vector<Doer>& before)
      : population(std::move(what)), contents(population, before) {
    contents.make_changeable();
  }
  const Population population;
  Contents contents;
  Doer doer;  // but for the client's number
};

/// The operations insert, update, delete as the mix has them.
Group change_group(const std::shared_ptr<ChangeRun>&);

}  // namespace assay::populate
