// What a run was made under, as names with values: its configuration, its target, its machine. By them runs are told to be
// comparable, and what changed between two runs is named.
//
// Names are paths ("target.main.server_version", "option.warehouses"), so that a part of them can be spoken of as a whole
// ("machine"). Pure; nothing here is secret, as nothing in a result is.
#pragma once

#include "results/document.h"

#include <string>
#include <string_view>
#include <vector>

namespace assay {

struct Circumstance {
  std::string name, value;
  /// Figures of runs that differ in it are of different things: the workload, the load, the kind of target, the machine's
  /// processors. What is no configuration is what a series of runs is there to watch: versions, settings of the server, …
  bool configuration = false;
  friend bool operator==(const Circumstance&, const Circumstance&) = default;
};

/// In the order in which people ask: workload, load, targets, machine, program.
std::vector<Circumstance> circumstances_of(const Document&);

struct CircumstanceDifference {
  std::string name, before, after;  // "" where one side has none of the name
  friend bool operator==(const CircumstanceDifference&, const CircumstanceDifference&) = default;
};
std::vector<CircumstanceDifference> differences(const std::vector<Circumstance>& before,
                                                const std::vector<Circumstance>& after);

/// Of more than two runs: those that are not the same in all of them; values by run, "" where one has none of the name.
struct VaryingCircumstance {
  std::string name;
  std::vector<std::string> values;
};
std::vector<VaryingCircumstance> varying(const std::vector<std::vector<Circumstance>>& runs);

/// Whether `name` is `part` or begins with it: "machine.cpus" is of "machine".
bool is_of(std::string_view name, std::string_view part) noexcept;

}  // namespace assay
