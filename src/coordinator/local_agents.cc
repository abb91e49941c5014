#include "coordinator/local_agents.h"

#include "base/error.h"
#include "results/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

extern char** environ;

namespace assay::coordinator {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListening = "listening on ";
constexpr Nanos kLookAtProcess = std::chrono::milliseconds(20), kStartPatience = std::chrono::seconds(30);

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

std::string url_in_log(const fs::path& log) {
  const std::string text = text_of(log);
  const std::size_t at = text.find(kListening);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + kListening.size(), end = text.find_first_of(",\n", begin);
  return end == std::string::npos ? "" : text.substr(begin, end - begin);
}

pid_t spawn_agent(const fs::path& folder, const fs::path& log, const std::vector<std::string>& options,
                  const std::map<std::string, std::string>& changes) {
  const std::string program = fs::read_symlink("/proc/self/exe");
  std::vector<std::string> words{program, "agent", "--listen", "127.0.0.1:0", "--data", folder.string()};
  words.insert(words.end(), options.begin(), options.end());
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::vector<std::string> variables;
  variables.reserve(changes.size());
  for (const auto& [name, value] : changes) variables.push_back(name + "=" + value);
  std::vector<char*> environment;
  for (char** at = environ; *at != nullptr; ++at)
    if (const std::string_view variable(*at); !changes.contains(std::string(variable.substr(0, variable.find('=')))))
      environment.push_back(*at);
  for (std::string& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&files, fd, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);  // Ctrl-C here is not for it
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, program.c_str(), &files, &attributes, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) throw Error(fmt::format("an agent cannot be started: {}", std::strerror(error)), ExitCode::internal);
  return pid;
}

/// Looks again and again; false when it did not come true in time.
template <class Condition>
bool becomes(Condition condition) {
  for (Nanos waited{}; !condition(); waited += kLookAtProcess) {
    if (waited > kStartPatience) return false;
    std::this_thread::sleep_for(kLookAtProcess);
  }
  return true;
}

}  // namespace

LocalAgents::LocalAgents(const fs::path& workdir, const std::string& runner) : folder_(workdir / ".assay" / runner) {
  const std::string text = text_of(folder_ / "agents.json");
  if (text.empty()) return;
  try {
    const nlohmann::json state = nlohmann::json::parse(text);
    for (const nlohmann::json& agent : state.at("agents"))
      agents_.push_back({{.pid = agent.at("pid").get<pid_t>(), .began = agent.at("began").get<std::uint64_t>()},
                         agent.at("url").get<std::string>(),
                         agent.at("system").get<std::string>()});
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("{} is none of a runner's: {}", (folder_ / "agents.json").string(), error.what()));
  }
}

void LocalAgents::save() const {
  nlohmann::json agents = nlohmann::json::array();
  for (const LocalAgent& agent : agents_)
    agents.push_back({{"pid", agent.pid}, {"began", agent.began}, {"url", agent.url}, {"system", agent.system}});
  write_atomically(folder_ / "agents.json", nlohmann::json{{"agents", std::move(agents)}}.dump(2) + "\n");
}

void LocalAgents::start(const std::string& system, const std::map<std::string, std::string>& environment,
                        const std::vector<std::string>& options) {
  fs::path folder;
  for (int n = 1; folder.empty() || fs::exists(folder); n++) folder = folder_ / fmt::format("agent-{}", n);
  fs::create_directories(folder);
  const fs::path log = folder / "log";
  const LocalAgent agent{ProcessIdentity::of(spawn_agent(folder / "data", log, options, environment)), "", system};
  agents_.push_back(agent);
  save();  // so that it can be stopped, whatever comes
  LocalAgent& last = agents_.back();
  const bool told = becomes([&] { return !(last.url = url_in_log(log)).empty() || !last.alive(); });
  if (!told || last.url.empty())
    throw Error(fmt::format("an agent did not begin to listen; its log is {}:\n{}", log.string(), text_of(log)),
                ExitCode::unreachable);
  save();
}

void LocalAgents::stop() {
  for (const LocalAgent& agent : agents_)
    if (agent.alive()) ::kill(agent.pid, SIGTERM);
  for (const LocalAgent& agent : agents_)
    if (!becomes([&] { return !agent.alive(); })) {
      if (agent.alive()) ::kill(agent.pid, SIGKILL);
    }
  for (const LocalAgent& agent : agents_) ::waitpid(agent.pid, nullptr, WNOHANG);  // those of this process
  agents_.clear();
  if (fs::exists(folder_)) save();
}

void LocalAgents::forget_dead() {
  std::erase_if(agents_, [](const LocalAgent& agent) { return !agent.alive(); });
  if (fs::exists(folder_)) save();
}

}  // namespace assay::coordinator
