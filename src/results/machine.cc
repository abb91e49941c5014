#include "results/machine.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

namespace assay {
namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  return text.str();
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n\"");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n\"") - first + 1);
}

/// Calls `f(key, value)` for each line of `text` that has `separator`.
template <class F>
void for_each_pair(const std::string& text, char separator, F f) {
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (const auto at = line.find(separator); at != std::string::npos)
      f(trimmed(std::string_view(line).substr(0, at)), trimmed(std::string_view(line).substr(at + 1)));
}

template <class T>
std::optional<T> number(std::string_view text) {
  text = trimmed(text);
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

template <class T>
void lower(std::optional<T>& limit, std::optional<T> other) {
  if (other && (!limit || *other < *limit)) limit = other;
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

void read_cgroup_v2(MachineFacts& facts, const fs::path& mount, std::string_view group) {
  for (const fs::path& folder : group_folders(mount, group)) {
    const std::string cpu = read_text(folder / "cpu.max");  // "150000 100000" or "max 100000"
    const auto space = cpu.find(' ');
    const auto quota = number<double>(cpu.substr(0, space));
    const auto period = space == std::string::npos ? std::nullopt : number<double>(cpu.substr(space));
    if (quota && period && *period > 0) lower(facts.cgroup_cpus, std::optional(*quota / *period));
    lower(facts.cgroup_memory_bytes, number<std::uint64_t>(read_text(folder / "memory.max")));
  }
}

void read_cgroup_v1_cpu(MachineFacts& facts, const fs::path& mount, std::string_view group) {
  for (const fs::path& folder : group_folders(mount, group)) {
    const auto quota = number<double>(read_text(folder / "cpu.cfs_quota_us"));  // -1: none
    const auto period = number<double>(read_text(folder / "cpu.cfs_period_us"));
    if (quota && period && *quota > 0 && *period > 0) lower(facts.cgroup_cpus, std::optional(*quota / *period));
  }
}

void read_cgroup_v1_memory(MachineFacts& facts, const fs::path& mount, std::string_view group) {
  // "No limit" is written as the largest number of whole pages, which is more than any machine has.
  for (const fs::path& folder : group_folders(mount, group))
    if (const auto limit = number<std::uint64_t>(read_text(folder / "memory.limit_in_bytes"));
        limit && *limit < (std::uint64_t{1} << 60))
      lower(facts.cgroup_memory_bytes, limit);
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

void read_cgroup(MachineFacts& facts, const fs::path& root) {
  const fs::path mount = root / "sys/fs/cgroup";
  std::istringstream in(read_text(root / "proc/self/cgroup"));  // lines "0::/a" (v2) and "4:cpu,cpuacct:/a" (v1)
  std::string unified;
  bool has_unified = false;
  for (std::string line; std::getline(in, line);) {
    const auto first = line.find(':'), second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string_view controllers = std::string_view(line).substr(first + 1, second - first - 1);
    const std::string_view group = std::string_view(line).substr(second + 1);
    if (controllers.empty()) {
      has_unified = true;
      unified = group;
    }
    if (lists(controllers, "cpu")) read_cgroup_v1_cpu(facts, mount / std::string(controllers), group);
    if (lists(controllers, "memory")) read_cgroup_v1_memory(facts, mount / std::string(controllers), group);
    if (!controllers.empty() && !controllers.starts_with("name=")) facts.cgroup_version = 1;
  }
  if (facts.cgroup_version == 0 && has_unified) {
    facts.cgroup_version = 2;
    read_cgroup_v2(facts, mount, unified);
  }
}

}  // namespace

MachineFacts gather_machine_facts(const fs::path& root) {
  MachineFacts facts;
  for_each_pair(read_text(root / "etc/os-release"), '=', [&](std::string_view key, std::string_view value) {
    if (key == "PRETTY_NAME") facts.os = value;
  });
  facts.kernel = trimmed(read_text(root / "proc/sys/kernel/osrelease"));
  for_each_pair(read_text(root / "proc/cpuinfo"), ':', [&](std::string_view key, std::string_view value) {
    if (key == "processor") facts.cpus++;
    if (key == "model name" && facts.cpu_model.empty()) facts.cpu_model = value;
  });
  for_each_pair(read_text(root / "proc/meminfo"), ':', [&](std::string_view key, std::string_view value) {
    if (key == "MemTotal") facts.memory_bytes = number<std::uint64_t>(value).value_or(0) * 1024;  // stated in kB = 1024
  });
  read_cgroup(facts, root);
  return facts;
}

}  // namespace assay
