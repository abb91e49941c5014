#include "results/machine.h"

#include "results/control_group.h"

#include <charconv>
#include <fstream>
#include <sstream>
#include <string_view>

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
  const ControlGroup group = read_control_group(root);
  facts.cgroup_version = group.version;
  if (group.cpu) facts.cgroup_cpus = group.cpu->cpus();
  facts.cgroup_memory_bytes = group.memory_bytes;
  return facts;
}

}  // namespace assay
