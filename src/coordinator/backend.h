// Where the agents of a run come from, and that they go again: addresses that are given, or processes of this machine that are
// started for it. Another way of having agents is another Backend. Used by one thread. Throws Error.
#pragma once

#include "coordinator/local_agents.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace assay::coordinator {

/// What is needed to ask them.
struct AgentAddresses {
  std::vector<std::string> all;  // HOST:PORT, or URLs; at least one
  std::string token = {}, ca_file = {};
};

class Backend {
 public:
  virtual ~Backend() = default;  // those that it started are stopped
  /// Has the agents there. Once.
  virtual AgentAddresses start() = 0;
};

/// Agents that somebody else started.
std::unique_ptr<Backend> static_backend(AgentAddresses);
/// `count` processes of this program on loopback, with a token of their own, which live as long as the Backend. Their state,
/// token and logs are in a temporary folder, which goes with them, unless one of them ended by itself: then it stays. `told`
/// hears where it is. When this process is killed, they end what they do, wait kLinger to be asked for it, and go.
std::unique_ptr<Backend> process_backend(std::size_t count, std::function<void(const std::string&)> told);

/// Those of a process_backend() whose process is gone, by their folder. Throws Error: it is none.
AgentAddresses agents_left_in(const std::filesystem::path& folder);
/// Stops them and removes the folder; false: it stays, with the log of one that ended by itself.
bool remove_agents_left_in(const std::filesystem::path& folder);

}  // namespace assay::coordinator
