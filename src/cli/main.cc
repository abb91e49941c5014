// assay: the command line. Parses, dispatches to cmd_NAME.cc, and turns an Error into a message and an exit code.

#include "base/printable.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/terminal.h"
#include "core/url.h"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>

namespace assay::cli {

const std::vector<Command>& all_commands() {
  static const std::vector<Command> commands = {
      run_command(),       prepare_command(),   check_command(),   cleanup_command(),   report_command(),
      compare_command(),   history_command(),   plan_command(),    schema_command(),    generate_command(),
      systems_command(),   runner_command(),    exec_command(),    agent_command(),     ui_command(),
      worker_command(),    aggregate_command(), drivers_command(), workloads_command(), selftest_command(),
      completion_command()};
  return commands;
}

const Command& find_command(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Command& command : all_commands()) {
    if (command.name == name) return command;
    names.push_back(command.name);
  }
  const std::string_view nearest = nearest_name(names, name);
  throw Error(fmt::format("unknown command '{}'; {}there are {}", without_secrets(name),
                          nearest.empty() ? "" : fmt::format("did you mean '{}'? ", nearest), fmt::join(names, ", ")));
}

namespace {

ExitCode dispatch(std::span<const std::string> arguments) {
  if (arguments.empty()) {
    std::fputs(program_help().c_str(), stderr);
    return ExitCode::usage;
  }
  if (arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help") {
    std::fputs(program_help().c_str(), stdout);
    return ExitCode::ok;
  }
  if (arguments[0] == "--version" || arguments[0] == "version") {
    std::puts("assay " ASSAY_VERSION);
    return ExitCode::ok;
  }
  return find_command(arguments[0]).carry_out(arguments.subspan(1));
}

}  // namespace
}  // namespace assay::cli

namespace {

/// A file that is opened must not get the number of stdout or stderr, or what is said there would be written into it. What
/// stands in for a closed one cannot be written to either.
void occupy_standard_streams() {
  for (int fd = ::open("/dev/null", O_RDONLY); fd >= 0; fd = ::open("/dev/null", O_RDONLY))
    if (fd > STDERR_FILENO) {
      ::close(fd);
      break;
    }
}

/// stdout is a pipe whose other end has closed it, as `head` does: who has read enough is told nothing.
bool reader_is_gone() {
  pollfd out{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
  return ::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

}  // namespace

int main(int count, char** values) {
  occupy_standard_streams();
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of the write, not the end of a run
  std::signal(SIGXFSZ, SIG_IGN);  // nor is a file that may not grow any further
  const std::vector<std::string> arguments(values + 1, values + count);
  // The list of processes shows the arguments to everybody on the machine.
  for (char** value = values + 1; value != values + count; ++value)
    for (const auto& [begin, end] : assay::secrets_in(*value)) std::fill(*value + begin, *value + end, '*');
  const auto lost_output = [] {
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return false;
    if (!reader_is_gone()) assay::cli::say("assay: stdout cannot be written to\n");
    return true;
  };
  // A URL in the place of a file's name is quoted as that.
  const auto tell = [&](const char* what, const char* message) {
    assay::cli::say("assay: {}{}\n", what, assay::printable(assay::without_secrets_of(arguments, message)));
  };
  try {
    const assay::ExitCode code = assay::cli::dispatch(arguments);
    return static_cast<int>(lost_output() ? assay::ExitCode::output_failed : code);
  } catch (const assay::Error& error) {
    tell("", error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    if (lost_output()) return static_cast<int>(assay::ExitCode::output_failed);
    tell("this is a bug: ", error.what());
    return static_cast<int>(assay::ExitCode::internal);
  }
}
