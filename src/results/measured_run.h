// The figures of a run as conditions ask for them (results/threshold.h): of a finished one, of one under way, or of one
// that has not begun, where only the names are known.
//
// A view: it points at what its maker owns and must not outlive it. Not thread-safe.
#pragma once

#include "results/document.h"
#include "results/threshold.h"

#include <optional>
#include <string>
#include <vector>

namespace assay {

struct MeasuredRun {
  struct Operation {
    std::string name;
    bool nested = false;
    const OperationStats* stats = nullptr;  // of the phase `measure`; nullptr: not begun
  };
  struct Group {
    std::string name;
    std::vector<Operation> operations;
    std::uint64_t abandoned = 0;
  };
  std::vector<Group> groups;
  Nanos length{};                                          // of the measured time, so far
  const std::vector<Event>* events = nullptr;              // nullptr: not known yet
  const std::vector<Figure>* figures = nullptr;            // likewise; what the workload says when the run is over
  const std::vector<Requirement>* requirements = nullptr;  // likewise
  std::optional<double> cpu_ns;                            // for each operation

  static MeasuredRun of(const Document&);
};

/// Adds the groups of a workload, of which only names are known (core/workload.h: GroupShape); as a part of a run that
/// has several they have its name. False: not even those of the operations are.
template <class Shapes>
bool add_shapes(MeasuredRun& run, const Shapes& shapes, const std::string& part) {
  for (const auto& shape : shapes) {
    if (shape.operations.empty()) return false;
    std::string name = part.empty() ? shape.name : shape.triggered ? part + "." + shape.name : part;
    MeasuredRun::Group& group = run.groups.emplace_back(MeasuredRun::Group{std::move(name), {}, 0});
    for (const auto& operation : shape.operations)
      group.operations.push_back({operation.name, operation.nested, nullptr});
  }
  return !shapes.empty();
}

/// The value in the units of its quantity. An operation is named by its name (of all groups that have one), by
/// GROUP/OPERATION, or by GROUP, which is all of its operations; without a name it is all that are not nested. Throws Error
/// with those that there are when there is none of the name.
std::optional<double> value_in(const MeasuredRun&, const ThresholdValue&);

}  // namespace assay
