#include "results/control_group.h"

#include <charconv>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace assay {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  return text.str();
}

/// "max", -1 and what else is no count answer nothing.
std::optional<std::uint64_t> count_in(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return std::nullopt;
  text.remove_prefix(first);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

/// The folder of the group and those above it up to the mount: a limit holds for everything below it. In a container
/// whose group is named as the host sees it the folder is not there, and the mount itself is the container's group.
std::vector<fs::path> group_folders(const fs::path& mount, std::string_view group) {
  std::vector<fs::path> folders{mount};
  fs::path at = mount;
  for (const fs::path& part : fs::path(group).relative_path()) {
    at /= part;
    std::error_code ignored;
    if (!fs::is_directory(at, ignored)) break;
    folders.push_back(at);
  }
  return folders;
}

void lower(ControlGroup& limits, std::optional<std::uint64_t> quota, std::optional<std::uint64_t> period) {
  if (!quota || !period || *quota == 0 || *period == 0) return;
  const ControlGroup::Quota found{*quota, *period};
  if (!limits.cpu || found.cpus() < limits.cpu->cpus()) limits.cpu = found;
}

void lower(ControlGroup& limits, std::optional<std::uint64_t> bytes) {
  if (bytes && (!limits.memory_bytes || *bytes < *limits.memory_bytes)) limits.memory_bytes = bytes;
}

void read_unified(ControlGroup& limits, const fs::path& mount, std::string_view group) {
  for (const fs::path& folder : group_folders(mount, group)) {
    const std::string cpu = text_of(folder / "cpu.max");  // "150000 100000" or "max 100000"
    const auto space = cpu.find(' ');
    if (space != std::string::npos) lower(limits, count_in(cpu.substr(0, space)), count_in(cpu.substr(space)));
    lower(limits, count_in(text_of(folder / "memory.max")));
  }
}

void read_cpu_controller(ControlGroup& limits, const fs::path& mount, std::string_view group) {
  for (const fs::path& folder : group_folders(mount, group))
    lower(limits, count_in(text_of(folder / "cpu.cfs_quota_us")), count_in(text_of(folder / "cpu.cfs_period_us")));
}

void read_memory_controller(ControlGroup& limits, const fs::path& mount, std::string_view group) {
  // "No limit" is written as the largest number of whole pages, which is more than any machine has.
  for (const fs::path& folder : group_folders(mount, group))
    if (const auto bytes = count_in(text_of(folder / "memory.limit_in_bytes"));
        bytes && *bytes < (std::uint64_t{1} << 60))
      lower(limits, bytes);
}

bool lists(std::string_view controllers, std::string_view wanted) {
  while (!controllers.empty()) {
    const auto comma = controllers.find(',');
    if (controllers.substr(0, comma) == wanted) return true;
    if (comma == std::string_view::npos) return false;
    controllers.remove_prefix(comma + 1);
  }
  return false;
}

/// Controllers that are mounted together have one folder, named after all of them in any order; each has a link of its
/// own name.
fs::path controller_mount(const fs::path& groups, std::string_view controllers, std::string_view one) {
  std::error_code ignored;
  const fs::path together = groups / std::string(controllers);
  return fs::is_directory(together, ignored) ? together : groups / std::string(one);
}

}  // namespace

ControlGroup read_control_group(const fs::path& root) {
  const fs::path groups = root / "sys/fs/cgroup";
  ControlGroup limits;
  std::istringstream in(text_of(root / "proc/self/cgroup"));  // lines "0::/a" (version 2) and "4:cpu,cpuacct:/a" (1)
  std::optional<std::string> unified;
  for (std::string line; std::getline(in, line);) {
    const auto first = line.find(':'), second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string_view controllers = std::string_view(line).substr(first + 1, second - first - 1);
    const std::string_view group = std::string_view(line).substr(second + 1);
    if (controllers.empty()) unified = std::string(group);
    if (lists(controllers, "cpu")) read_cpu_controller(limits, controller_mount(groups, controllers, "cpu"), group);
    if (lists(controllers, "memory"))
      read_memory_controller(limits, controller_mount(groups, controllers, "memory"), group);
    if (!controllers.empty() && !controllers.starts_with("name=")) limits.version = 1;
  }
  if (limits.version == 0 && unified) {
    limits.version = 2;
    read_unified(limits, groups, *unified);
  }
  return limits;
}

}  // namespace assay
