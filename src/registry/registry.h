// The explicit lists: which drivers and workloads this assay has. Adding one is adding its line in registry.cc.
#pragma once

#include "core/driver.h"
#include "core/workload.h"

#include <span>
#include <string_view>
#include <vector>

namespace assay {

/// A driver of this build, or one that the build left out because a library was missing.
struct DriverEntry {
  std::string_view name;
  const Driver* driver;                   // nullptr: not in this build
  std::string_view package;               // the Debian package that it is built with; empty: none needed
  std::vector<std::string_view> schemes;  // of its URLs, where there is no driver to ask
};

const std::vector<DriverEntry>& all_drivers();
const std::vector<const WorkloadType*>& all_workloads();

/// The driver whose scheme the URL has. Throws Error that lists what there is, or names the missing package.
const Driver& find_driver(std::string_view url, std::span<const DriverEntry> among = all_drivers());
/// Throws Error that lists what there is.
const WorkloadType& find_workload(std::string_view name);

}  // namespace assay
