#include "coordinator/backend.h"

#include "base/error.h"
#include "results/file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>

namespace assay::coordinator {
namespace {

namespace fs = std::filesystem;

class StaticBackend final : public Backend {
 public:
  explicit StaticBackend(AgentAddresses addresses) : addresses_(std::move(addresses)) {}
  AgentAddresses start() override { return addresses_; }

 private:
  const AgentAddresses addresses_;
};

fs::path temporary_folder() {
  std::string name = (fs::temp_directory_path() / "assay-agents-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw Error(fmt::format("no folder for agents can be made in {}: {}", fs::temp_directory_path().string(),
                            std::strerror(errno)),
                ExitCode::output_failed);
  return name;
}

std::string random_token() {
  std::random_device chance;
  std::string token;
  for (int i = 0; i < 4; i++) token += fmt::format("{:08x}", chance());
  return token;
}

constexpr const char* kRunner = "run";
constexpr const char* kLinger = "10m";

fs::path token_file(const fs::path& folder) { return folder / ".assay" / kRunner / "token"; }

class ProcessBackend final : public Backend {
 public:
  ProcessBackend(std::size_t count, std::function<void(const std::string&)> told)
      : count_(count), told_(std::move(told)), folder_(temporary_folder()), agents_(folder_, kRunner) {}

  ~ProcessBackend() override {
    std::size_t dead = 0;
    for (const LocalAgent& agent : agents_.all()) dead += agent.alive() ? 0 : 1;
    try {
      agents_.stop();
    } catch (const Error& error) {
      told_(error.what());
    }
    if (dead > 0) {
      told_(fmt::format("{} of {} agents ended by themselves; their logs stay in {}", dead, count_, folder_.string()));
      return;
    }
    std::error_code ignored;  // what cannot be removed stays
    fs::remove_all(folder_, ignored);
  }

  AgentAddresses start() override {
    AgentAddresses out{.all = {}, .token = random_token()};
    const std::vector<std::string> options{"--coordinator", std::to_string(::getpid()), "--linger", kLinger};
    for (std::size_t i = 0; i < count_; i++) agents_.start("", {{"ASSAY_TOKEN", out.token}}, options);
    write_atomically(token_file(folder_), out.token + "\n");  // nobody else may look into the folder
    told_(fmt::format("{} agents of this machine, in {}", count_, folder_.string()));
    for (const LocalAgent& agent : agents_.all()) out.all.push_back(agent.url);
    return out;
  }

 private:
  const std::size_t count_;
  const std::function<void(const std::string&)> told_;
  const fs::path folder_;
  LocalAgents agents_;
};

}  // namespace

std::unique_ptr<Backend> static_backend(AgentAddresses addresses) {
  return std::make_unique<StaticBackend>(std::move(addresses));
}

std::unique_ptr<Backend> process_backend(std::size_t count, std::function<void(const std::string&)> told) {
  return std::make_unique<ProcessBackend>(count, std::move(told));
}

AgentAddresses agents_left_in(const fs::path& folder) {
  AgentAddresses out;
  const LocalAgents agents(folder, kRunner);
  for (const LocalAgent& agent : agents.all()) out.all.push_back(agent.url);
  std::ifstream in(token_file(folder));
  if (out.all.empty() || !std::getline(in, out.token))
    throw Error(fmt::format("{} is no folder of agents that assay started for a run", folder.string()));
  return out;
}

bool remove_agents_left_in(const fs::path& folder) {
  agents_left_in(folder);  // or it is not ours
  LocalAgents agents(folder, kRunner);
  const bool dead =
      std::any_of(agents.all().begin(), agents.all().end(), [](const auto& agent) { return !agent.alive(); });
  agents.stop();
  std::error_code ignored;  // what cannot be removed stays
  if (!dead) fs::remove_all(folder, ignored);
  return !dead;
}

}  // namespace assay::coordinator
