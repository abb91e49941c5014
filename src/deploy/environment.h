// What a worker of a deployment has to work with: processors, memory, the file systems of its folders, the limits of
// its control group; as it is shown, recorded, and held against what the deployment asked for.
//
// Read from /proc and /sys under `root`, so that a test can show it any machine. Memory and sizes are in bytes,
// processors in whole ones (1.5 = 150 %). What cannot be read is 0, "" or absent; only an expectation makes it an
// error.
#pragma once

#include "results/control_group.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::deploy {

/// A folder and the file system that it is on.
struct FolderFacts {
  std::string path;                               // as it was asked for
  std::string filesystem;                         // "ext4", "tmpfs"
  std::optional<std::uint64_t> tmpfs_bytes = {};  // how large it may become
  bool missing = false;  // there is no such folder (yet): the facts are of where it would be. Not reported

  bool tmpfs() const noexcept { return filesystem == "tmpfs"; }
  friend bool operator==(const FolderFacts&, const FolderFacts&) = default;
};

struct Environment {
  std::string hostname;
  std::uint32_t cpu_cores = 0;  // that this process may run on
  std::uint64_t memory_bytes = 0,
                available_memory_bytes = 0;  // of the machine, or the limit of the group where that is less
  ControlGroup group;
  std::vector<FolderFacts> folders;

  /// How many processors it can keep busy: the quota, or those it may run on where they are fewer.
  double cpus() const noexcept;
};

Environment read_environment(std::span<const std::string> folders, const std::filesystem::path& root = "/");

/// The block that a worker shows at its start, ended by a line break.
std::string show_environment(const Environment&);

struct ExpectedTmpfs {
  std::string path;
  std::optional<std::uint64_t> bytes;
};

/// What a deployment asked for. What is absent is not looked at.
struct Expectations {
  std::optional<double> cpus;
  std::optional<std::uint64_t> memory_bytes;
  std::vector<ExpectedTmpfs> tmpfs;

  /// "2" or "0.5"; "512Mi"; "/data" or "/data:256Mi", several separated by ','. "" is no expectation. Throws one Error
  /// for all mistakes.
  static Expectations parse(std::string_view cpus, std::string_view memory, std::string_view tmpfs);
};

/// A size as deployments write it: "512Mi", "512MiB", "512m", "4g", "1GB", "4096". Throws Error.
std::uint64_t parse_size(std::string_view text);

/// In what the environment is not what was asked for, a sentence each: what was found, where, what is expected.
std::vector<std::string> differences(const Environment&, const Expectations&);

}  // namespace assay::deploy
