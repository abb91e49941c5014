#include "deploy/environment.h"

#include "base/error.h"
#include "base/units.h"
#include "core/options.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace assay::deploy {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMiB = 1024 * 1024;

std::string file_text(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  return text.str();
}

/// The value of the line "NAME: value", without blanks before it.
std::string line_value(const std::string& text, std::string_view name) {
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ':') continue;
    const auto at = line.find_first_not_of(" \t", name.size() + 1);
    return at == std::string::npos ? "" : line.substr(at);
  }
  return "";
}

/// "0-2,5" is 4.
std::uint32_t length_of_list(const std::string& list) {
  std::uint32_t count = 0;
  std::istringstream in(list);
  for (std::string part; std::getline(in, part, ',');) {
    unsigned first = 0, last = 0;
    const int read = std::sscanf(part.c_str(), "%u-%u", &first, &last);
    if (read == 1) count++;
    if (read == 2 && last >= first) count += last - first + 1;
  }
  return count;
}

std::uint64_t kibibytes(const std::string& value) { return std::strtoull(value.c_str(), nullptr, 10) * 1024; }

/// In the list of mounts blanks and backslashes of a name are octal: "\040".
std::string mount_name(const std::string& escaped) {
  std::string out;
  for (std::size_t i = 0; i < escaped.size(); i++) {
    const auto digit = [&](std::size_t k) { return k < escaped.size() && escaped[k] >= '0' && escaped[k] <= '7'; };
    if (escaped[i] == '\\' && digit(i + 1) && digit(i + 2) && digit(i + 3)) {
      out += static_cast<char>((escaped[i + 1] - '0') * 64 + (escaped[i + 2] - '0') * 8 + (escaped[i + 3] - '0'));
      i += 3;
    } else {
      out += escaped[i];
    }
  }
  return out;
}

bool is_at_or_below(const std::string& path, const std::string& folder) {
  if (folder == "/") return path.starts_with('/');
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::optional<std::uint64_t> size_option(const std::string& options) {
  std::istringstream in(options);
  for (std::string option; std::getline(in, option, ',');)
    if (option.starts_with("size=")) {
      try {
        return parse_size(option.substr(5));
      } catch (const Error&) {
        return std::nullopt;
      }
    }
  return std::nullopt;
}

/// The last mount on the longest folder above the path: what is mounted later covers what was there.
FolderFacts look_at_folder(const std::string& asked, const std::string& mounts, const fs::path& root) {
  FolderFacts facts{.path = asked, .filesystem = {}};
  std::error_code ignored;
  fs::path real = fs::absolute(asked, ignored).lexically_normal();
  if (root == "/") real = fs::weakly_canonical(real, ignored);
  facts.missing = root == "/" && !fs::exists(real, ignored);
  std::string path = real.string();
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  std::size_t longest = 0;
  std::istringstream in(mounts);
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::string device, folder, type, options;
    if (!(fields >> device >> folder >> type >> options)) continue;
    folder = mount_name(folder);
    if (!is_at_or_below(path, folder) || folder.size() < longest) continue;
    longest = folder.size();
    facts.filesystem = type;
    facts.tmpfs_bytes = type == "tmpfs" ? size_option(options) : std::nullopt;
  }
  struct statvfs space {};
  if (facts.tmpfs() && !facts.tmpfs_bytes && root == "/" && ::statvfs(path.c_str(), &space) == 0)
    facts.tmpfs_bytes = static_cast<std::uint64_t>(space.f_blocks) * space.f_frsize;  // without size= the kernel chose
  return facts;
}

std::string in_mebi(std::uint64_t bytes) { return fmt::format("{} MB", bytes / kMiB); }

std::string cpu_text(double cpus) { return format_significant(cpus, 4); }

/// Limits are rounded down to whole pages, of at most 64 KiB.
bool same_size(std::uint64_t found, std::uint64_t expected) {
  const std::uint64_t low = std::min(found, expected), high = std::max(found, expected);
  return high - low < 64 * 1024;
}

}  // namespace

double Environment::cpus() const noexcept {
  const double cores = cpu_cores;
  return group.cpu && (cpu_cores == 0 || group.cpu->cpus() < cores) ? group.cpu->cpus() : cores;
}

Environment read_environment(std::span<const std::string> folders, const fs::path& root) {
  Environment found;
  found.hostname = file_text(root / "proc/sys/kernel/hostname");
  if (const auto end = found.hostname.find('\n'); end != std::string::npos) found.hostname.resize(end);
  found.cpu_cores = length_of_list(line_value(file_text(root / "proc/self/status"), "Cpus_allowed_list"));
  const std::string memory = file_text(root / "proc/meminfo");
  found.memory_bytes = kibibytes(line_value(memory, "MemTotal"));
  found.available_memory_bytes = kibibytes(line_value(memory, "MemAvailable"));
  found.group = read_control_group(root);
  if (found.group.memory_bytes) {
    found.memory_bytes = std::min(found.memory_bytes, *found.group.memory_bytes);
    found.available_memory_bytes = std::min(found.available_memory_bytes, *found.group.memory_bytes);
  }
  const std::string mounts = file_text(root / "proc/self/mounts");
  for (const std::string& folder : folders) found.folders.push_back(look_at_folder(folder, mounts, root));
  return found;
}

std::string show_environment(const Environment& found) {
  std::string out = "=== Runtime Environment Verification ===\n";
  out += fmt::format("CPU cores visible: {}\nTotal memory: {}\nAvailable memory: {}\n", found.cpu_cores,
                     in_mebi(found.memory_bytes), in_mebi(found.available_memory_bytes));
  for (const FolderFacts& folder : found.folders) {
    if (folder.missing) {
      out += fmt::format("{}: there is no such folder\n", folder.path);
      continue;
    }
    out += fmt::format("{}: {} (tmpfs: {})\n", folder.path, folder.filesystem.empty() ? "unknown" : folder.filesystem,
                       folder.tmpfs());
    if (folder.tmpfs_bytes) out += fmt::format("  tmpfs size: {}\n", in_mebi(*folder.tmpfs_bytes));
  }
  out += found.group.memory_bytes ? fmt::format("cgroup memory limit: {}\n", *found.group.memory_bytes)
                                  : "cgroup memory limit: none\n";
  out += found.group.cpu
             ? fmt::format("cgroup CPU quota: {} {}\n", found.group.cpu->quota_us, found.group.cpu->period_us)
             : "cgroup CPU quota: none\n";
  return out + "========================================\n";
}

std::uint64_t parse_size(std::string_view text) {
  // Kubernetes leaves out the B, Docker and mount(8) have one letter for powers of 1024.
  const auto unit =
      std::find_if_not(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  std::string plain(text.begin(), unit), letters(unit, text.end());
  if (letters == "Ki" || letters == "Mi" || letters == "Gi" || letters == "Ti") letters += "B";
  if (letters.size() == 1 && letters != "B" && letters != "b") {
    const char upper = static_cast<char>(letters[0] & ~0x20);
    if (upper == 'K' || upper == 'M' || upper == 'G' || upper == 'T') letters = fmt::format("{}iB", upper);
  }
  try {
    return parse_bytes(plain + letters);
  } catch (const Error&) {
    throw Error(fmt::format("'{}' is not a size; expected for example 512Mi, 4g or 1073741824", text));
  }
}

Expectations Expectations::parse(std::string_view cpus, std::string_view memory, std::string_view tmpfs) {
  Expectations out;
  std::vector<std::string> mistakes;
  const auto attempt = [&](std::string_view option, const auto& step) {
    try {
      step();
    } catch (const Error& error) {
      mistakes.push_back(fmt::format("--{}: {}", option, error.what()));
    }
  };
  if (!cpus.empty())
    attempt("expect-cpus", [&] {
      const double value = parse_number(cpus);
      if (value <= 0) throw Error(fmt::format("'{}' processors; expected more than 0, such as 0.5 or 2", cpus));
      out.cpus = value;
    });
  if (!memory.empty()) attempt("expect-memory", [&] { out.memory_bytes = parse_size(memory); });
  std::istringstream in{std::string(tmpfs)};
  for (std::string part; std::getline(in, part, ',');)
    attempt("expect-tmpfs", [&] {
      const auto colon = part.find(':');
      if (!part.starts_with('/'))
        throw Error(fmt::format("'{}' is no folder; expected PATH or PATH:SIZE, such as /data:256Mi", part));
      ExpectedTmpfs one{.path = part.substr(0, colon), .bytes = {}};
      if (colon != std::string::npos) one.bytes = parse_size(std::string_view(part).substr(colon + 1));
      out.tmpfs.push_back(std::move(one));
    });
  refuse_mistakes(mistakes);
  return out;
}

namespace {

void compare_cpus(const Environment& found, double expected, std::vector<std::string>& out) {
  // A quota is set in microseconds of a period; what was asked is there to 1 %.
  if (std::abs(found.cpus() - expected) <= expected * 0.01) return;
  const std::string quota = found.group.cpu ? fmt::format("a quota of {} in force (cgroup version {})",
                                                          cpu_text(found.group.cpu->cpus()), found.group.version)
                            : found.group.version == 0
                                ? std::string("no control group to be seen")
                                : fmt::format("no quota in force (cgroup version {})", found.group.version);
  out.push_back(
      fmt::format("processors: {} visible, {}; expected a limit of {}", found.cpu_cores, quota, cpu_text(expected)));
}

void compare_memory(const Environment& found, std::uint64_t expected, std::vector<std::string>& out) {
  if (found.group.memory_bytes && same_size(*found.group.memory_bytes, expected)) return;
  out.push_back(fmt::format(
      "memory: {}; expected a limit of {} ({} bytes)",
      found.group.memory_bytes
          ? fmt::format("a limit of {} bytes (cgroup version {})", *found.group.memory_bytes, found.group.version)
          : fmt::format("no limit in force on {}", in_mebi(found.memory_bytes)),
      in_mebi(expected), expected));
}

void compare_folder(const Environment& found, const ExpectedTmpfs& expected, std::vector<std::string>& out) {
  const auto folder = std::find_if(found.folders.begin(), found.folders.end(),
                                   [&](const FolderFacts& facts) { return facts.path == expected.path; });
  const std::string wanted = expected.bytes ? fmt::format("a tmpfs of {}", in_mebi(*expected.bytes)) : "a tmpfs";
  if (folder == found.folders.end() || !folder->tmpfs()) {
    const std::string on = folder == found.folders.end() || folder->filesystem.empty() ? "on an unknown file system"
                           : folder->missing                                           ? "there is no such folder"
                                                                                       : "on " + folder->filesystem;
    out.push_back(fmt::format("{}: {}; expected {}", expected.path, on, wanted));
  } else if (expected.bytes && (!folder->tmpfs_bytes || !same_size(*folder->tmpfs_bytes, *expected.bytes))) {
    out.push_back(fmt::format("{}: a tmpfs of {}; expected {}", expected.path,
                              folder->tmpfs_bytes ? in_mebi(*folder->tmpfs_bytes) : "unknown size", wanted));
  }
}

}  // namespace

std::vector<std::string> differences(const Environment& found, const Expectations& expected) {
  std::vector<std::string> out;
  if (expected.cpus) compare_cpus(found, *expected.cpus, out);
  if (expected.memory_bytes) compare_memory(found, *expected.memory_bytes, out);
  for (const ExpectedTmpfs& one : expected.tmpfs) compare_folder(found, one, out);
  return out;
}

}  // namespace assay::deploy
