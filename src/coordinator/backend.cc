#include "coordinator/backend.h"

#include "base/error.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
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

class ProcessBackend final : public Backend {
 public:
  ProcessBackend(std::size_t count, std::function<void(const std::string&)> told)
      : count_(count), told_(std::move(told)), folder_(temporary_folder()), agents_(folder_, "run") {}

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
    for (std::size_t i = 0; i < count_; i++) agents_.start("", {{"ASSAY_TOKEN", out.token}});
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

}  // namespace assay::coordinator
