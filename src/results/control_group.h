// The limits that the control groups put on this process: of the group it is in and of those above it, the lowest.
//
// Both hierarchies are read, of /proc and /sys under `root`, so that a test can show any machine: the unified one
// (version 2) and that of one folder a controller (version 1, also beside an empty unified one). Memory is in bytes,
// times in microseconds. What cannot be read is no limit, never an error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace assay {

struct ControlGroup {
  /// Processor time of the group in each period.
  struct Quota {
    std::uint64_t quota_us = 0, period_us = 0;
    double cpus() const noexcept { return static_cast<double>(quota_us) / static_cast<double>(period_us); }
    friend bool operator==(const Quota&, const Quota&) = default;
  };

  std::uint32_t version = 0;                  // 1, 2, or 0 when there is none to be seen
  std::optional<Quota> cpu;                   // absent: no limit
  std::optional<std::uint64_t> memory_bytes;  // absent: no limit

  friend bool operator==(const ControlGroup&, const ControlGroup&) = default;
};

ControlGroup read_control_group(const std::filesystem::path& root = "/");

}  // namespace assay
