// The machine that made the load: kernel, processor, memory, and the limits that the control group puts on this
// process.
//
// Read from /proc and /sys under `root`, so that a test can show it any machine. What cannot be read is left empty or
// absent: a missing fact is never an error. Memory is in bytes, limits of the processor in whole processors (1.5 = 150
// %).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace assay {

struct MachineFacts {
  std::string os;         // "Debian GNU/Linux 12 (bookworm)"
  std::string kernel;     // "6.1.0-13-amd64"
  std::string cpu_model;  // "AMD EPYC 7763 64-Core Processor"
  std::uint32_t cpus = 0;
  std::uint64_t memory_bytes = 0;
  std::uint32_t cgroup_version = 0;                  // 1, 2, or 0 when there is none to be seen
  std::optional<double> cgroup_cpus;                 // absent: no limit
  std::optional<std::uint64_t> cgroup_memory_bytes;  // absent: no limit

  friend bool operator==(const MachineFacts&, const MachineFacts&) = default;
};

MachineFacts gather_machine_facts(const std::filesystem::path& root = "/");

}  // namespace assay
