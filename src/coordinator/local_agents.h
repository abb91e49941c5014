// Agents on this machine that outlive the command which starts them: one folder a runner, WORKDIR/.assay/RUNNER, which has
// their process ids, addresses, logs and what they measured.
//
// Nobody else's process is ever stopped. Agents listen on loopback only. Throws Error. For one command at a time.
#pragma once

#include "base/process.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace assay::coordinator {

struct LocalAgent : ProcessIdentity {
  std::string url{};     // "http://127.0.0.1:40001"
  std::string system{};  // the name of the one it puts under load
};

class LocalAgents {
 public:
  LocalAgents(const std::filesystem::path& workdir, const std::string& runner);

  /// Those that were started and not stopped since, whether they live or not.
  const std::vector<LocalAgent>& all() const noexcept { return agents_; }
  /// Starts one more, on a free port. `environment` is what it has beside this process's: the URL of its target with the
  /// password, its token; `options` are those of `assay agent` beside its address and folder.
  void start(const std::string& system, const std::map<std::string, std::string>& environment,
             const std::vector<std::string>& options = {});
  /// Stops all, with what they do, and forgets them; what they measured stays.
  void stop();
  /// Forgets those that live no more.
  void forget_dead();

 private:
  void save() const;
  const std::filesystem::path folder_;
  std::vector<LocalAgent> agents_;
};

}  // namespace assay::coordinator
