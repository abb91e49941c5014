#include "base/process.h"

#include "base/error.h"
#include "base/units.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

extern char** environ;

namespace assay {
namespace {

class Descriptor {
 public:
  Descriptor() = default;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  void close() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void own(int fd) noexcept { fd_ = fd; }
  int fd() const noexcept { return fd_; }

 private:
  int fd_ = -1;
};

[[noreturn]] void fail(std::string_view what, int error) {
  throw Error(fmt::format("{}: {}", what, std::strerror(error)), ExitCode::internal);
}

struct Pipe {
  Descriptor read, write;
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("no pipe can be made", errno);
    read.own(ends[0]);
    write.own(ends[1]);
  }
};

/// What we write into is a socket, not a pipe: a program that ends without reading must not end us with SIGPIPE.
struct SocketPair {
  Descriptor ours, theirs;
  SocketPair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) fail("no socket can be made", errno);
    ours.own(ends[0]);
    theirs.own(ends[1]);
  }
};

class SpawnActions {
 public:
  SpawnActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  void put(int fd, int place) { ::posix_spawn_file_actions_adddup2(&actions_, fd, place); }
  const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

pid_t spawn(const std::vector<std::string>& words, const SpawnActions& actions, std::string_view install) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, arguments[0], actions.get(), nullptr, arguments.data(), environ);
  if (error == ENOENT) throw Error(fmt::format("the program {} is not installed: {}", words[0], install));
  if (error != 0) throw Error(fmt::format("the program {} cannot be started: {}", words[0], std::strerror(error)));
  return pid;
}

void read_some(Descriptor& from, std::string& into) {
  std::array<char, 65536> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  const ssize_t n = ::read(from.fd(), buffer.data(), buffer.size());
  if (n > 0)
    into.append(buffer.data(), static_cast<std::size_t>(n));
  else if (n == 0 || errno != EINTR)
    from.close();
}

void write_some(Descriptor& to, std::string_view& input) {
  const ssize_t n = ::send(to.fd(), input.data(), input.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n > 0) input.remove_prefix(static_cast<std::size_t>(n));
  // One that reads no further has its reasons: they are in how it ends.
  if (input.empty() || (n < 0 && errno != EINTR && errno != EAGAIN)) to.close();
}

/// For poll(): milliseconds, rounded up; -1 waits for ever.
int poll_time(Nanos left) {
  if (left == Nanos::max()) return -1;
  return static_cast<int>(std::clamp<std::int64_t>((left.count() + 999'999) / 1'000'000, 0, 1'000'000));
}

[[noreturn]] void end_late(pid_t pid, const std::string& name, Nanos limit) {
  ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  throw Error(fmt::format("the program {} did not end within {}; it was killed", name, format_duration(limit)));
}

}  // namespace

ProcessOutcome run_process(const std::vector<std::string>& words, std::string_view input, std::string_view install,
                           Nanos limit) {
  SocketPair in;
  Pipe out, err;
  SpawnActions actions;
  actions.put(in.theirs.fd(), STDIN_FILENO);
  actions.put(out.write.fd(), STDOUT_FILENO);
  actions.put(err.write.fd(), STDERR_FILENO);
  const pid_t pid = spawn(words, actions, install);
  in.theirs.close();
  out.write.close();
  err.write.close();
  if (input.empty()) in.ours.close();

  const TimePoint begin = real_clock().now();
  const auto left = [&] { return limit == Nanos::max() ? Nanos::max() : limit - (real_clock().now() - begin); };
  ProcessOutcome outcome;
  while (in.ours.fd() >= 0 || out.read.fd() >= 0 || err.read.fd() >= 0) {
    std::array<pollfd, 3> waits{pollfd{in.ours.fd(), POLLOUT, 0}, pollfd{out.read.fd(), POLLIN, 0},
                                pollfd{err.read.fd(), POLLIN, 0}};  // a negative descriptor is not looked at
    const int ready = ::poll(waits.data(), waits.size(), poll_time(left()));
    if (ready < 0 && errno != EINTR) fail("waiting for a program failed", errno);
    if (left() <= Nanos(0)) end_late(pid, words[0], limit);
    if (ready <= 0) continue;
    if (waits[0].revents != 0) write_some(in.ours, input);
    if (waits[1].revents != 0) read_some(out.read, outcome.out);
    if (waits[2].revents != 0) read_some(err.read, outcome.err);
  }
  // One that closed its outputs may still be at work.
  int status = 0;
  for (pid_t ended = 0; ended != pid;) {
    ended = ::waitpid(pid, &status, limit == Nanos::max() ? 0 : WNOHANG);
    if (ended < 0 && errno != EINTR) fail("waiting for the end of a program failed", errno);
    if (ended != 0) continue;
    if (left() <= Nanos(0)) end_late(pid, words[0], limit);
    ::poll(nullptr, 0, 2);
  }
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

ProcessIdentity ProcessIdentity::of(pid_t pid) {
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  const std::string stat((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const std::size_t past_name = stat.rfind(')');
  if (past_name == std::string::npos) return {pid, 0};
  std::istringstream fields(stat.substr(past_name + 1));
  std::string field;
  for (int n = 3; n <= 22 && fields >> field; n++)
    if (n == 3 && (field == "Z" || field == "X")) return {pid, 0};
  return {pid, std::strtoull(field.c_str(), nullptr, 10)};
}

bool ProcessIdentity::alive() const { return pid > 0 && began > 0 && of(pid).began == began; }

namespace {

/// Within which an id means the same process.
std::string process_space() {
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  std::error_code none;
  const std::filesystem::path ids = std::filesystem::read_symlink("/proc/self/ns/pid", none);
  return boot.empty() || none ? "" : fmt::format("{},{}", boot, ids.string());
}

}  // namespace

std::string ProcessIdentity::own_name() {
  const ProcessIdentity self = of(::getpid());
  const std::string space = process_space();
  return space.empty() || self.began == 0 ? "" : fmt::format("{},{},{}", space, self.pid, self.began);
}

bool ProcessIdentity::is_gone(std::string_view name) {
  const std::string space = process_space();
  if (space.empty() || !name.starts_with(space + ",")) return false;
  name.remove_prefix(space.size() + 1);
  ProcessIdentity process;
  const char* const end = name.data() + name.size();
  const auto [comma, bad_id] = std::from_chars(name.data(), end, process.pid);
  if (bad_id != std::errc() || comma == end || *comma != ',') return false;
  const auto [past, bad_time] = std::from_chars(comma + 1, end, process.began);
  return bad_time == std::errc() && past == end && !process.alive();
}

}  // namespace assay
