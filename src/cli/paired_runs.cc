#include "cli/paired_runs.h"

#include "base/error.h"
#include "cli/job_arguments.h"
#include "cli/terminal.h"
#include "job/load_options.h"
#include "results/file.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <ctime>
#include <optional>

extern char** environ;

namespace assay::cli {
namespace {

namespace fs = std::filesystem;

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

/// Runs this program again and again, and hands on to it what we are told to end by. The child is in a process group of its
/// own: Ctrl-C on the terminal reaches it through us, once.
class Children {
 public:
  Children() : heard_(set_of({SIGINT, SIGTERM, SIGHUP, SIGCHLD})) { sigprocmask(SIG_BLOCK, &heard_, &before_); }
  ~Children() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;

  bool stopped() const noexcept { return stops_ > 0; }

  /// The exit code, 128 + N for a signal.
  int run(const std::vector<std::string>& arguments) {
    const pid_t child = spawn(arguments);
    while (true) {
      int status = 0;
      if (waitpid(child, &status, WNOHANG) == child)
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      const timespec tick{.tv_sec = 0, .tv_nsec = 200'000'000};
      const int signal = sigtimedwait(&heard_, nullptr, &tick);
      if (signal != SIGINT && signal != SIGTERM && signal != SIGHUP) continue;
      stops_++;
      kill(child, signal == SIGINT ? SIGINT : SIGTERM);
    }
  }

  /// Between two runs: whether we were told to end meanwhile.
  bool stop_pending() {
    const sigset_t ends = set_of({SIGINT, SIGTERM, SIGHUP});
    const timespec now{};
    while (sigtimedwait(&ends, nullptr, &now) > 0) stops_++;
    return stopped();
  }

 private:
  pid_t spawn(const std::vector<std::string>& arguments) const {
    std::vector<std::string> words = {"assay"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &before_);
    pid_t child = 0;
    const int error = posix_spawn(&child, "/proc/self/exe", &files, &attributes, argv.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0)
      throw Error(fmt::format("compare: a run cannot be started: {}", std::strerror(error)), ExitCode::internal);
    return child;
  }

  const sigset_t heard_;
  sigset_t before_{};
  int stops_ = 0;
};

fs::path file_of(const PairedRuns& runs, int pair, char side) {
  return runs.folder / fmt::format("{:02}-{}.json", pair, side);
}

/// A run that ended well, or whose result says why not, is one that can be compared or left out; after any other the next
/// one would end the same.
void require_result(int code, const fs::path& result) {
  for (const ExitCode usable : {ExitCode::ok, ExitCode::thresholds_failed, ExitCode::run_invalid})
    if (code == static_cast<int>(usable)) return;
  throw Error(fmt::format("compare: the run of {} ended with exit code {}; the runs before it are kept in its folder",
                          result.string(), code),
              code > 0 && code < 8 ? static_cast<ExitCode>(code) : ExitCode::internal);
}

}  // namespace

bool check_pairs(const PairedRuns& runs) {
  std::optional<std::string> workload;
  for (const auto& [side, arguments] : {std::pair{'A', &runs.a}, {'B', &runs.b}}) {
    try {
      const auto setup = setup_from(find_command("run"), *arguments);
      if (setup == nullptr) return false;
      [[maybe_unused]] const LoadConditions understood{setup->own()};  // throws when one is not
      for (const char* refused : {"result", "json"})
        if (setup->own().given(refused))
          throw Error(fmt::format("--{} does not go with --pairs: results are kept in the folder --results", refused));
      const std::string name(setup->type->info().name);
      if (workload && *workload != name)
        throw Error(fmt::format("it is of the workload {}, and A of {}: expected one workload", name, *workload));
      workload = name;
    } catch (const Error& error) {
      throw Error(fmt::format("compare: run {}: {}", side, error.what()), error.code());
    }
  }
  std::error_code ignored;
  if (fs::exists(runs.folder, ignored) && !fs::is_directory(runs.folder, ignored))
    throw Error(fmt::format("compare: --results {} is no folder", runs.folder.string()));
  if (fs::exists(file_of(runs, 1, 'a'), ignored) || fs::exists(file_of(runs, 1, 'b'), ignored))
    throw Error(
        fmt::format("compare: the folder {0} has results of pairs already; name another with --results, or see "
                    "what it holds with 'assay compare {0}'",
                    runs.folder.string()));
  probe_writable(file_of(runs, 1, 'a'));
  return true;
}

bool run_pairs(const PairedRuns& runs) {
  Children children;
  for (int pair = 1; pair <= runs.pairs; pair++)
    for (const char side : pair % 2 == 1 ? std::string_view("ab") : std::string_view("ba")) {
      if (children.stop_pending()) return false;
      const fs::path result = file_of(runs, pair, side);
      std::vector<std::string> arguments = {"run"};
      const auto& given = side == 'a' ? runs.a : runs.b;
      arguments.insert(arguments.end(), given.begin(), given.end());
      arguments.insert(arguments.end(), {"--result", result.string()});
      const auto quiet = [](const std::string& word) { return word == "--quiet" || word.starts_with("--quiet="); };
      if (runs.quiet && std::none_of(given.begin(), given.end(), quiet)) arguments.emplace_back("--quiet");
      if (!runs.quiet) say("pair {} of {}, run {}\n", pair, runs.pairs, side == 'a' ? 'A' : 'B');
      const int code = children.run(arguments);
      if (children.stopped() || code == static_cast<int>(ExitCode::interrupted)) return false;
      require_result(code, result);
    }
  return true;
}

std::vector<std::pair<fs::path, fs::path>> pairs_in(const fs::path& folder) {
  std::vector<std::pair<fs::path, fs::path>> pairs;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with("-a.json")) continue;
    const fs::path other = folder / (name.substr(0, name.size() - 6) + "b.json");
    if (fs::exists(other)) pairs.emplace_back(entry.path(), other);
  }
  if (error) throw Error(fmt::format("compare: the folder {} cannot be read: {}", folder.string(), error.message()));
  if (pairs.empty())
    throw Error(fmt::format(
        "compare: the folder {} holds no pairs of results; expected 01-a.json, 01-b.json, …, as --pairs makes them",
        folder.string()));
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

}  // namespace assay::cli
