#include "cli/compose_run.h"

#include "base/process.h"
#include "cli/command.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "deploy/compose.h"
#include "deploy/output.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <sstream>
#include <utility>

namespace assay::cli {
namespace {

namespace fs = std::filesystem;
using CommandLine = std::vector<std::string>;

constexpr std::string_view kInstall = "apt install docker.io docker-compose, or https://docs.docker.com/engine/install";

CommandLine joined(CommandLine words, const CommandLine& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// What a program said last, for a message.
std::string end_of(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  constexpr std::size_t kMost = 2000;
  return text.size() > kMost ? "…" + text.substr(text.size() - kMost) : text;
}

/// Throws Error where the program says that it failed.
std::string required(const CommandLine& words, ExitCode code) {
  const ProcessOutcome outcome = run_process(words, "", kInstall);
  if (outcome.exit_code != 0)
    throw Error(fmt::format("{} ended with {}: {}", fmt::join(words, " "), outcome.exit_code,
                            end_of(outcome.err + outcome.out)),
                code);
  return outcome.out;
}

/// Where the sources are from which this program was built, when it is still there.
fs::path image_script() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  for (fs::path folder = program.parent_path(); !error && folder != folder.root_path(); folder = folder.parent_path())
    if (fs::path script = folder / "tools" / "container_image.py"; fs::exists(script, error)) return script;
  return {};
}

void make_missing_image(const fs::path& folder, const std::string& image) {
  if (run_process({"docker", "image", "inspect", image}, "", kInstall).exit_code == 0) return;
  const fs::path script = image_script();
  if (script.empty())
    throw Error(fmt::format(
        "Docker has no image {}, and tools/container_image.py, which makes it, is not beside this program; expected "
        "`make image` and `docker load -i build/assay-image.tar` in the sources of assay, or --image",
        image));
  say("making the image {}\n", image);
  const std::string file = (folder / ".assay-image.tar").string();
  std::error_code ignored;
  try {
    required({script.string(), "/proc/self/exe", file, "--name", image}, ExitCode::internal);
    required({"docker", "load", "--input", file}, ExitCode::unreachable);
  } catch (...) {
    fs::remove(file, ignored);
    throw;
  }
  fs::remove(file, ignored);
}

/// One start of what is in the Compose file, under a name that nobody else has; removed with the object.
class Project {
 public:
  Project(const fs::path& folder, CommandLine compose) : name_(fmt::format("assay-{:08x}", std::random_device{}())) {
    compose_ =
        joined(std::move(compose), {"--project-name", name_, "--file", (folder / deploy::kComposeFile).string()});
  }
  ~Project() {
    try {
      remove();
    } catch (const std::exception& error) {
      say("assay: {}\n", error.what());
    }
  }
  Project(const Project&) = delete;
  Project& operator=(const Project&) = delete;

  void start() {
    started_ = true;
    const ProcessOutcome outcome = run_process(joined(compose_, {"up", "--detach"}), "", kInstall);
    if (outcome.exit_code == 0) return;
    say("{}", containers("database", 30));
    throw Error(fmt::format("Docker Compose did not start the load test: {}", end_of(outcome.err + outcome.out)),
                ExitCode::unreachable);
  }

  struct State {
    std::string id, service, status;
    int exit_code = 0;
  };
  std::vector<State> states(std::string_view component) {
    const CommandLine ids = lines(required({"docker", "ps", "--all", "--quiet", "--no-trunc", "--filter",
                                            fmt::format("label=com.docker.compose.project={}", name_), "--filter",
                                            fmt::format("label=assay.component={}", component)},
                                           ExitCode::unreachable));
    if (ids.empty()) return {};
    std::vector<State> states;
    for (const std::string& line :
         lines(required(joined({"docker", "inspect", "--format",
                                "{{.Id}} {{index .Config.Labels \"com.docker.compose.service\"}} {{.State.Status}} "
                                "{{.State.ExitCode}}"},
                               ids),
                        ExitCode::unreachable))) {
      State state;
      std::istringstream(line) >> state.id >> state.service >> state.status >> state.exit_code;
      states.push_back(std::move(state));
    }
    return states;
  }

  /// What the containers said last.
  std::string containers(std::string_view component, int most, bool only_failed = false) {
    std::string text;
    for (const State& state : states(component)) {
      if (only_failed && state.exit_code == 0) continue;
      const ProcessOutcome logs =
          run_process({"docker", "logs", "--tail", std::to_string(most), state.id}, "", kInstall);
      text += fmt::format("{} is {}, exit code {}; it said last:\n{}{}", state.service, state.status, state.exit_code,
                          logs.out, logs.err);
    }
    return text;
  }

  /// Containers, network and volumes.
  void remove() {
    if (!std::exchange(started_, false)) return;
    required(joined(compose_, {"down", "--volumes", "--remove-orphans", "--timeout", "5"}), ExitCode::unreachable);
  }

 private:
  static CommandLine lines(const std::string& text) {
    CommandLine out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
      if (!line.empty()) out.push_back(line);
    return out;
  }

  const std::string name_;
  CommandLine compose_;
  bool started_ = false;
};

/// Until all have ended, or Ctrl-C. Answers whether all succeeded.
bool wait_for_workers(Project& project, std::size_t count, const SignalWatch& watch) {
  std::size_t ended = 0;
  while (!watch.stopped()) {
    const std::vector<Project::State> states = project.states("worker");
    const auto done =
        static_cast<std::size_t>(std::count_if(states.begin(), states.end(), [](const Project::State& state) {
          return state.status == "exited" || state.status == "dead";
        }));
    if (done > ended) say("{} of {} workers have ended\n", done, count);
    ended = done;
    if (done == count)
      return std::all_of(states.begin(), states.end(),
                         [](const Project::State& state) { return state.exit_code == 0; });
    (void)runtime::sleep_until(real_clock().now() + std::chrono::milliseconds(500));
  }
  return false;
}

}  // namespace

std::vector<std::string> find_compose() {
  // `docker` itself is asked first: without it, there is nothing to look for.
  if (run_process({"docker", "compose", "version"}, "", kInstall).exit_code == 0) return {"docker", "compose"};
  if (run_process({"docker-compose", "version"}, "", "apt install docker-compose").exit_code == 0)
    return {"docker-compose"};
  throw Error(
      "neither `docker compose` nor `docker-compose` works here; expected one of them: apt install docker-compose");
}

ExitCode run_compose(const fs::path& folder, const deploy::Deployment& deployment, bool make_image) {
  if (const auto old = deploy::old_results(folder); !old.empty())
    throw Error(fmt::format(
        "{} holds reports of an earlier run, {}; expected none: move them away, or choose another --output-dir",
        (folder / "results").string(), fmt::join(old, ", ")));
  const CommandLine compose = find_compose();
  required({"docker", "version"}, ExitCode::unreachable);
  if (make_image) make_missing_image(folder, deployment.image);
  const SignalWatch watch("the reports that are there are added up");
  Project project(folder, compose);
  say("starting {} workers\n", deployment.workers.size());
  project.start();
  const bool succeeded = wait_for_workers(project, deployment.workers.size(), watch);
  if (!succeeded && !watch.stopped()) say("{}", project.containers("worker", 20, true));
  std::vector<std::string> names;
  for (const deploy::Worker& worker : deployment.workers) names.push_back(worker.name);
  const std::vector<std::string> words = {"--results-dir", (folder / "results").string(), "--expect-workers",
                                          fmt::format("{}", fmt::join(names, ","))};
  project.remove();
  const ExitCode code = find_command("aggregate").carry_out(words);
  if (watch.stopped()) return ExitCode::interrupted;
  return code == ExitCode::ok && !succeeded ? ExitCode::thresholds_failed : code;
}

}  // namespace assay::cli
